import { posix } from 'node:path';
import { KeptFile } from './cgroup-files.js';
import type { CgroupDirectory } from './cgroup-paths.js';
import type { FileTree } from './file-tree.js';

/** Pressure stall information (kernel documentation, "PSI"): for how long some task had to wait for a resource. */

export const RESOURCES = ['cpu', 'memory', 'io'] as const;
export type Resource = (typeof RESOURCES)[number];
export type Stalls = Readonly<Partial<Record<Resource, number>>>;

/** Seconds in which some task was stalled, a counter, from `some avg10=… total=<µs>`; undefined when it isn't there. */
export function parsePressure(text: string): number | undefined {
  const [, total] = /^some .*\btotal=(\d+)/m.exec(text) ?? [];
  return total === undefined ? undefined : Number(total) / 1e6;
}

/** Reads the group's own pressure files, else the machine's. One that can't be read (`psi=0`) is left alone for good. */
export class PressureFiles {
  private readonly files = new Map<Resource, KeptFile>();

  constructor(directory: CgroupDirectory | undefined, tree: FileTree) {
    for (const resource of RESOURCES) {
      const own = directory?.version === 2 ? [posix.join(directory.path, `${resource}.pressure`)] : [];
      for (const path of [...own, `/proc/pressure/${resource}`]) {
        if (!this.files.has(resource)) this.keep(resource, tree.locate(path));
      }
    }
  }

  read(): Stalls {
    const stalls: Partial<Record<Resource, number>> = {};
    for (const [resource, file] of this.files) {
      const total = this.attempt(resource, file);
      if (total !== undefined) stalls[resource] = total;
    }
    return stalls;
  }

  close(): void {
    for (const file of this.files.values()) file.close();
    this.files.clear();
  }

  /** A kernel started with `psi=0` opens the file and refuses to read it. */
  private keep(resource: Resource, path: string): void {
    try {
      const file = new KeptFile(path);
      this.files.set(resource, file);
      this.attempt(resource, file);
    } catch {
      // Absent: the next place, or none.
    }
  }

  private attempt(resource: Resource, file: KeptFile): number | undefined {
    try {
      return parsePressure(file.text());
    } catch {
      file.close();
      this.files.delete(resource);
      return undefined;
    }
  }
}
