import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { environment } from '../config/environment.js';
import { readProcessTable, withDescendants } from './process-table.js';

/** Ends, after this process, what is left of the processes that were named to it. */
export interface Guard {
  /** The process ends with this one. */
  watch(pid: number): void;
  /**
   * What the watched processes have started until now ends with this one too. A shell that a signal ends leaves its children without a
   * parent; nobody finds them afterwards. Does nothing on Windows.
   */
  remember(): void;
}

/** Starts the guardian (`dist/guardian.cjs`), in a session of its own: neither Ctrl-C nor a terminal that closes reaches it. */
export function startGuard(): Guard {
  const { PATH, SystemRoot } = environment();
  const guardian = spawn(process.execPath, [join(__dirname, 'guardian.cjs')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
    // Without NODE_OPTIONS: a preload is for the application.
    env: { PATH, SystemRoot },
  });
  // Without a guardian the command runs all the same.
  guardian.on('error', () => {});
  guardian.stdin.on('error', () => {});
  guardian.unref();
  (guardian.stdin as unknown as { unref(): void }).unref();
  const watched = new Set<number>();
  const watch = (pid: number): void => {
    watched.add(pid);
    guardian.stdin.write(`${pid}\n`);
  };
  const remember = (): void => {
    if (process.platform === 'win32') return;
    for (const { pid } of withDescendants(watched, readProcessTable())) if (!watched.has(pid)) watch(pid);
  };
  return { watch, remember };
}
