import { cgroupClaims } from './cgroup-limits.js';
import { type CgroupDirectories, findDirectories, parseMembership, parseMounts } from './cgroup-paths.js';
import type { FileTree } from './file-tree.js';
import { type LimitClaim, type Limits, settleLimits } from './limits.js';
import { affinityClaim, type MachineReaders, machineOf } from './machine.js';

/** The control groups of this process. */
export function ownDirectories(tree: FileTree): CgroupDirectories {
  return findDirectories(
    parseMembership(tree.text('/proc/self/cgroup') ?? ''),
    parseMounts(tree.text('/proc/self/mountinfo') ?? ''),
    (path) => tree.has(path),
  );
}

/** The limits in force here; `learned` are those that no file tells (Lambda, ECS, an option). */
export function findLimits(
  directories: CgroupDirectories,
  tree: FileTree,
  learned: readonly LimitClaim[],
  readers: MachineReaders,
): Limits {
  const claims = cgroupClaims(directories, tree);
  const hasQuota = claims.some(({ source, cpus }) => source === 'cgroup' && cpus !== undefined);
  const affinity = affinityClaim(tree, hasQuota, readers);
  return settleLimits([...claims, ...(affinity ? [affinity] : []), ...learned], machineOf(tree, readers));
}
