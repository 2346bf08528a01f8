import { posix } from 'node:path';
import { ancestors, type CgroupDirectories, type CgroupDirectory } from './cgroup-paths.js';
import type { FileTree } from './file-tree.js';
import type { LimitClaim } from './limits.js';

/** What the control groups allow: the least along the path, since a group never gets more than those above it. */

/** CFS period when `cpu.max` names none, in microseconds (kernel documentation, cgroup-v2). */
const DEFAULT_PERIOD = 100_000;

export function cgroupClaims(directories: CgroupDirectories, tree: FileTree): LimitClaim[] {
  const memoryBytes = directories.memory && memoryLimit(directories.memory, tree);
  const cpus = directories.cpu && cpuQuota(directories.cpu, tree);
  const cpusetSize = directories.cpuset && cpusetCount(directories.cpuset, tree);
  return [
    ...(memoryBytes === undefined ? [] : [{ source: 'cgroup', memoryBytes } as const]),
    ...(cpus === undefined ? [] : [{ source: 'cgroup', cpus } as const]),
    ...(cpusetSize === undefined ? [] : [{ source: 'cpuset', cpus: cpusetSize } as const]),
  ];
}

/** Bytes. `memory.high` throttles and never kills, so it is no limit. */
function memoryLimit(directory: CgroupDirectory, tree: FileTree): number | undefined {
  if (directory.version === 2) return least(along(directory, 'memory.max', tree).map(amount));
  const hierarchical = field(tree.text(posix.join(directory.path, 'memory.stat')), 'hierarchical_memory_limit');
  return hierarchical ?? least(along(directory, 'memory.limit_in_bytes', tree).map(amount));
}

/** CPUs, fractional. */
function cpuQuota(directory: CgroupDirectory, tree: FileTree): number | undefined {
  if (directory.version === 2) return least(along(directory, 'cpu.max', tree).map(parseCpuMax));
  return least(
    ancestors(directory).map((path) => {
      const quota = amount(tree.text(posix.join(path, 'cpu.cfs_quota_us')));
      const period = amount(tree.text(posix.join(path, 'cpu.cfs_period_us')));
      return quota === undefined || period === undefined ? undefined : quota / period;
    }),
  );
}

/** `max 100000` is no limit, `25000 100000` a quarter of a CPU. */
export function parseCpuMax(text: string | undefined): number | undefined {
  const [quota, period] = text?.trim().split(/\s+/) ?? [];
  const allowed = amount(quota);
  const every = period === undefined ? DEFAULT_PERIOD : amount(period);
  return allowed === undefined || every === undefined ? undefined : allowed / every;
}

function cpusetCount(directory: CgroupDirectory, tree: FileTree): number | undefined {
  const names = directory.version === 2 ? ['cpuset.cpus.effective'] : ['cpuset.effective_cpus', 'cpuset.cpus'];
  for (const path of ancestors(directory)) {
    for (const name of names) {
      const count = countCpus(tree.text(posix.join(path, name)));
      if (count !== undefined) return count;
    }
  }
  return undefined;
}

/** How many CPUs a list such as `0-3,8` names; undefined for an empty or malformed one. */
export function countCpus(text: string | undefined): number | undefined {
  const list = text?.trim();
  if (!list) return undefined;
  let count = 0;
  for (const part of list.split(',')) {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (from === undefined) return undefined;
    const size = Number(to ?? from) - Number(from) + 1;
    if (size < 1) return undefined;
    count += size;
  }
  return count;
}

function along(directory: CgroupDirectory, name: string, tree: FileTree): (string | undefined)[] {
  return ancestors(directory).map((path) => tree.text(posix.join(path, name)));
}

/** A positive number; undefined for `max`, `-1`, 0 and whatever else means none. */
function amount(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  const value = /^\d+$/.test(trimmed) ? Number(trimmed) : 0;
  return value > 0 ? value : undefined;
}

function field(text: string | undefined, name: string): number | undefined {
  return amount(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1]);
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
