import { ACKNOWLEDGED } from '../../wire/messages.js';

/**
 * What became of records: taken by all their destinations, or refused for good; or lost by one of them, and counted there, though
 * it might take them at another time.
 */
export type Outcome = 'done' | 'lost';

export interface SpoolFile {
  path: string;
  from: number;
  to: number;
}

const MAX_LOST = 1000;

/**
 * Tells the application's thread up to which number its log records are settled, so that it need not keep them; and
 * removes the file that it wrote of some, once all of those are delivered.
 */
export class Acknowledgements {
  /** In ascending order: that is how they come. */
  private readonly open = new Set<number>();
  /** The latest of them: the file may be written, and told of, after one of its records was lost. */
  private readonly lost = new Set<number>();
  private newest = 0;
  private file: SpoolFile | undefined;

  constructor(
    private readonly state: Int32Array,
    private readonly remove: (path: string) => void,
  ) {}

  begin(sequence: number): void {
    this.open.add(sequence);
    this.newest = Math.max(this.newest, sequence);
  }

  settle(sequence: number, outcome: Outcome): void {
    this.open.delete(sequence);
    if (outcome === 'lost') this.noteLost(sequence);
    const settled = this.settledUpTo();
    Atomics.store(this.state, ACKNOWLEDGED, settled);
    this.removeFile(settled);
  }

  /** All up to `to` has begun before this is called. */
  spooled(file: SpoolFile): void {
    this.file = file;
    this.removeFile(this.settledUpTo());
  }

  private noteLost(sequence: number): void {
    this.lost.add(sequence);
    const [oldest] = this.lost;
    if (oldest !== undefined && this.lost.size > MAX_LOST) this.lost.delete(oldest);
  }

  private settledUpTo(): number {
    const [oldest] = this.open;
    return oldest === undefined ? this.newest : oldest - 1;
  }

  private removeFile(settled: number): void {
    const { file } = this;
    if (file === undefined || settled < file.to) return;
    this.file = undefined;
    const isComplete = ![...this.lost].some((sequence) => sequence >= file.from && sequence <= file.to);
    if (isComplete) this.remove(file.path);
  }
}
