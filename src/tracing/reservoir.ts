const SECOND = 1000;

/**
 * So many traces a second. Full at the start, so that the first is always taken; it never holds more than one second's worth (at least
 * one trace).
 */
export class Reservoir {
  #perSecond: number;
  #capacity: number;
  #available: number;
  #updated: number;

  /**
   * @param perSecond 0 or more, may be a fraction
   * @param now milliseconds of a clock that never goes back
   */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#capacity = capacityOf(perSecond);
    this.#available = this.#capacity;
    this.#updated = now;
  }

  /** Another rate from now on. What is there stays, up to one second's worth: a change of rate fills nothing. */
  setRate(perSecond: number, now: number): void {
    if (perSecond === this.#perSecond) return;
    this.#refill(now);
    this.#perSecond = perSecond;
    this.#capacity = capacityOf(perSecond);
    this.#available = Math.min(this.#capacity, this.#available);
  }

  /** Whether there is one more; it is gone then. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#available < 1) return false;
    this.#available -= 1;
    return true;
  }

  #refill(now: number): void {
    const gained = ((now - this.#updated) / SECOND) * this.#perSecond;
    this.#updated = now;
    this.#available = Math.min(this.#capacity, this.#available + gained);
  }
}

function capacityOf(perSecond: number): number {
  return perSecond > 0 ? Math.max(1, perSecond) : 0;
}
