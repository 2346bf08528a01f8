/**
 * What happened in an interval, from points that say what happened since a start; and the reverse for levels.
 *
 * Our own reader is asked for deltas; these are for readers with other ideas.
 */

import type { ExplicitPoint, ExponentialBuckets, ExponentialPoint } from './histogram.js';
import { rescaled } from './merge-histograms.js';

/** A cumulative value, and since when it accumulates (epoch milliseconds). */
export interface Cumulative<V> {
  readonly start: number;
  readonly value: V;
}

export interface TemporalityOptions {
  /** Series remembered; the one not seen for longest is forgotten first. */
  readonly maxSeries: number;
  /** Milliseconds after which a series that stopped is forgotten. */
  readonly ttl: number;
  /** Epoch milliseconds since when a first point is whole: what began before this process is not this process's doing. */
  readonly processStart: number;
}

type Remembered =
  | { kind: 'sum'; start: number; value: number; seen: number }
  | { kind: 'exponential'; start: number; value: ExponentialPoint; seen: number }
  | { kind: 'explicit'; start: number; value: ExplicitPoint; seen: number };

/** The memory of one exporter. Every method returns undefined when there is nothing to compare a first point with. */
export class Temporality {
  readonly #options: TemporalityOptions;
  readonly #series = new Map<string, Remembered>();
  readonly #levels = new Map<string, { value: number; seen: number }>();

  constructor(options: TemporalityOptions) {
    this.#options = options;
  }

  /** Series remembered now. */
  get size(): number {
    return this.#series.size + this.#levels.size;
  }

  /** The increase since the last point; after a reset (another start, or a smaller value) the value itself. */
  sum(key: string, now: number, { start, value }: Cumulative<number>): number | undefined {
    const last = this.#replace(key, { kind: 'sum', start, value, seen: now });
    if (last?.kind !== 'sum') return this.#first(start) ? value : undefined;
    return last.start !== start || value < last.value ? value : value - last.value;
  }

  exponential(key: string, now: number, { start, value }: Cumulative<ExponentialPoint>): ExponentialPoint | undefined {
    const last = this.#replace(key, { kind: 'exponential', start, value, seen: now });
    if (last?.kind !== 'exponential') return this.#first(start) ? value : undefined;
    return last.start !== start ? value : (exponentialSince(last.value, value) ?? value);
  }

  explicit(key: string, now: number, { start, value }: Cumulative<ExplicitPoint>): ExplicitPoint | undefined {
    const last = this.#replace(key, { kind: 'explicit', start, value, seen: now });
    if (last?.kind !== 'explicit') return this.#first(start) ? value : undefined;
    return last.start !== start ? value : (explicitSince(last.value, value) ?? value);
  }

  /** The level after a change: CloudWatch has no use for the changes themselves. */
  level(key: string, now: number, change: number): number {
    const value = (this.#levels.get(key)?.value ?? 0) + change;
    this.#levels.delete(key);
    this.#levels.set(key, { value, seen: now });
    // Not by age: a level that nothing changes is still a level.
    trim(this.#levels, this.#options.maxSeries, Number.NEGATIVE_INFINITY);
    return value;
  }

  #first(start: number): boolean {
    return start >= this.#options.processStart;
  }

  #replace(key: string, next: Remembered): Remembered | undefined {
    const last = this.#series.get(key);
    // Deleted first, so that the map's order is the order of last use.
    this.#series.delete(key);
    this.#series.set(key, next);
    trim(this.#series, this.#options.maxSeries, next.seen - this.#options.ttl);
    return last !== undefined && next.seen - last.seen <= this.#options.ttl ? last : undefined;
  }
}

function trim(series: Map<string, { seen: number }>, maxSeries: number, oldest: number): void {
  for (const [key, { seen }] of series) {
    if (series.size <= maxSeries && seen >= oldest) return;
    series.delete(key);
  }
}

/** What `now` has over `before`; undefined when it has less of anything, which only a reset explains. */
function exponentialSince(before: ExponentialPoint, now: ExponentialPoint): ExponentialPoint | undefined {
  // Zeros alone carry no scale of their own.
  const earlier = hasBuckets(before) ? before : { ...before, scale: now.scale };
  const scale = Math.min(earlier.scale, now.scale);
  const from = rescaled(earlier, scale);
  const to = rescaled(now, scale);
  const positive = bucketsSince(from.positive, to.positive);
  const negative = bucketsSince(from.negative, to.negative);
  const zeroCount = to.zeroCount - from.zeroCount;
  if (positive === undefined || negative === undefined || zeroCount < 0 || now.count < before.count) return undefined;
  return {
    count: now.count - before.count,
    sum: difference(before.sum, now.sum),
    scale,
    zeroCount,
    positive,
    negative,
  };
}

function hasBuckets({ positive, negative }: ExponentialPoint): boolean {
  return positive.bucketCounts.length > 0 || negative.bucketCounts.length > 0;
}

function bucketsSince(before: ExponentialBuckets, now: ExponentialBuckets): ExponentialBuckets | undefined {
  const counts = [...now.bucketCounts];
  for (const [i, count] of before.bucketCounts.entries()) {
    if (count === 0) continue;
    const index = before.offset + i - now.offset;
    const left = (counts[index] ?? 0) - count;
    if (index < 0 || left < 0) return undefined;
    counts[index] = left;
  }
  return { offset: now.offset, bucketCounts: counts };
}

function explicitSince(before: ExplicitPoint, now: ExplicitPoint): ExplicitPoint | undefined {
  const { boundaries } = now.buckets;
  const same =
    boundaries.length === before.buckets.boundaries.length &&
    boundaries.every((b, i) => b === before.buckets.boundaries[i]);
  const counts = now.buckets.counts.map((count, i) => count - (before.buckets.counts[i] ?? 0));
  if (!same || now.count < before.count || counts.some((count) => count < 0)) return undefined;
  return { count: now.count - before.count, sum: difference(before.sum, now.sum), buckets: { boundaries, counts } };
}

function difference(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined ? undefined : now - before;
}
