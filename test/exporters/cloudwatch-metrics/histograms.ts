/** Histograms as OpenTelemetry would have recorded them, made from the values so that the tests know the truth. */

import type { ExplicitPoint, ExponentialPoint } from '../../../exporters/cloudwatch-metrics/histogram.js';

const MAX_SCALE = 20;

/** The index of the bucket (base^i, base^(i+1)] that holds `value`, at `scale`. */
export function bucketIndex(value: number, scale: number): number {
  return Math.ceil(Math.log2(value) * 2 ** scale) - 1;
}

export function exponentialPoint(values: readonly number[], maxSize = 160, mostScale = MAX_SCALE): ExponentialPoint {
  const positive = values.filter((value) => value > 0);
  const negative = values.filter((value) => value < 0).map((value) => -value);
  let scale = mostScale;
  while (span(positive, scale) > maxSize || span(negative, scale) > maxSize) scale -= 1;
  return {
    ...totals(values),
    scale: positive.length + negative.length === 0 ? 0 : scale,
    zeroCount: values.length - positive.length - negative.length,
    positive: buckets(positive, scale),
    negative: buckets(negative, scale),
  };
}

export function explicitPoint(values: readonly number[], boundaries: readonly number[]): ExplicitPoint {
  const counts = new Array<number>(boundaries.length + 1).fill(0);
  for (const value of values) {
    const at = boundaries.findIndex((boundary) => value <= boundary);
    const index = at === -1 ? boundaries.length : at;
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return { ...totals(values), buckets: { boundaries, counts } };
}

export function totals(values: readonly number[]) {
  return {
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    min: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    max: values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  };
}

function span(values: readonly number[], scale: number): number {
  if (values.length === 0) return 0;
  const indexes = values.map((value) => bucketIndex(value, scale));
  return Math.max(...indexes) - Math.min(...indexes) + 1;
}

function buckets(values: readonly number[], scale: number): { offset: number; bucketCounts: number[] } {
  if (values.length === 0) return { offset: 0, bucketCounts: [] };
  const indexes = values.map((value) => bucketIndex(value, scale));
  const offset = Math.min(...indexes);
  const bucketCounts = new Array<number>(Math.max(...indexes) - offset + 1).fill(0);
  for (const index of indexes) bucketCounts[index - offset] = (bucketCounts[index - offset] ?? 0) + 1;
  return { offset, bucketCounts };
}

/** The value at `rank` (from 0) of a distribution, as if its values were written out. */
export function atRank(
  { values, counts }: { values: readonly number[]; counts: readonly number[] },
  rank: number,
): number {
  let below = 0;
  for (const [i, count] of counts.entries()) {
    below += count;
    if (rank < below) return values[i] ?? Number.NaN;
  }
  return Number.NaN;
}
