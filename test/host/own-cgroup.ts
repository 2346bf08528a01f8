import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group made for a test, with 256 MiB and half a CPU. */
export const LIMITS = { memoryBytes: 256 * 2 ** 20, cpus: 0.5 };

export interface OwnCgroup {
  readonly version: 1 | 2;
  /** Folder of each controller; all the same in version 2. */
  readonly memory: string;
  readonly accounting: string;
  /** The files a process writes its id to so as to move in. */
  readonly entrances: readonly string[];
  remove(): void;
}

const BASE = '/sys/fs/cgroup';

/** The group, or why none can be made here. */
export function makeCgroup(): OwnCgroup | string {
  if (process.platform !== 'linux') return 'not Linux';
  const name = `host-metrics-test-${process.pid}-${Date.now()}`;
  try {
    if (existsSync(join(BASE, 'memory/memory.limit_in_bytes'))) return version1(name);
    if (existsSync(join(BASE, 'cgroup.controllers'))) return version2(name);
    return 'no control groups are mounted at /sys/fs/cgroup';
  } catch (error) {
    return `no control group may be made: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function version1(name: string): OwnCgroup {
  const folders = ['memory', 'cpu', 'cpuacct'].map((controller) => join(BASE, controller, name));
  const [memory = '', cpu = '', accounting = ''] = folders;
  const made = make(folders);
  return limited(made, () => {
    writeFileSync(join(memory, 'memory.limit_in_bytes'), String(LIMITS.memoryBytes));
    writeFileSync(join(cpu, 'cpu.cfs_period_us'), '100000');
    writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(LIMITS.cpus * 100_000));
    return {
      version: 1,
      memory,
      accounting,
      entrances: folders.map((folder) => join(folder, 'cgroup.procs')),
      remove: made,
    };
  });
}

function version2(name: string): OwnCgroup {
  const enabled = readFileSync(join(BASE, 'cgroup.subtree_control'), 'utf8');
  if (!/\bmemory\b/.test(enabled) || !/\bcpu\b/.test(enabled))
    throw new Error('memory and cpu are not delegated at the root');
  const folder = join(BASE, name);
  const made = make([folder]);
  return limited(made, () => {
    writeFileSync(join(folder, 'memory.max'), String(LIMITS.memoryBytes));
    writeFileSync(join(folder, 'cpu.max'), `${LIMITS.cpus * 100_000} 100000`);
    return { version: 2, memory: folder, accounting: folder, entrances: [join(folder, 'cgroup.procs')], remove: made };
  });
}

/** Makes the folders; returns what removes them. */
function make(folders: readonly string[]): () => void {
  const made: string[] = [];
  const remove = (): void => {
    for (const folder of made.splice(0)) rmdirSync(folder);
  };
  try {
    for (const folder of folders) {
      if (existsSync(folder)) continue;
      mkdirSync(folder);
      made.push(folder);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

function limited(remove: () => void, limit: () => OwnCgroup): OwnCgroup {
  try {
    return limit();
  } catch (error) {
    remove();
    throw error;
  }
}
