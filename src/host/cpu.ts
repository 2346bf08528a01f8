import { posix } from 'node:path';
import { fieldOf, KeptFile, numberOf } from './cgroup-files.js';
import type { CgroupDirectory } from './cgroup-paths.js';
import type { FileTree } from './file-tree.js';
import { openable, type Source, type SourceReading } from './sources.js';

/** Consumed CPU, a counter in seconds, and what it says about a span of time. */

/** Milliseconds below which a difference says little: a quota is refilled every 100 ms. */
export const MIN_INTERVAL = 1_000;

const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

export function cpuSources(directory: CgroupDirectory | undefined, tree: FileTree, processCpu: () => number): Source[] {
  const group = directory === undefined ? [] : openable(() => cgroupCpu(directory, tree));
  return [...group, { name: 'process', read: processCpu, close: () => undefined }];
}

function cgroupCpu({ version, path }: CgroupDirectory, tree: FileTree): Source {
  const file = new KeptFile(tree.locate(posix.join(path, version === 2 ? 'cpu.stat' : 'cpuacct.usage')));
  return {
    name: `cgroup v${version} ${path}`,
    read: () =>
      version === 2 ? fieldOf(file.text(), 'usage_usec') / MICROSECONDS : numberOf(file.text()) / NANOSECONDS,
    close: () => file.close(),
  };
}

/** Seconds of CPU, user and system, that this process has used. */
export function processCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS;
}

/**
 * Growth of a counter per second, not clamped: bursts above a quota, and limits that are another group's, are real.
 * Undefined when it fell, or when no time has passed.
 */
export function rate(
  from: { readonly time: number; readonly value: number },
  to: { readonly time: number; readonly value: number },
): number | undefined {
  const seconds = (to.time - from.time) / 1000;
  const growth = to.value - from.value;
  return seconds > 0 && growth >= 0 && Number.isFinite(growth) ? growth / seconds : undefined;
}

/**
 * The CPUs in use according to a counter that is read every so often. Holds its last result for at least a second;
 * starts over without a result when the counter fell, comes from elsewhere, or was not read for so long that the
 * process must have been frozen.
 */
export class CpuRate {
  private from: { time: number; value: number; epoch: number } | undefined;
  private current: number | undefined;

  /** `freezeAfter`: milliseconds without a reading. */
  constructor(private readonly freezeAfter: number) {}

  offer(time: number, reading: SourceReading | undefined): number | undefined {
    if (reading === undefined) return this.current;
    const { from } = this;
    if (from !== undefined && from.epoch === reading.epoch && time - from.time < MIN_INTERVAL) return this.current;
    const comparable = from !== undefined && from.epoch === reading.epoch && time - from.time <= this.freezeAfter;
    this.current = comparable ? rate(from, { time, value: reading.value }) : undefined;
    this.from = { time, ...reading };
    return this.current;
  }
}
