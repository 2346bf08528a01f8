/** How many events of one kind, and of all kinds, go out; what does not is counted and the count goes out instead. */

/** A kind may send this many events at once and as many a minute after that. */
export const EVENTS_PER_MINUTE = 10;
/** All kinds together, a guard against messages that never group. */
export const TOTAL_EVENTS_PER_MINUTE = 300;
const MAX_KINDS = 1000;
/** Kinds named by one call of `drain`; the rest is added up in one summary without a name. */
export const MAX_SUMMARIES = 20;
const MINUTE = 60_000;

export interface Summary<Sample> {
  /** Undefined: of kinds that are no longer, or too many to be, named one by one. */
  sample: Sample | undefined;
  suppressed: number;
  /** Epoch milliseconds of the first suppressed one. */
  since: number;
}

export interface LimitOptions {
  /** Epoch milliseconds. */
  now(): number;
  perMinute?: number;
  totalPerMinute?: number;
  maxKinds?: number;
}

interface Kind<Sample> {
  bucket: Bucket;
  suppressed: number;
  since: number;
  sample: Sample | undefined;
}

/** A token bucket as the time until which its tokens are spent: whole milliseconds, so no token is lost to rounding. */
class Bucket {
  readonly #interval: number;
  #spentUntil = 0;

  constructor(perMinute: number) {
    this.#interval = MINUTE / perMinute;
  }

  has(now: number): boolean {
    // More than everything can only be spent if the clock went back.
    if (this.#spentUntil > now + MINUTE) this.#spentUntil = now;
    return this.#spentUntil + this.#interval <= now + MINUTE;
  }

  take(now: number): void {
    this.#spentUntil = Math.max(this.#spentUntil, now) + this.#interval;
  }
}

export class ErrorLimiter<Sample> {
  readonly #now: () => number;
  readonly #perMinute: number;
  readonly #maxKinds: number;
  readonly #total: Bucket;
  /** In order of last use. */
  readonly #kinds = new Map<string, Kind<Sample>>();
  #others = { suppressed: 0, since: 0 };

  constructor(options: LimitOptions) {
    this.#now = options.now;
    this.#perMinute = options.perMinute ?? EVENTS_PER_MINUTE;
    this.#maxKinds = options.maxKinds ?? MAX_KINDS;
    this.#total = new Bucket(options.totalPerMinute ?? TOTAL_EVENTS_PER_MINUTE);
  }

  /**
   * Asks to send one event of a kind.
   *
   * @param sample what a summary needs to know of the kind; called at most once a summary
   * @returns how many of the kind were suppressed since the last one went out; undefined: this one is, and counted
   */
  admit(key: string, sample: () => Sample): number | undefined {
    const now = this.#now();
    const kind = this.#use(key);
    if (kind.bucket.has(now) && this.#total.has(now)) {
      kind.bucket.take(now);
      this.#total.take(now);
      return this.#settle(kind);
    }
    suppress(kind, now, sample);
    return undefined;
  }

  /** Counts one of a kind that is not to be sent, whatever the limits would allow. */
  count(key: string, sample: () => Sample): void {
    suppress(this.#use(key), this.#now(), sample);
  }

  /** Like `admit` for an event that goes out in any case. */
  force(key: string): number {
    return this.#settle(this.#use(key));
  }

  /** Takes back one suppressed count: that one went out after all. */
  giveBack(key: string): void {
    const kind = this.#kinds.get(key);
    if (kind !== undefined && kind.suppressed > 0) kind.suppressed -= 1;
    else if (this.#others.suppressed > 0) this.#others.suppressed -= 1;
  }

  /** Every count not yet sent, largest first; they are taken as sent. */
  drain(): Summary<Sample>[] {
    const pending = [...this.#kinds.values()]
      .filter((kind) => kind.suppressed > 0)
      .sort((one, other) => other.suppressed - one.suppressed);
    for (const kind of pending.slice(MAX_SUMMARIES)) this.#addToOthers(kind);
    const summaries = pending.slice(0, MAX_SUMMARIES).map((kind) => summaryOf(kind));
    if (this.#others.suppressed > 0) summaries.push({ sample: undefined, ...this.#others });
    this.#others = { suppressed: 0, since: 0 };
    for (const kind of pending) this.#settle(kind);
    return summaries;
  }

  #use(key: string): Kind<Sample> {
    const known = this.#kinds.get(key);
    if (known !== undefined) this.#kinds.delete(key);
    else if (this.#kinds.size >= this.#maxKinds) this.#forgetOldest();
    const kind = known ?? { bucket: new Bucket(this.#perMinute), suppressed: 0, since: 0, sample: undefined };
    this.#kinds.set(key, kind);
    return kind;
  }

  #forgetOldest(): void {
    const oldest = this.#kinds.entries().next().value;
    if (oldest === undefined) return;
    this.#kinds.delete(oldest[0]);
    if (oldest[1].suppressed > 0) this.#addToOthers(oldest[1]);
  }

  #addToOthers(kind: Kind<Sample>): void {
    const since = this.#others.suppressed === 0 ? kind.since : Math.min(this.#others.since, kind.since);
    this.#others = { suppressed: this.#others.suppressed + kind.suppressed, since };
  }

  #settle(kind: Kind<Sample>): number {
    const suppressed = kind.suppressed;
    kind.suppressed = 0;
    kind.sample = undefined;
    return suppressed;
  }
}

function suppress<Sample>(kind: Kind<Sample>, now: number, sample: () => Sample): void {
  if (kind.suppressed === 0) kind.since = now;
  kind.suppressed += 1;
  kind.sample ??= sample();
}

function summaryOf<Sample>(kind: Kind<Sample>): Summary<Sample> {
  return { sample: kind.sample, suppressed: kind.suppressed, since: kind.since };
}
