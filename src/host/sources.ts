import { reasonOf, type Warnings } from './warnings.js';

/** One place where a figure can be read. */
export interface Source {
  readonly name: string;
  /** @throws when it can't be read just now. */
  read(): number;
  close(): void;
}

/** Opens the sources there are, best first; the last one should need no file. */
export type OpenSources = () => Source[];

export interface SourceReading {
  readonly value: number;
  /** Changes when the figure comes from elsewhere than before: counters of different epochs can't be compared. */
  readonly epoch: number;
}

/** Failures in a row after which the next source is used. */
const PATIENCE = 3;

/**
 * Reads the first of several sources, and the next one for good once it has failed three times in a row. When a file is
 * gone (the process was moved to another group) all are looked up again before that counts as a failure.
 */
export class SourceChain {
  private sources: Source[];
  private epoch = 0;
  private failures = 0;

  constructor(
    private readonly what: string,
    private readonly open: OpenSources,
    private readonly warnings: Warnings,
  ) {
    this.sources = open();
  }

  /** The name of the source in use. */
  get name(): string | undefined {
    return this.sources[0]?.name;
  }

  /** Undefined when nothing could be read this time. Never throws. */
  read(): SourceReading | undefined {
    try {
      return this.readFirst();
    } catch (error) {
      if (isGone(error) && this.failures === 0) return this.reopened();
      return this.failed(error);
    }
  }

  close(): void {
    for (const source of this.sources) source.close();
    this.sources = [];
  }

  private readFirst(): SourceReading | undefined {
    const [source] = this.sources;
    if (source === undefined) return undefined;
    const value = source.read();
    if (!Number.isFinite(value)) throw new Error('no number there');
    this.failures = 0;
    return { value, epoch: this.epoch };
  }

  private reopened(): SourceReading | undefined {
    this.close();
    this.sources = this.open();
    this.epoch += 1;
    try {
      return this.readFirst();
    } catch (error) {
      return this.failed(error);
    }
  }

  private failed(error: unknown): undefined {
    this.failures += 1;
    const [source, next] = this.sources;
    if (this.failures < PATIENCE || source === undefined || next === undefined) return undefined;
    this.warnings.warn(
      this.what,
      `${this.what} can't be read from ${source.name} (${reasonOf(error)}); from now on it is that of ${next.name}`,
    );
    source.close();
    this.sources.shift();
    this.failures = 0;
    this.epoch += 1;
    return undefined;
  }
}

/** Opens what can be opened; a file that is absent or forbidden is no source. */
export function openable(...openers: (() => Source)[]): Source[] {
  return openers.flatMap((open) => {
    try {
      return [open()];
    } catch {
      return [];
    }
  });
}

/** The group went away, or somebody closed our descriptor. */
const GONE = new Set<unknown>(['ENOENT', 'ENODEV', 'EBADF']);

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE.has(error.code);
}
