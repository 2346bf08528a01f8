import { execFileSync } from 'node:child_process';
import { type ProcessEntry, readProcessTable, withDescendants } from './process-table.js';

/** Milliseconds that a process has to end after SIGTERM: a container runtime's usual stop time-out. */
export const GRACE = 10_000;

/** What the guardian needs of the machine. Test seam. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  processes(): ProcessEntry[];
  signal(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Ends a process and its descendants on Windows, which has no signals. */
  endTree(pid: number): void;
  /** Epoch milliseconds. */
  now(): number;
}

/** The processes that end with the one that started them. */
export class Charges {
  readonly #machine: Machine;
  /** By pid, with the time of its start: a pid may belong to another process later. */
  readonly #known = new Map<number, string>();

  constructor(machine: Machine = thisMachine()) {
    this.#machine = machine;
  }

  add(pid: number): void {
    if (this.#machine.platform === 'win32') this.#known.set(pid, '');
    else for (const found of this.#machine.processes()) if (found.pid === pid) this.#known.set(pid, found.started);
  }

  /** Asks all of them to end. Returns the epoch milliseconds until which they have time. */
  end(): number {
    const { platform, now } = this.#machine;
    if (platform === 'win32') for (const pid of this.#known.keys()) this.#machine.endTree(pid);
    else {
      for (const { pid, started } of this.#tree()) this.#known.set(pid, started);
      for (const { pid } of this.#left()) this.#machine.signal(pid, 'SIGTERM');
    }
    return now() + GRACE;
  }

  areGone(): boolean {
    return this.#machine.platform === 'win32' || this.#left().length === 0;
  }

  kill(): void {
    for (const { pid } of this.#left()) this.#machine.signal(pid, 'SIGKILL');
  }

  #left(table: readonly ProcessEntry[] = this.#machine.processes()): ProcessEntry[] {
    return table.filter(({ pid, started }) => this.#known.get(pid) === started);
  }

  #tree(): ProcessEntry[] {
    const table = this.#machine.processes();
    return withDescendants(new Set(this.#left(table).map(({ pid }) => pid)), table);
  }
}

function thisMachine(): Machine {
  return {
    platform: process.platform,
    processes: () => readProcessTable(),
    signal: (pid, signal) => ifPresent(() => process.kill(pid, signal)),
    endTree: (pid) =>
      ifPresent(() =>
        execFileSync('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }),
      ),
    now: Date.now,
  };
}

/** A process may end by itself at any moment; then there is nothing to do. */
function ifPresent(action: () => void): void {
  try {
    action();
  } catch {
    // It has ended.
  }
}
