import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What outlives a process: one folder for all runs of a user (`MONITORING_RUN_FOLDER`).
 *
 *     run-<pid>-….json   the boot marker of a process that runs, or that ended uncleanly (run-identity.ts has the whole name)
 *     spool/             errors that were not yet known to be delivered when their process died
 *     <pid>.sock         the status socket of a process that runs
 */

export type Subfolder = 'spool';

/** Group or others may write. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Makes sure of the folder, or of a folder in it, and returns its path. It may be gone at any later time: files in the
 * folder for temporary files are cleaned up.
 *
 * @throws Error when it can't be made, or is not safely this user's own; the message is one line with the remedy
 */
export function openRunFolder(path: string, subfolder?: Subfolder): string {
  openOwn(path, path);
  return subfolder === undefined ? path : openOwn(join(path, subfolder), path);
}

/** Why nothing may be kept in `path`; undefined: it may. @throws when there is no such path */
export function whyUnsafe(path: string): string | undefined {
  return unsafe(lstatSync(path), process.geteuid?.());
}

/** The rule by itself: in the folder for temporary files anybody can be first to make a path. */
export function unsafe(
  stats: Pick<Stats, 'uid' | 'mode' | 'isSymbolicLink' | 'isDirectory'>,
  uid: number | undefined,
): string | undefined {
  if (stats.isSymbolicLink()) return 'is a symbolic link';
  if (!stats.isDirectory()) return 'is no folder';
  // Windows has neither; its folder for temporary files is the user's own.
  if (uid === undefined) return undefined;
  if (stats.uid !== uid) return `belongs to user ${stats.uid}, not to ${uid}`;
  return (stats.mode & WRITABLE_BY_OTHERS) === 0 ? undefined : 'may be written by others';
}

/** Writes a file that is there whole or not at all, whatever happens, for this user's eyes only. @throws as `fs` does */
export function writeDurably(path: string, content: string | Buffer): void {
  writeWhole(path, content, syncIfAllowed);
}

/** The same without waiting for the disk: survives the process, not the machine. @throws as `fs` does */
export function writeWhole(path: string, content: string | Buffer, sync?: (file: number) => void): void {
  const temporary = `${path}.tmp`;
  try {
    rmSync(temporary, { force: true });
    const file = openSync(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    try {
      writeFileSync(file, content);
      sync?.(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeIfPossible(temporary);
    throw new Error(`${path} can't be written: ${whyNot(error)}`);
  }
}

/** What the system's refusals mean, and what to do about those for which another folder is no remedy. */
const REFUSALS: Readonly<Record<string, readonly [meaning: string, remedy?: string]>> = {
  EROFS: ['the file system is read-only'],
  EACCES: ['this user may not write there'],
  EPERM: ['this user may not write there'],
  ENOSPC: ['the disk is full', 'free some of it, or set MONITORING_RUN_FOLDER to a folder on another disk'],
  EDQUOT: ["this user's quota is used up", 'free some of it, or set MONITORING_RUN_FOLDER to a folder on another disk'],
  EFBIG: ['the process may write no file of that size', 'raise the limit (ulimit -f)'],
  EMFILE: ['the process has no free descriptor', 'close what leaks, or raise the limit (ulimit -n)'],
  ENFILE: ['the machine has no free descriptor', 'close what leaks, or raise the limit (fs.file-max)'],
};

const CONSEQUENCE = "errors that can't be delivered before the process ends are lost";

/** A refusal of the system in one line: its meaning, its code, the consequence and the remedy. */
export function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [meaning, remedy = 'set MONITORING_RUN_FOLDER to a folder that this user can write to, or to none'] = REFUSALS[
    code
  ] ?? [error instanceof Error ? error.message : String(error)];
  return `${meaning}${code in REFUSALS ? ` (${code})` : ''}: ${CONSEQUENCE}; ${remedy}`;
}

function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What refused to write refuses this as well; the next start removes it.
  }
}

/** Node's permission model forbids it, and nothing else of writing a file. */
function syncIfAllowed(file: number): void {
  try {
    fsyncSync(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_ACCESS_DENIED')) throw error;
  }
}

function openOwn(path: string, setting: string): string {
  const reason = tryToOpen(path);
  if (reason === undefined) return path;
  throw new Error(
    `${path} ${reason}: ${CONSEQUENCE}; set MONITORING_RUN_FOLDER to a folder${
      path === setting ? '' : ` other than ${setting}`
    } that only this user can write to, or to none`,
  );
}

/** @throws Error in one line when the system refuses to make the folder */
function tryToOpen(path: string): string | undefined {
  try {
    makeFolder(path);
    return whyUnsafe(path);
  } catch (error) {
    const unsafeFor = whyOf(path);
    if (unsafeFor === undefined) throw new Error(`${path} can't be made: ${whyNot(error)}`);
    return unsafeFor;
  }
}

/** Not by `recursive`, which for a path that the system refuses with ENOENT, as below `/proc`, never returns. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || existsSync(parent)) throw error;
    makeFolder(parent);
    mkdirSync(path, { mode: 0o700 });
  }
}

/** Making a folder fails where something else is; that is then the better reason. */
function whyOf(path: string): string | undefined {
  try {
    return whyUnsafe(path);
  } catch {
    return undefined;
  }
}
