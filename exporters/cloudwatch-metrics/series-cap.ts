/** How many series may exist: what comes after that is published together, so totals stay complete and the bill bounded. */

/** A series that had no data for this long costs nothing any more (CloudWatch bills by the hour with data) and frees its place. */
export const SERIES_IDLE = 3_600_000;

/** One metric may take this share of all places, so that it cannot crowd out the others. */
const SHARE_PER_METRIC = 0.4;

export interface SeriesCapStatus {
  /** Series with data within the last hour, overflow series included; never more than `max`. */
  readonly active: number;
  readonly max: number;
  /** Points published in an overflow series since the start. */
  readonly overflowed: number;
}

/** What a series says: its metric for the service as a whole, a part of it, or the parts that found no place. */
export type SeriesScope = 'service' | 'part' | 'overflow';

interface Held {
  readonly metric: string;
  readonly scope: SeriesScope;
  readonly seen: number;
}

/** Places of a metric that are not the service's. */
interface Parts {
  readonly parts: number;
  readonly overflows: number;
}

/** Places for series. A metric's first part also reserves a place for its overflow series, so that no total is lost to a later one. */
export class SeriesCap {
  readonly #series = new Map<string, Held>();
  readonly #metrics = new Map<string, Parts>();
  #reserved = 0;
  #overflowed = 0;

  /**
   * @param max series in all
   * @param maxPerMetric parts of one metric
   */
  constructor(
    private readonly max: number,
    private readonly maxPerMetric: number = Math.max(1, Math.ceil(max * SHARE_PER_METRIC)),
  ) {}

  /**
   * Whether the series has a place or gets one. A part without one belongs to its metric's overflow series, if that has one.
   * @param now milliseconds
   */
  admit(metric: string, scope: SeriesScope, key: string, now: number): boolean {
    const known = this.#series.get(key);
    if (known !== undefined) {
      this.#touch(key, known, now);
      return true;
    }
    this.#release(now);
    if (!this.#hasPlace(metric, scope)) return false;
    this.#series.set(key, { metric, scope, seen: now });
    this.#change(metric, scope, 1);
    return true;
  }

  /** Counts points that are published in an overflow series. */
  noteOverflow(points: number): void {
    this.#overflowed += points;
  }

  status(now: number): SeriesCapStatus {
    this.#release(now);
    return { active: this.#series.size, max: this.max, overflowed: this.#overflowed };
  }

  #hasPlace(metric: string, scope: SeriesScope): boolean {
    const held = this.#metrics.get(metric);
    const free = this.max - this.#series.size - this.#reserved;
    if (scope === 'service') return free >= 1;
    if (scope === 'overflow') return free + reservation(held) >= 1;
    return (held?.parts ?? 0) < this.maxPerMetric && free >= (held === undefined ? 2 : 1);
  }

  #change(metric: string, scope: SeriesScope, by: 1 | -1): void {
    if (scope === 'service') return;
    const before = this.#metrics.get(metric);
    const { parts, overflows } = before ?? { parts: 0, overflows: 0 };
    const after = scope === 'part' ? { parts: parts + by, overflows } : { parts, overflows: overflows + by };
    this.#reserved += reservation(after) - reservation(before);
    if (after.parts + after.overflows === 0) this.#metrics.delete(metric);
    else this.#metrics.set(metric, after);
  }

  /** Deleted and set again, so that the map's order is the order of last use. */
  #touch(key: string, series: Held, now: number): void {
    if (series.seen === now) return;
    this.#series.delete(key);
    this.#series.set(key, { ...series, seen: now });
  }

  #release(now: number): void {
    for (const [key, { metric, scope, seen }] of this.#series) {
      if (now - seen <= SERIES_IDLE) return;
      this.#series.delete(key);
      this.#change(metric, scope, -1);
    }
  }
}

/** Places kept free for a metric's overflow series. */
function reservation(held: Parts | undefined): 0 | 1 {
  return held !== undefined && held.parts > 0 && held.overflows === 0 ? 1 : 0;
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
