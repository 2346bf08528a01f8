/** Error codes by which services say that a signature's time is off. */
const SKEW_CODES = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

/** Smaller differences are not why a signature was refused: services allow 5 minutes. Milliseconds. */
const NOTABLE_SKEW = 60_000;
/** A clock that is off by less is left alone: what the services take is much wider. Milliseconds. */
export const CORRECTED_SKEW = 300_000;

/** How far the service's clock is from the host's. Signatures, and the times of all that is sent, are corrected by it. */
export class ClockSkew {
  #offset = 0;
  #isSaid = false;

  /** @param say told, once, that the clock is off and that times are corrected */
  constructor(private readonly say: (line: string) => void = () => {}) {}

  /** Milliseconds to add to the host's time. */
  get offset(): number {
    return this.#offset;
  }

  /** The service's time for `now` (epoch milliseconds). */
  correct(now: number): Date {
    return new Date(now + this.#offset);
  }

  /**
   * Takes note of an answer, whatever it says.
   * @param dateHeader the answer's `Date`
   * @param now the host's epoch milliseconds
   */
  note(dateHeader: string | undefined, now: number): void {
    const measured = Date.parse(dateHeader ?? '') - now;
    if (!Number.isFinite(measured)) return;
    if (Math.abs(measured) >= CORRECTED_SKEW) this.#set(measured);
    // The clock was set right.
    else if (Math.abs(this.#offset) >= CORRECTED_SKEW) this.#offset = 0;
  }

  /**
   * Takes note of a refusal.
   * @param dateHeader the answer's `Date`
   * @param used the offset that the request was signed with
   * @returns true when the clock was the likely cause: signing again with {@link correct} is worth one attempt
   */
  learn(code: string, message: string, dateHeader: string | undefined, now: number, used = this.#offset): boolean {
    if (!SKEW_CODES.has(code) && !/signature (expired|not yet current)/i.test(message)) return false;
    const offset = Date.parse(dateHeader ?? '') - now;
    if (!Number.isFinite(offset) || Math.abs(offset - used) < NOTABLE_SKEW) return false;
    this.#set(offset);
    return true;
  }

  #set(offset: number): void {
    // A `Date` has whole seconds, and an answer takes its time: the offset must not waver with each.
    if (Math.abs(offset - this.#offset) >= NOTABLE_SKEW) this.#offset = offset;
    if (this.#isSaid || Math.abs(offset) < CORRECTED_SKEW) return;
    this.#isSaid = true;
    const minutes = Math.round(Math.abs(offset) / 60_000);
    const direction = offset < 0 ? 'ahead of' : 'behind';
    this.say(`this host's clock is ${minutes} minutes ${direction} AWS's: times are corrected by that; set the clock`);
  }
}
