/** How many events of one kind, and of all kinds, go out; what does not is counted and the count goes out instead. */

import { TokenBucket } from '../limits/token-bucket.js';

/** A kind may send this many events at once and as many a minute after that. */
export const EVENTS_PER_MINUTE = 10;
/** All kinds together, a guard against messages that never group. */
export const TOTAL_EVENTS_PER_MINUTE = 300;
const MAX_KINDS = 1000;
/** Kinds named by one call of `drain`; the rest is added up in one summary without a name. */
export const MAX_SUMMARIES = 20;
const SECONDS_PER_MINUTE = 60;

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

/** A count that was not told yet. */
export interface Untold {
  suppressed: number;
  /** Epoch milliseconds of the first one. */
  since: number;
  told: boolean;
  /** Where it was added up with others. */
  joined: Untold | undefined;
}

interface Kind<Sample> {
  bucket: TokenBucket;
  untold: Untold;
  sample: Sample | undefined;
}

export class ErrorLimiter<Sample> {
  readonly #now: () => number;
  readonly #perMinute: number;
  readonly #maxKinds: number;
  readonly #total: TokenBucket;
  /** In order of last use. */
  readonly #kinds = new Map<string, Kind<Sample>>();
  #others = nothingUntold();
  /** The last used: in a storm, all that is asked for. */
  #newest: Kind<Sample> | undefined;
  #newestKey: string | undefined;

  constructor(options: LimitOptions) {
    this.#now = options.now;
    this.#perMinute = options.perMinute ?? EVENTS_PER_MINUTE;
    this.#maxKinds = options.maxKinds ?? MAX_KINDS;
    this.#total = bucketOf(options.totalPerMinute ?? TOTAL_EVENTS_PER_MINUTE);
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

  /** Whether `admit` would send no event of this kind now. */
  refuses(key: string): boolean {
    const now = this.#now();
    const kind = this.#find(key);
    return kind !== undefined && !(kind.bucket.has(now) && this.#total.has(now));
  }

  /** Counts one of a kind that is not to be sent, whatever the limits would allow. */
  count(key: string, sample: () => Sample): void {
    suppress(this.#use(key), this.#now(), sample);
  }

  /** Like `admit` for an event that goes out in any case. */
  force(key: string): number {
    return this.#settle(this.#use(key));
  }

  /** The count that the last refused one of the kind is in. */
  untold(key: string): Untold | undefined {
    return this.#find(key)?.untold;
  }

  /** Takes one out of a count: that one goes out after all. False: the count was told, with this one in it. */
  giveBack(untold: Untold): boolean {
    const count = untold.joined ?? untold;
    if (count.told || count.suppressed === 0) return false;
    count.suppressed -= 1;
    return true;
  }

  /** Every count not yet sent, largest first; they are taken as sent. */
  drain(): Summary<Sample>[] {
    const pending = [...this.#kinds.values()]
      .filter(({ untold }) => untold.suppressed > 0)
      .sort((one, other) => other.untold.suppressed - one.untold.suppressed);
    for (const kind of pending.slice(MAX_SUMMARIES)) this.#addToOthers(kind);
    const summaries = pending.slice(0, MAX_SUMMARIES).map(({ sample, untold }) => summaryOf(sample, untold));
    if (this.#others.suppressed > 0) summaries.push(summaryOf<Sample>(undefined, this.#others));
    this.#others.told = true;
    this.#others = nothingUntold();
    for (const kind of pending) this.#settle(kind);
    return summaries;
  }

  #find(key: string): Kind<Sample> | undefined {
    return key === this.#newestKey ? this.#newest : this.#kinds.get(key);
  }

  #use(key: string): Kind<Sample> {
    if (key === this.#newestKey && this.#newest !== undefined) return this.#newest;
    const known = this.#kinds.get(key);
    if (known !== undefined) this.#kinds.delete(key);
    else if (this.#kinds.size >= this.#maxKinds) this.#forgetOldest();
    const kind = known ?? { bucket: bucketOf(this.#perMinute), untold: nothingUntold(), sample: undefined };
    this.#kinds.set(key, kind);
    this.#newest = kind;
    this.#newestKey = key;
    return kind;
  }

  #forgetOldest(): void {
    const oldest = this.#kinds.entries().next().value;
    if (oldest === undefined) return;
    this.#kinds.delete(oldest[0]);
    if (oldest[1].untold.suppressed > 0) this.#addToOthers(oldest[1]);
  }

  #addToOthers({ untold }: Kind<Sample>): void {
    const others = this.#others;
    others.since = others.suppressed === 0 ? untold.since : Math.min(others.since, untold.since);
    others.suppressed += untold.suppressed;
    untold.joined = others;
  }

  #settle(kind: Kind<Sample>): number {
    const { untold } = kind;
    if (untold.suppressed === 0) return 0;
    untold.told = true;
    kind.untold = nothingUntold();
    kind.sample = undefined;
    return untold.suppressed;
  }
}

/** A minute's worth at once. */
function bucketOf(perMinute: number): TokenBucket {
  return new TokenBucket(perMinute / SECONDS_PER_MINUTE, perMinute);
}

function nothingUntold(): Untold {
  return { suppressed: 0, since: 0, told: false, joined: undefined };
}

function suppress<Sample>(kind: Kind<Sample>, now: number, sample: () => Sample): void {
  if (kind.untold.suppressed === 0) kind.untold.since = now;
  kind.untold.suppressed += 1;
  kind.sample ??= sample();
}

function summaryOf<Sample>(sample: Sample | undefined, { suppressed, since }: Untold): Summary<Sample> {
  return { sample, suppressed, since };
}
