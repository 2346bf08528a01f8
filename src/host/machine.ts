import { availableParallelism, cpus, totalmem } from 'node:os';
import { countCpus } from './cgroup-limits.js';
import type { FileTree } from './file-tree.js';
import type { LimitClaim, Machine } from './limits.js';

export interface MachineReaders {
  /** Bytes. */
  memory: () => number;
  cpus: () => number;
  /** CPUs as Node rounds them: whole, at least 1. */
  parallelism: () => number;
}

export const osReaders: MachineReaders = {
  memory: totalmem,
  cpus: () => cpus().length || availableParallelism(),
  parallelism: availableParallelism,
};

export function machineOf(tree: FileTree, readers: MachineReaders): Machine {
  const [, kilobytes] = /^MemTotal:\s+(\d+) kB$/m.exec(tree.text('/proc/meminfo') ?? '') ?? [];
  return { memoryBytes: kilobytes === undefined ? readers.memory() : Number(kilobytes) * 1024, cpus: readers.cpus() };
}

/**
 * The CPUs that the scheduler may give this process. Node's own count comes second: it mixes the affinity with a quota
 * that it truncates (1.5 becomes 1), so with a quota it would claim too little.
 */
export function affinityClaim(tree: FileTree, hasQuota: boolean, readers: MachineReaders): LimitClaim | undefined {
  const [, list] = /^Cpus_allowed_list:\s+(\S+)$/m.exec(tree.text('/proc/self/status') ?? '') ?? [];
  const allowed = countCpus(list) ?? (hasQuota ? undefined : readers.parallelism());
  return allowed === undefined ? undefined : { source: 'affinity', cpus: allowed };
}
