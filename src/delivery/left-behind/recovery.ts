import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type LeftBehind, readLeftBehind } from './left-behind.js';
import { openRunFolder } from './run-folder.js';
import { formatRun, isRunning, parseRun, RUN_PATTERN, type RunIdentity, type System } from './run-identity.js';
import { MAX_SPOOL_BYTES } from './spool.js';

/** Something of an earlier run, with the time of its file: of a marker, when the run was last seen alive. */
export interface Found {
  content: LeftBehind;
  /** Epoch milliseconds. */
  lastSeen: number;
}

export interface RecoveryOptions {
  folder: string;
  own: RunIdentity;
  /** Of this machine. */
  host: string;
  /** Test seam: what is asked whether a run still runs. */
  system?: System;
  /** {@link serviceKey} of this process. */
  service: string;
  /** Delivers what was found; true: it has arrived. Never rejects. */
  deliver(found: Found): Promise<boolean>;
  say(level: 'warn' | 'info', text: string): void;
  /** Epoch milliseconds. */
  now(): number;
}

/** Milliseconds after which what nobody came for is removed. */
export const MAX_AGE = 48 * 3_600_000;
/** Milliseconds without a sign after which a run that can't be seen from here counts as ended; six beats of a marker. */
export const SILENCE = 60_000;

const MARKER_FILE = new RegExp(`^run-(${RUN_PATTERN})\\.json$`);
const SPOOL_FILE = new RegExp(`^(${RUN_PATTERN})-\\d+\\.json$`);
/** Taken by a run that was to deliver it, and that may have died over it. */
const CLAIMED_FILE = new RegExp(`^((?:run-)?${RUN_PATTERN}(?:-\\d+)?\\.json)\\.(${RUN_PATTERN})\\.claimed$`);

/** A run died while it wrote it, or writes it now. */
const HALF_WRITTEN = /\.tmp$/;

/**
 * Finds what earlier runs of the service left in the folder and delivers it, each file once: a file belongs to the process
 * that has renamed it. One that can't be read is removed with a line.
 */
export class Recovery {
  /** Files that are being delivered. */
  private readonly delivering = new Set<string>();

  constructor(private readonly options: RecoveryOptions) {}

  /** Looks once. Never throws. */
  look(): void {
    const { folder, say } = this.options;
    try {
      const spool = openRunFolder(folder, 'spool');
      for (const name of readdirSync(spool)) this.consider(spool, name, SPOOL_FILE);
      for (const name of readdirSync(folder)) this.consider(folder, name, MARKER_FILE);
    } catch (error) {
      say('warn', error instanceof Error ? error.message : String(error));
    }
  }

  private consider(folder: string, name: string, pattern: RegExp): void {
    const [, original = name, holder] = CLAIMED_FILE.exec(name) ?? [];
    const run = pattern.exec(original.replace(HALF_WRITTEN, ''))?.[1];
    // Whatever else is in a folder that the user chose is the user's.
    if (run === undefined) return;
    const path = join(folder, name);
    try {
      const file = readSmallFile(path);
      if (this.options.now() - file.time > MAX_AGE) this.remove(path, 'is older than 48 hours');
      else if (!HALF_WRITTEN.test(name) && !this.isInUse(holder ?? run, file, holder !== undefined)) {
        this.take(folder, name, original, file);
      }
    } catch (error) {
      // Another process was faster.
      if (isAbsent(error)) return;
      this.remove(path, `can't be used (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  /** Whether the run that wrote it, or that took it, will see to it. */
  private isInUse(run: string, file: SmallFile, isClaimed: boolean): boolean {
    const { own, host, system, now } = this.options;
    const identity = parseRun(run);
    if (identity === undefined) return false;
    if (formatRun(own) === run) return !isClaimed;
    // Whoever has claimed a file is on this machine, unless machines share the folder: then `host` is the writer's.
    const runs = isRunning(identity, own, isOf(file, host), system);
    return runs ?? now() - (isClaimed ? file.claimed : file.time) < SILENCE;
  }

  private take(folder: string, name: string, original: string, file: SmallFile): void {
    const { own, service } = this.options;
    const claimed = `${original}.${formatRun(own)}.claimed`;
    const path = join(folder, claimed);
    if (this.delivering.has(path)) return;
    const content = readLeftBehind(file.text);
    if (content?.service !== service) return;
    renameSync(join(folder, name), path);
    this.delivering.add(path);
    void this.options.deliver({ content, lastSeen: file.time }).then((delivered) => {
      this.delivering.delete(path);
      if (delivered) rmSync(path, { force: true });
    });
  }

  private remove(path: string, reason: string): void {
    try {
      rmSync(path, { recursive: true, force: true });
      this.options.say('warn', `${path} ${reason}: removed`);
    } catch (error) {
      this.options.say('warn', `${path} ${reason}, and can't be removed: ${String(error)}`);
    }
  }
}

interface SmallFile {
  text: string;
  /** Epoch milliseconds of its last change, and of its last renaming. */
  time: number;
  claimed: number;
}

/** A regular file, whatever else may lie under that name: a pipe would block, a link lead elsewhere. */
function readSmallFile(path: string): SmallFile {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error('not a file');
    if (stats.size > MAX_SPOOL_BYTES) throw new Error(`${stats.size} bytes are too many`);
    return { text: readFileSync(file, 'utf8'), time: stats.mtimeMs, claimed: stats.ctimeMs };
  } finally {
    closeSync(file);
  }
}

/** Whether a process of this host wrote the file; false where the file does not say. */
function isOf({ text }: SmallFile, host: string): boolean {
  try {
    return readLeftBehind(text)?.host === host;
  } catch {
    return false;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
