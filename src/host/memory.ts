import { posix } from 'node:path';
import { fieldOf, KeptFile, numberOf } from './cgroup-files.js';
import type { CgroupDirectory } from './cgroup-paths.js';
import type { FileTree } from './file-tree.js';
import { openable, type Source } from './sources.js';

/**
 * Used memory as Docker and the kubelet count it: usage less the page cache that can be dropped at once
 * (`inactive_file`). Usage alone is near the limit in any container that reads files.
 */

/** Reading memory.stat makes the kernel gather figures from all CPUs and groups below, milliseconds on a large host. */
const STAT_EVERY = 5_000;
/** Part of the usage by which it may move before memory.stat is read sooner. */
const STAT_DRIFT = 1 / 16;

const FILES = {
  1: { usage: 'memory.usage_in_bytes', inactive: 'total_inactive_file' },
  2: { usage: 'memory.current', inactive: 'inactive_file' },
} as const;

export function memorySources(
  directory: CgroupDirectory | undefined,
  tree: FileTree,
  rss: () => number,
  now: () => number,
): Source[] {
  const group = directory === undefined ? [] : openable(() => new CgroupMemory(directory, tree, now));
  return [...group, { name: 'process', read: rss, close: () => undefined }];
}

/** Bytes; at least 0, since the two figures are not read at the same instant. */
export function workingSet(usage: number, inactiveFile: number): number {
  return Math.max(0, usage - inactiveFile);
}

class CgroupMemory implements Source {
  readonly name: string;
  private readonly usage: KeptFile;
  private readonly stat: KeptFile;
  private readonly field: string;
  private inactive = 0;
  private usageAtStat = 0;
  private statAt = Number.NEGATIVE_INFINITY;

  constructor(
    { version, path }: CgroupDirectory,
    tree: FileTree,
    private readonly now: () => number,
  ) {
    this.name = `cgroup v${version} ${path}`;
    this.field = FILES[version].inactive;
    this.usage = new KeptFile(tree.locate(posix.join(path, FILES[version].usage)));
    try {
      this.stat = new KeptFile(tree.locate(posix.join(path, 'memory.stat')));
    } catch (error) {
      this.usage.close();
      throw error;
    }
  }

  read(): number {
    const usage = numberOf(this.usage.text());
    const now = this.now();
    if (now - this.statAt >= STAT_EVERY || Math.abs(usage - this.usageAtStat) > usage * STAT_DRIFT) {
      this.inactive = fieldOf(this.stat.text(), this.field);
      this.usageAtStat = usage;
      this.statAt = now;
    }
    return workingSet(usage, this.inactive);
  }

  close(): void {
    this.usage.close();
    this.stat.close();
  }
}
