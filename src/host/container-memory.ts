import { performance } from 'node:perf_hooks';
import { FileTree } from './file-tree.js';
import { findLimits, ownDirectories } from './find-limits.js';
import { lambdaClaim } from './lambda.js';
import type { LimitClaim } from './limits.js';
import { osReaders } from './machine.js';
import { memorySources } from './memory.js';
import { SourceChain } from './sources.js';
import { Warnings } from './warnings.js';

export interface ContainerMemoryOptions {
  environment: Readonly<Record<string, string | undefined>>;
  /** Where `/proc` and `/sys` are, `/` when absent. */
  root?: string;
  /** Monotonic, in milliseconds. */
  now?: () => number;
}

/** Milliseconds between looks at the limit, which can change under a running process. */
const LIMIT_EVERY = 60_000;

/** The container's memory beside its limit, for a watch that looks every second: two small reads of files kept open. */
export class ContainerMemory {
  private readonly tree: FileTree;
  private readonly used: SourceChain;
  private readonly now: () => number;
  private readonly learned: LimitClaim[];
  private limit: { bytes: number | undefined; at: number } | undefined;

  constructor(options: ContainerMemoryOptions) {
    const now = options.now ?? (() => performance.now());
    const lambda = lambdaClaim(options.environment);
    this.now = now;
    this.learned = lambda === undefined ? [] : [lambda];
    this.tree = new FileTree(options.root);
    const directory = () => (lambda === undefined ? ownDirectories(this.tree).memory : undefined);
    this.used = new SourceChain(
      'container memory',
      () => memorySources(directory(), this.tree, process.memoryUsage.rss, now),
      new Warnings(now),
    );
  }

  /** Takes limits into account that no file tells. */
  useClaims(claims: readonly LimitClaim[]): void {
    this.learned.push(...claims);
    this.limit = undefined;
  }

  /** Bytes; undefined when there is no limit but the machine's memory, which is not this process's own. Never throws. */
  read(): { used: number; limit: number } | undefined {
    const limit = this.currentLimit();
    if (limit === undefined) return undefined;
    const used = this.used.read()?.value;
    return used === undefined ? undefined : { used, limit };
  }

  close(): void {
    this.used.close();
  }

  private currentLimit(): number | undefined {
    const now = this.now();
    if (this.limit === undefined || now - this.limit.at >= LIMIT_EVERY) {
      const { memory } = findLimits(ownDirectories(this.tree), this.tree, this.learned, osReaders);
      this.limit = { bytes: memory.source === 'host' ? undefined : memory.bytes, at: now };
    }
    return this.limit.bytes;
  }
}
