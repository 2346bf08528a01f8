import { MIN_INTERVAL } from './cpu.js';
import type { DelayCounts } from './delay-histogram.js';
import type { Stalls } from './pressure.js';
import type { SourceReading } from './sources.js';

/** The counters at one moment. */
export interface Snapshot {
  /** Monotonic, in milliseconds. */
  readonly time: number;
  /** Seconds of CPU that the container used. */
  readonly cpu: SourceReading | undefined;
  /** Seconds of CPU that the process used. */
  readonly processCpu: number;
  /** Milliseconds. */
  readonly loopActive: number;
  /** Milliseconds. */
  readonly loopIdle: number;
  readonly delays: DelayCounts;
  /** The longest delay since the snapshot before, in milliseconds. */
  readonly longestDelay: number;
  readonly stalls: Stalls;
}

/** A gap of this many windows means that the process was frozen (Lambda, a stopped or restored machine). */
const FREEZE_WINDOWS = 10;
/** Snapshots kept in a window, however often it is read. */
const PER_WINDOW = 32;

/**
 * The snapshots of the last while. Whoever reads, however often and whoever read before, finds one about a window old
 * to compare with; so readers don't disturb each other, and a flush between two exports doesn't shorten the second.
 */
export class History {
  private snapshots: Snapshot[] = [];

  /** `window` in milliseconds. */
  constructor(private readonly window: number) {}

  get size(): number {
    return this.snapshots.length;
  }

  /** Milliseconds without a snapshot. */
  get freezeAfter(): number {
    return this.window * FREEZE_WINDOWS;
  }

  /** Whether nothing was read for so long before `time` that a difference would tell of the freeze. */
  isFrozenBefore(time: number): boolean {
    const newest = this.snapshots.at(-1);
    return newest !== undefined && time - newest.time > this.freezeAfter;
  }

  add(snapshot: Snapshot): void {
    if (this.isFrozenBefore(snapshot.time)) this.snapshots = [];
    const replaced = this.isCrowded() ? this.snapshots.pop() : undefined;
    const longestDelay = Math.max(replaced?.longestDelay ?? 0, snapshot.longestDelay);
    this.snapshots.push({ ...snapshot, longestDelay });
    this.forget(snapshot.time);
  }

  /** The one whose age is nearest to the window, at least a second and comparable with `to`. */
  baseOf(to: Snapshot, comparable: (from: Snapshot) => boolean = () => true): Snapshot | undefined {
    let best: Snapshot | undefined;
    const distance = (from: Snapshot): number => Math.abs(to.time - from.time - this.window);
    for (const from of this.snapshots) {
      if (to.time - from.time < MIN_INTERVAL || !comparable(from)) continue;
      if (best === undefined || distance(from) < distance(best)) best = from;
    }
    return best;
  }

  /** Milliseconds: the longest delay after `from` up to and including `to`. */
  longestDelay(from: Snapshot | undefined, to: Snapshot): number {
    let longest = to.longestDelay;
    for (const { time, longestDelay } of this.snapshots) {
      if (from !== undefined && time > from.time && longestDelay > longest) longest = longestDelay;
    }
    return longest;
  }

  private isCrowded(): boolean {
    const [before, newest] = this.snapshots.slice(-2);
    return before !== undefined && newest !== undefined && newest.time - before.time < this.window / PER_WINDOW;
  }

  /** One at least as old as the window stays, to compare with. */
  private forget(now: number): void {
    const second = (): Snapshot | undefined => this.snapshots[1];
    for (let next = second(); next !== undefined && next.time <= now - this.window; next = second())
      this.snapshots.shift();
  }
}
