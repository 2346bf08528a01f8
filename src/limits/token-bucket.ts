const SECOND = 1000;

/** Adding up fractions of a token must not lose a whole one. */
const ROUNDING = 1e-7;

/** So many a second, and so many at once. A bucket is full at the start. */
export class TokenBucket {
  #perSecond: number;
  #burst: number;
  #spent = 0;
  #updated = 0;

  /**
   * @param perSecond 0 or more, may be a fraction
   * @param burst tokens that a full bucket holds; default: one second's worth, at least one, and none at the rate 0
   */
  constructor(perSecond: number, burst = secondsWorth(perSecond)) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Another rate from now on. The tokens that are there stay, up to one second's worth: a change of rate fills nothing. */
  setRate(perSecond: number, now: number): void {
    if (perSecond === this.#perSecond) return;
    this.#refill(now);
    const left = this.#burst - this.#spent;
    this.#perSecond = perSecond;
    this.#burst = secondsWorth(perSecond);
    this.#spent = Math.max(0, this.#burst - left);
  }

  /** @param now milliseconds; a clock that is set back counts as one that went on as far, or the bucket would stay empty until it is there again */
  has(now: number): boolean {
    this.#refill(now);
    return this.#spent + 1 <= this.#burst + ROUNDING;
  }

  /** Takes a token, if there is one. */
  take(now: number): boolean {
    if (!this.has(now)) return false;
    this.#spent += 1;
    return true;
  }

  #refill(now: number): void {
    const gained = (Math.abs(now - this.#updated) / SECOND) * this.#perSecond;
    this.#updated = now;
    this.#spent = Math.max(0, this.#spent - gained);
  }
}

function secondsWorth(perSecond: number): number {
  return perSecond > 0 ? Math.max(1, perSecond) : 0;
}
