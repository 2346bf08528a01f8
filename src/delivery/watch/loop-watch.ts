/** Milliseconds without a turn of the event loop after which it counts as blocked; and while the application still loads. */
export const BLOCKED_AFTER = 10_000;
export const LOADING_AFTER = 60_000;

/**
 * Whether the application's event loop turns, seen from another thread. Time counts only in steps of this thread's own
 * ticks, so that a process which was frozen as a whole (a suspended machine, Lambda between two calls) is not taken for a
 * blocked one.
 */
export class LoopWatch {
  private beat = 0;
  private still = 0;
  private last: number | undefined;
  private told = false;

  /** @param longestStep milliseconds that count for one tick at most */
  constructor(private readonly longestStep: number) {}

  /** @returns how long the loop has stood still, in milliseconds, when that is to be told; once for each time that it stands */
  tick(beat: number, now: number): number | undefined {
    const step = Math.min(Math.max(0, now - (this.last ?? now)), this.longestStep);
    this.last = now;
    if (beat !== this.beat) {
      this.beat = beat;
      this.still = 0;
      this.told = false;
      return undefined;
    }
    this.still += step;
    if (this.told || this.still <= (beat === 0 ? LOADING_AFTER : BLOCKED_AFTER)) return undefined;
    this.told = true;
    return this.still;
  }
}
