import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { MachineReaders } from '../../src/host/machine.js';
import { HostSampler, type ProcessReaders, type SamplerOptions } from '../../src/host/sampler.js';
import type { Schedule } from '../../src/host/schedule.js';

export const MIB = 2 ** 20;
export const GIB = 2 ** 30;

/** A folder that stands for `/`, with the given files. */
export class Root {
  readonly path = mkdtempSync(join(tmpdir(), 'host-'));

  constructor(files: Readonly<Record<string, string>> = {}) {
    chmodSync(this.path, 0o755);
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  /** Into the same file when there is one, so that who holds it open reads the new text. */
  write(path: string, text: string | number): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), `${text}\n`);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Monotonic milliseconds that pass when told to, and timers that fire then. */
export class Clock {
  private time = 1_000_000;
  private readonly timers = new Set<{ due: number; interval: number; callback: () => void }>();

  readonly now = (): number => this.time;

  readonly schedule: Schedule = (callback, interval) => {
    const timer = { due: this.time + interval, interval, callback };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  get timerCount(): number {
    return this.timers.size;
  }

  /** Passes `duration` with every timer in time. */
  pass(duration: number): void {
    const end = this.time + duration;
    for (;;) {
      const next = [...this.timers].sort((a, b) => a.due - b.due)[0];
      if (next === undefined || next.due > end) break;
      this.time = next.due;
      next.due += next.interval;
      next.callback();
    }
    this.time = end;
  }

  /** Passes `duration` with no timer running, as a blocked loop or a frozen process does; they run at its end, once. */
  block(duration: number): void {
    this.time += duration;
    this.runOverdue();
  }

  /** As `block`, before the loop has come round to the timers. */
  blockWithoutTimers(duration: number): void {
    this.time += duration;
  }

  runOverdue(): void {
    for (const timer of this.timers) {
      if (timer.due > this.time) continue;
      timer.due = this.time + timer.interval;
      timer.callback();
    }
  }
}

/** Figures of the process that a test sets. */
export class FakeProcess {
  cpu = 0;
  rss = 100 * MIB;
  heap = { used: 50 * MIB, limit: 2 * GIB, allocated: undefined as number | undefined };
  loop = { active: 0, idle: 0 };

  readonly readers: ProcessReaders = {
    cpu: () => this.cpu,
    rss: () => this.rss,
    heap: () => ({ ...this.heap }),
    loop: () => ({ ...this.loop }),
  };
}

export const machine = (memory: number, cpus: number, parallelism = cpus): MachineReaders => ({
  memory: () => memory,
  cpus: () => cpus,
  parallelism: () => parallelism,
});

/** Closes this process's descriptors of a file behind their owner's back, as a program may that closes all it did not open. */
export function closeDescriptorsOf(path: string): void {
  for (const name of readdirSync('/proc/self/fd')) {
    if (linkOf(name) === path) closeSync(Number(name));
  }
}

function linkOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

const open: (HostSampler | Root)[] = [];

/** A sampler under a clock and a process that the test moves; stopped by `release`. */
export function sample(
  files: Readonly<Record<string, string>>,
  options: Partial<SamplerOptions> = {},
): { sampler: HostSampler; root: Root; clock: Clock; fake: FakeProcess } {
  const root = new Root(files);
  const clock = new Clock();
  const fake = new FakeProcess();
  const sampler = new HostSampler({
    ttl: 1000,
    window: 60_000,
    environment: {},
    root: root.path,
    now: clock.now,
    schedule: clock.schedule,
    machine: machine(16 * GIB, 8),
    readers: fake.readers,
    ...options,
  });
  open.push(sampler, root);
  return { sampler, root, clock, fake };
}

export function release(): void {
  for (const item of open.splice(0)) item instanceof Root ? item.remove() : item.stop();
}
