/** Histograms of several series as one, for points that lose the attribute that told them apart. Exact: no bucket is split. */

import type { ExplicitPoint, ExponentialBuckets, ExponentialPoint } from './histogram.js';

/** Buckets per sign that a merged histogram may span; OpenTelemetry's own default. */
export const MAX_MERGED_BUCKETS = 160;

/** The coarsest scale in use anywhere: one bucket per 2^1024. */
const MIN_SCALE = -10;

/** At the largest scale that all points reach and at which no sign spans more than {@link MAX_MERGED_BUCKETS}. */
export function mergeExponential(points: readonly ExponentialPoint[]): ExponentialPoint {
  const scale = commonScale(points);
  return {
    ...mergeTotals(points),
    scale,
    zeroCount: points.reduce((sum, point) => sum + point.zeroCount, 0),
    positive: mergeBuckets(points, scale, (point) => point.positive),
    negative: mergeBuckets(points, scale, (point) => point.negative),
  };
}

/** `point` at a smaller `scale`. */
export function rescaled(point: ExponentialPoint, scale: number): ExponentialPoint {
  if (scale >= point.scale) return point;
  return {
    ...point,
    scale,
    positive: mergeBuckets([point], scale, ({ positive }) => positive),
    negative: mergeBuckets([point], scale, ({ negative }) => negative),
  };
}

/** Keeps the boundaries that all points share; with none in common a single bucket is left, and the statistics. */
export function mergeExplicit(points: readonly ExplicitPoint[]): ExplicitPoint {
  const boundaries = commonBoundaries(points);
  const counts = new Array<number>(boundaries.length + 1).fill(0);
  for (const { buckets } of points) {
    buckets.counts.forEach((count, i) => {
      const upper = buckets.boundaries[i] ?? Number.POSITIVE_INFINITY;
      const at = boundaries.findIndex((boundary) => boundary >= upper);
      const index = at === -1 ? boundaries.length : at;
      counts[index] = (counts[index] ?? 0) + count;
    });
  }
  return { ...mergeTotals(points), buckets: { boundaries, counts } };
}

function commonBoundaries(points: readonly ExplicitPoint[]): number[] {
  const [first, ...others] = points.map((point) => point.buckets.boundaries);
  const sets = others.filter((boundaries) => boundaries !== first).map((boundaries) => new Set(boundaries));
  return (first ?? []).filter((boundary) => sets.every((set) => set.has(boundary)));
}

interface Totals {
  count: number;
  sum: number | undefined;
  min: number | undefined;
  max: number | undefined;
}

/** A total that one point lacks is lacking in the whole. */
function mergeTotals(points: readonly (ExponentialPoint | ExplicitPoint)[]): Totals {
  const filled = points.filter((point) => point.count > 0);
  const all = (values: (number | undefined)[]): number[] | undefined => {
    const present = values.filter((value): value is number => value !== undefined);
    return present.length > 0 && present.length === values.length ? present : undefined;
  };
  const mins = all(filled.map((point) => point.min));
  const maxes = all(filled.map((point) => point.max));
  return {
    count: filled.reduce((sum, point) => sum + point.count, 0),
    sum: all(filled.map((point) => point.sum))?.reduce((sum, value) => sum + value, 0),
    min: mins?.reduce((least, value) => Math.min(least, value)),
    max: maxes?.reduce((most, value) => Math.max(most, value)),
  };
}

function commonScale(points: readonly ExponentialPoint[]): number {
  const spans = points.flatMap(({ scale, positive, negative }) => [
    { scale, sign: 1, ...ends(positive) },
    { scale, sign: -1, ...ends(negative) },
  ]);
  // A point without buckets (only zeros) says scale 0 and must not coarsen the others.
  const filled = spans.filter((span) => span.first <= span.last);
  let scale = filled.reduce((least, span) => Math.min(least, span.scale), Number.POSITIVE_INFINITY);
  if (!Number.isFinite(scale)) return 0;
  while (scale > MIN_SCALE && (widest(filled, scale, 1) || widest(filled, scale, -1))) scale -= 1;
  return scale;
}

interface Span {
  scale: number;
  sign: number;
  first: number;
  last: number;
}

/** Whether the buckets of one sign span too much at `scale`. */
function widest(spans: readonly Span[], scale: number, sign: number): boolean {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const span of spans) {
    if (span.sign !== sign) continue;
    first = Math.min(first, at(span.first, span.scale - scale));
    last = Math.max(last, at(span.last, span.scale - scale));
  }
  return last - first >= MAX_MERGED_BUCKETS;
}

function ends({ offset, bucketCounts }: ExponentialBuckets): { first: number; last: number } {
  let first = 0;
  while (first < bucketCounts.length && !((bucketCounts[first] ?? 0) > 0)) first += 1;
  let last = bucketCounts.length - 1;
  while (last >= first && !((bucketCounts[last] ?? 0) > 0)) last -= 1;
  return { first: offset + first, last: offset + last };
}

/** The index of a bucket `steps` scales coarser. */
function at(index: number, steps: number): number {
  return Math.floor(index / 2 ** steps);
}

function mergeBuckets(
  points: readonly ExponentialPoint[],
  scale: number,
  side: (point: ExponentialPoint) => ExponentialBuckets,
): ExponentialBuckets {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    const span = ends(side(point));
    if (span.first > span.last) continue;
    first = Math.min(first, at(span.first, point.scale - scale));
    last = Math.max(last, at(span.last, point.scale - scale));
  }
  if (first > last) return { offset: 0, bucketCounts: [] };
  const bucketCounts = new Array<number>(last - first + 1).fill(0);
  for (const point of points) {
    const { offset, bucketCounts: counts } = side(point);
    counts.forEach((count, i) => {
      if (!(count > 0)) return;
      const index = at(offset + i, point.scale - scale) - first;
      bucketCounts[index] = (bucketCounts[index] ?? 0) + count;
    });
  }
  return { offset: first, bucketCounts };
}
