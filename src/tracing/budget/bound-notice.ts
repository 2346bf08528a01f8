const SECOND = 1000;
/** Milliseconds that are counted before the line is said, and from one line to the next. */
export const COUNTED = 60_000;
export const PAUSE = 3_600_000;

export interface BoundNoticeOptions {
  /** `at most 20 spans a second, $35.09 a month` */
  readonly bound: string;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
  readonly say: (line: string) => void;
}

/**
 * Says what the bound of traces lets through at the present rate, once the bound has held something back for a minute and once an hour after
 * that. It is asked about each trace that the sampler would take, and about no other.
 */
export class BoundNotice {
  readonly #options: BoundNoticeOptions;
  #since: number | undefined;
  #silentUntil = Number.NEGATIVE_INFINITY;
  #wanted = 0;
  #admitted = 0;

  constructor(options: BoundNoticeOptions) {
    this.#options = options;
  }

  note(isAdmitted: boolean): void {
    if (this.#since === undefined && isAdmitted) return;
    const now = this.#options.now();
    if (now < this.#silentUntil) return;
    if (this.#since !== undefined && now - this.#since > 2 * COUNTED) this.#forget();
    if (this.#since === undefined && isAdmitted) return;
    this.#since ??= now;
    this.#wanted += 1;
    if (isAdmitted) this.#admitted += 1;
    const elapsed = now - this.#since;
    if (elapsed < COUNTED) return;
    this.#say(elapsed / SECOND);
    this.#silentUntil = now + PAUSE;
    this.#forget();
  }

  #forget(): void {
    this.#since = undefined;
    this.#wanted = 0;
    this.#admitted = 0;
  }

  #say(seconds: number): void {
    const rate = (count: number) => Number((count / seconds).toFixed(1));
    this.#options.say(
      `the bound of traces holds: the sampler takes ${rate(this.#wanted)} traces a second, ${rate(this.#admitted)} of them ` +
        `are sent (${this.#options.bound}); MONITORING_TRACE_BUDGET changes the bound`,
    );
  }
}
