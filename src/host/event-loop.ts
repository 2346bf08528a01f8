import { type DelayCounts, DelayHistogram } from './delay-histogram.js';
import type { Schedule } from './schedule.js';

/**
 * How late the event loop runs a timer, with the timer's own interval taken off.
 *
 * Not `perf_hooks.monitorEventLoopDelay`: its histogram can't be subtracted, so a reader of p99 and max has to reset it
 * under all the others; its mean costs 20 to 35 µs to read, more than all else in a collection; its values include the
 * interval; and it can't tell that the timer is overdue just now, which is how a request that blocks the loop looks at its end.
 */

/**
 * Milliseconds. A blockage this long is always noticed, a shorter one in proportion. 50 wake-ups a second, half of what
 * `monitorEventLoopDelay` makes by default; 2 µs each in a busy process, 2 to 5 ms of CPU a second in an idle one.
 */
export const RESOLUTION = 20;
/** On Lambda a gap is looked at from this many milliseconds on. */
const FREEZE_SUSPECTED = 50;
/** A process that used less of a CPU than this part of a gap was frozen rather than busy. */
const FROZEN_BELOW = 0.1;

export interface LoopDelayOptions {
  /** Monotonic, in milliseconds. */
  now: () => number;
  schedule: Schedule;
  /** Seconds of CPU used; given where the process is frozen between its tasks (Lambda), so that frozen time is not taken for delay. */
  frozenUnless?: (() => number) | undefined;
}

/** A moment, by how many delays there were and how much lateness in milliseconds. */
export interface LoopMark {
  readonly count: number;
  readonly lateness: number;
}

export class LoopDelay {
  /** All delays since the start, in milliseconds. Never reset. */
  readonly delays = new DelayHistogram();
  private last: number;
  private lastCpu: number;
  private longest = 0;
  private readonly stopTimer: () => void;

  constructor(private readonly options: LoopDelayOptions) {
    this.last = options.now();
    this.lastCpu = options.frozenUnless?.() ?? 0;
    this.stopTimer = options.schedule(() => this.tick(), RESOLUTION);
  }

  /** Where a span of time begins, for `meanSince`. */
  mark(): LoopMark {
    return { count: this.delays.count, lateness: this.delays.sum + this.overdue() };
  }

  /**
   * The mean delay since then, in milliseconds; undefined when no timer fell due in the meantime, so that nothing is
   * known. One that is overdue just now counts with what it is late by so far, less what it was late by at the mark.
   */
  meanSince(mark: LoopMark): number | undefined {
    const overdue = this.overdue();
    const count = this.delays.count - mark.count + (overdue > 0 ? 1 : 0);
    return count === 0 ? undefined : Math.max(0, this.delays.sum + overdue - mark.lateness) / count;
  }

  /** A copy of the counts, and the longest delay since the previous call, in milliseconds. */
  take(): { delays: DelayCounts; longest: number } {
    const { longest } = this;
    this.longest = 0;
    return { delays: this.delays.copy(), longest };
  }

  stop(): void {
    this.stopTimer();
  }

  /** Milliseconds by which the timer is late at this moment. */
  private overdue(): number {
    return Math.max(0, this.options.now() - this.last - RESOLUTION);
  }

  private tick(): void {
    const now = this.options.now();
    const elapsed = now - this.last;
    const delay = Math.max(0, elapsed - RESOLUTION);
    this.last = now;
    if (this.wasFrozen(elapsed)) return;
    this.delays.record(delay);
    if (delay > this.longest) this.longest = delay;
  }

  private wasFrozen(elapsed: number): boolean {
    const { frozenUnless } = this.options;
    if (frozenUnless === undefined) return false;
    const cpu = frozenUnless();
    const used = (cpu - this.lastCpu) * 1000;
    this.lastCpu = cpu;
    return elapsed > FREEZE_SUSPECTED && used < elapsed * FROZEN_BELOW;
  }
}
