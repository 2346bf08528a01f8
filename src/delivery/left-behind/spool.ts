import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PlainLogRecord } from '../../wire/messages.js';
import { type SpooledErrors, writeLeftBehind } from './left-behind.js';
import { openRunFolder, writeDurably } from './run-folder.js';
import { formatRun, type RunIdentity } from './run-identity.js';

export interface SpoolOptions {
  /** The folder of runs; absent: nothing is written. */
  folder: string | undefined;
  run(): RunIdentity;
  origin(): Omit<SpooledErrors, 'kind' | 'records'>;
  onProblem(text: string): void;
}

/** Bytes of one file, and of all of them together. */
export const MAX_SPOOL_BYTES = 5_000_000;

/**
 * The second line for errors of which nobody has said yet that they were delivered: one file, written before a dying
 * process waits for the answer, and delivered by the next start of the service if the answer does not come.
 */
export class Spool {
  private written = 0;
  private current: string | undefined;

  constructor(private readonly options: SpoolOptions) {}

  /** Puts `records` in the place of what it wrote before; the path, or undefined when nothing could be written. Never throws. */
  write(records: readonly PlainLogRecord[]): string | undefined {
    const { folder, run, origin, onProblem } = this.options;
    if (folder === undefined || records.length === 0) return undefined;
    try {
      const spool = openRunFolder(folder, 'spool');
      const content = withinBytes(records, (some) => writeLeftBehind({ kind: 'errors', ...origin(), records: some }));
      makeRoom(spool, content.length, onProblem);
      this.written += 1;
      const path = join(spool, `${formatRun(run())}-${this.written}.json`);
      writeDurably(path, content);
      this.remove();
      this.current = path;
      return path;
    } catch (error) {
      onProblem(
        `errors that are not delivered yet can't be kept on disk: ${error instanceof Error ? error.message : String(error)}`,
      );
      return undefined;
    }
  }

  /** Takes back what it wrote: all of it was delivered. */
  remove(): void {
    if (this.current !== undefined) rmSync(this.current, { force: true });
    this.current = undefined;
  }
}

/** The text of as many records as fit, the newest first to be kept. */
function withinBytes(records: readonly PlainLogRecord[], write: (some: PlainLogRecord[]) => string): Buffer {
  for (let some = [...records]; ; some = some.slice(Math.ceil(some.length / 2))) {
    const content = Buffer.from(write(some));
    if (content.length <= MAX_SPOOL_BYTES) return content;
    if (some.length === 1) throw new Error(`one error alone takes ${content.length} bytes`);
  }
}

/** A service that can't deliver and keeps crashing fills no disk: its oldest files go. */
function makeRoom(spool: string, bytes: number, onProblem: (text: string) => void): void {
  const files = readdirSync(spool).flatMap((name) => {
    const path = join(spool, name);
    const stats = name.includes('.json') ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    return stats?.isFile() ? [{ path, bytes: stats.size, time: stats.mtimeMs }] : [];
  });
  files.sort((one, other) => one.time - other.time);
  let excess = files.reduce((sum, file) => sum + file.bytes, bytes) - MAX_SPOOL_BYTES;
  const removed = files.filter((file) => {
    const goes = excess > 0;
    if (goes) excess -= file.bytes;
    return goes;
  });
  for (const { path } of removed) rmSync(path, { force: true });
  if (removed.length > 0) {
    onProblem(`${spool} holds ${MAX_SPOOL_BYTES} bytes at most: the oldest ${removed.length} files in it were removed`);
  }
}
