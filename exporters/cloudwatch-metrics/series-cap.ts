/** How many series may exist: what comes after that is published together, so totals stay complete and the bill bounded. */

/** A series that had no data for this long costs nothing any more (CloudWatch bills by the hour with data) and frees its place. */
export const SERIES_IDLE = 3_600_000;

/** One metric may take this share of all places, so that it cannot crowd out the others. */
const SHARE_PER_METRIC = 0.4;

export interface SeriesCapStatus {
  /** Series with data within the last hour, overflow series included. */
  readonly active: number;
  readonly max: number;
  /** Points published in an overflow series since the start. */
  readonly overflowed: number;
}

export class SeriesCap {
  readonly #series = new Map<string, { metric: string; seen: number }>();
  readonly #perMetric = new Map<string, number>();
  readonly #extra = new Map<string, number>();
  #overflowed = 0;

  /** @param max series in all, those that {@link always} counts excepted */
  constructor(
    private readonly max: number,
    private readonly maxPerMetric: number = Math.max(1, Math.ceil(max * SHARE_PER_METRIC)),
  ) {}

  /**
   * Whether the series has a place or gets one; otherwise its point belongs to the metric's overflow series.
   * @param now milliseconds
   */
  admit(metric: string, key: string, now: number): boolean {
    const known = this.#series.get(key);
    if (known !== undefined) {
      this.#touch(key, known, now);
      return true;
    }
    this.#release(now);
    const ofMetric = this.#perMetric.get(metric) ?? 0;
    if (this.#series.size >= this.max || ofMetric >= this.maxPerMetric) {
      this.#overflowed += 1;
      return false;
    }
    this.#series.set(key, { metric, seen: now });
    this.#perMetric.set(metric, ofMetric + 1);
    return true;
  }

  /** Notes a series that is published whatever the cap: one of a service as a whole, or an overflow; a few per metric at most. */
  always(key: string, now: number): void {
    this.#extra.delete(key);
    this.#extra.set(key, now);
  }

  status(now: number): SeriesCapStatus {
    this.#release(now);
    for (const [key, seen] of this.#extra) if (now - seen > SERIES_IDLE) this.#extra.delete(key);
    return { active: this.#series.size + this.#extra.size, max: this.max, overflowed: this.#overflowed };
  }

  /** Deleted and set again, so that the map's order is the order of last use. */
  #touch(key: string, series: { metric: string; seen: number }, now: number): void {
    if (series.seen === now) return;
    this.#series.delete(key);
    this.#series.set(key, { metric: series.metric, seen: now });
  }

  #release(now: number): void {
    for (const [key, { metric, seen }] of this.#series) {
      if (now - seen <= SERIES_IDLE) return;
      this.#series.delete(key);
      this.#perMetric.set(metric, (this.#perMetric.get(metric) ?? 1) - 1);
    }
  }
}

/** The first values of an attribute keep their names, later ones become `other`: peers are named by the network, not by us. */
export class ValueLimit {
  readonly #values = new Map<string, Set<unknown>>();

  /** @param limits distinct values per attribute name */
  constructor(private readonly limits: Readonly<Record<string, number>>) {}

  limit(name: string, value: unknown): unknown {
    const limit = this.limits[name];
    if (limit === undefined || value === undefined) return value;
    const known = this.#values.get(name) ?? new Set();
    this.#values.set(name, known);
    if (known.has(value)) return value;
    if (known.size >= limit) return 'other';
    known.add(value);
    return value;
  }
}
