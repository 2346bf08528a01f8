const SECOND = 1000;

/** Milliseconds of one slot of the window in which offers are counted. */
const SLOT = 50;
/** A whole second, and the slot that is not over. */
const SLOTS = SECOND / SLOT + 1;

/** Seconds' worth that a quiet source may take at once: the other half of its second is left for what follows. */
const BURST = 0.5;

/** Seconds' worth of debt at most: a source that took far more than it was expected to take pauses for this long, not for hours. */
const MAX_DEBT = 60;

/**
 * Holds what is taken to a rate, evenly in time. What is taken becomes a debt, which the rate pays off.
 *
 * While less is offered than the rate, everything is taken, half a second's worth at once. While more is offered, each share of the rate
 * goes to one offer, which the pacer draws at random among those that arrive for the share: neither the first of a second nor each
 * hundredth request is preferred.
 */
export class Pacer {
  readonly #random: () => number;
  readonly #offers = new Float64Array(SLOTS);
  #offered = 0;
  #slot = 0;
  #debt = 0;
  #updated = 0;
  /** Offers to pass over before the one that was drawn; undefined: none is drawn. */
  #skip: number | undefined;

  /** @param random a number from 0 up to 1, 1 excluded */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Units that were offered within the last second. */
  offered(now: number): number {
    this.#turn(now);
    return this.#offered;
  }

  /**
   * Offers so many units, and takes them if there is room.
   *
   * @param rate units a second, more than 0
   * @param now milliseconds of a clock that never goes back
   */
  take(units: number, rate: number, now: number): boolean {
    this.#turn(now);
    this.#payOff(rate, now);
    this.#offers[this.#slot % SLOTS] = (this.#offers[this.#slot % SLOTS] ?? 0) + units;
    this.#offered += units;
    const offersPerShare = this.#offered / rate;
    const isCrowded = offersPerShare > 1;
    if (this.#debt > (isCrowded ? units : Math.max(units, rate * BURST))) return false;
    if (isCrowded && this.#passesOver(offersPerShare)) return false;
    this.#debt += units;
    return true;
  }

  /**
   * Adds to the debt what was taken beyond the units offered, or takes from it, when negative, what was left of them. What was paid off
   * already counts as paid in advance.
   */
  charge(units: number, rate: number, now: number): void {
    this.#payOff(rate, now);
    this.#debt = Math.min(Math.max(-rate * BURST, this.#debt + units), Math.max(this.#debt, rate * MAX_DEBT));
  }

  #passesOver(offersPerShare: number): boolean {
    this.#skip ??= Math.floor(this.#random() * offersPerShare);
    if (this.#skip > 0) {
      this.#skip -= 1;
      return true;
    }
    this.#skip = undefined;
    return false;
  }

  #payOff(rate: number, now: number): void {
    const paid = (Math.max(0, now - this.#updated) / SECOND) * rate;
    this.#debt = Math.max(Math.min(0, this.#debt), this.#debt - paid);
    this.#updated = now;
  }

  /** Forgets the offers of more than a second ago. */
  #turn(now: number): void {
    const slot = Math.floor(now / SLOT);
    const passed = Math.min(slot - this.#slot, SLOTS);
    if (passed <= 0) return;
    for (let i = 0; i < passed; i += 1) this.#offers[(slot - i) % SLOTS] = 0;
    this.#slot = slot;
    this.#offered = 0;
    for (let i = 0; i < SLOTS; i += 1) this.#offered += this.#offers[i] ?? 0;
  }
}
