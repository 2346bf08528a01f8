import type { Environment } from '../config/environment.js';
import { FileTree } from '../host/file-tree.js';
import { findLimits, ownDirectories } from '../host/find-limits.js';
import { lambdaClaim } from '../host/lambda.js';
import type { Limits } from '../host/limits.js';
import { osReaders } from '../host/machine.js';

const MEBIBYTE = 1024 * 1024;

/** The limits that host metrics are measured against here; those of an ECS task are learned from its metadata only at run time. */
export function containerLimits(env: Environment): Limits {
  const tree = new FileTree('/');
  const lambda = lambdaClaim(env);
  return findLimits(ownDirectories(tree), tree, lambda ? [lambda] : [], osReaders);
}

export function describeLimits({ memory, cpu }: Limits): string {
  return `limits here: memory ${Math.round(memory.bytes / MEBIBYTE)} MiB (${memory.source}), ${cpu.cpus} CPUs (${cpu.source})`;
}
