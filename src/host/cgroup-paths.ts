import { posix } from 'node:path';

/** Where this process stands in the control group hierarchies, from `/proc/self/cgroup` and `/proc/self/mountinfo` (cgroups(7), proc(5)). */

export interface Membership {
  /** Path in the version 2 hierarchy. */
  readonly unified: string | undefined;
  /** Path in the version 1 hierarchy of each controller. */
  readonly controllers: ReadonlyMap<string, string>;
}

export interface CgroupMount {
  readonly version: 1 | 2;
  /** The directory of the hierarchy that is mounted. */
  readonly root: string;
  readonly mountPoint: string;
  /** Version 1 only. */
  readonly controllers: readonly string[];
}

/** A group's directory, and the mount point above which nothing can be seen. */
export interface CgroupDirectory {
  readonly version: 1 | 2;
  readonly path: string;
  readonly top: string;
}

export interface CgroupDirectories {
  /** The nearest group that accounts memory. */
  readonly memory: CgroupDirectory | undefined;
  /** Where CPU quotas are. */
  readonly cpu: CgroupDirectory | undefined;
  /** Where consumed CPU is counted. */
  readonly accounting: CgroupDirectory | undefined;
  readonly cpuset: CgroupDirectory | undefined;
}

/** Lines are `id:controllers:path`; the path may itself hold colons. */
export function parseMembership(text: string): Membership {
  const controllers = new Map<string, string>();
  let unified: string | undefined;
  for (const line of text.split('\n')) {
    const [, id, names, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) continue;
    if (names !== '') for (const name of names.split(',')) controllers.set(name, path);
    else if (id === '0') unified = path;
  }
  return { unified, controllers };
}

export function parseMounts(text: string): CgroupMount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, mountPoint] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (root === undefined || mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
    const version = type === 'cgroup2' ? 2 : 1;
    return [
      {
        version,
        root: unescapeOctal(root),
        mountPoint: unescapeOctal(mountPoint),
        controllers: version === 1 ? options.split(',') : [],
      } as const,
    ];
  });
}

/** Space, tab, newline and backslash stand as `\040` and so on. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** `has` tells whether a path exists. */
export function findDirectories(
  membership: Membership,
  mounts: readonly CgroupMount[],
  has: (path: string) => boolean,
): CgroupDirectories {
  const unified = locate(
    mounts.filter((mount) => mount.version === 2),
    membership.unified,
    has,
  );
  const of = (controller: string): CgroupDirectory | undefined =>
    locate(
      mounts.filter((mount) => mount.controllers.includes(controller)),
      membership.controllers.get(controller),
      has,
    ) ?? unified;
  return {
    memory: accountingMemory(of('memory'), has),
    cpu: of('cpu'),
    accounting: of('cpuacct'),
    cpuset: of('cpuset'),
  };
}

/** A group below which memory is not delegated has no memory files; its nearest ancestor that has them accounts for it. */
function accountingMemory(
  directory: CgroupDirectory | undefined,
  has: (path: string) => boolean,
): CgroupDirectory | undefined {
  if (directory?.version !== 2) return directory;
  const path = ancestors(directory).find((candidate) => has(posix.join(candidate, 'memory.current')));
  return path === undefined ? undefined : { ...directory, path };
}

function locate(
  mounts: readonly CgroupMount[],
  path: string | undefined,
  has: (path: string) => boolean,
): CgroupDirectory | undefined {
  if (path === undefined) return undefined;
  const candidates = mounts.map((mount) => ({ mount, path: posix.join(mount.mountPoint, below(mount.root, path)) }));
  const nearest = candidates
    .filter(({ mount, path: directory }) => isWithin(mount.root, path) && has(directory))
    .sort((a, b) => b.mount.root.length - a.mount.root.length)[0];
  // A path as the host sees it, in a container that sees only its own group: that group is what is mounted.
  const chosen = nearest ?? candidates.find(({ mount }) => has(mount.mountPoint));
  if (chosen === undefined) return undefined;
  const { version, mountPoint } = chosen.mount;
  return { version, path: nearest === undefined ? mountPoint : chosen.path, top: mountPoint };
}

/** The part of `path` below `root`, with its slash; empty when it is the root itself or elsewhere. */
function below(root: string, path: string): string {
  if (!isWithin(root, path)) return '';
  const rest = root === '/' ? path : path.slice(root.length);
  return rest === '/' ? '' : rest;
}

/** A path that climbs (`/../x`) is that of a group outside the namespace's own and can't be seen from within. */
function isWithin(root: string, path: string): boolean {
  if (path.split('/').includes('..')) return false;
  return root === '/' || path === root || path.startsWith(`${root}/`);
}

/** The group's directory and those above it, up to and including the mount point. */
export function ancestors({ path, top }: CgroupDirectory): string[] {
  const paths = [path];
  for (let at = path; at !== top && at !== '/' && at.startsWith(top); ) {
    at = posix.dirname(at);
    paths.push(at);
  }
  return paths;
}
