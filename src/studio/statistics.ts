import type { Range, Statistic } from '../cloudwatch/statistic.js';
import type { Datum } from './datum.js';

/**
 * What CloudWatch makes of datums. Where a datum has both a StatisticSet and Values, count, sum, minimum, maximum and
 * average come from the set, percentiles and trimmed statistics from the values.
 */
export interface Summary {
  readonly sampleCount: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Ascending; absent when a datum came without raw values, or a value is negative: no percentiles then. */
  readonly distribution?: Distribution;
}

/** Pairs of a value and how often it occurred, ascending by value. */
export type Distribution = readonly (readonly [value: number, count: number])[];

/** @param distribution whether one is wanted; to gather and sort it is most of the work */
export function summarise(data: Iterable<Datum>, distribution = true): Summary | undefined {
  let summary: Omit<Summary, 'distribution'> | undefined;
  const raw: [number, number][] = [];
  let complete = true;
  for (const datum of data) {
    summary = merge(summary, basics(datum));
    const samples = distribution ? rawSamples(datum) : undefined;
    if (samples === undefined) complete = false;
    else raw.push(...samples);
  }
  if (summary === undefined) return undefined;
  const usable = complete && raw.every(([value]) => value >= 0);
  return usable ? { ...summary, distribution: raw.filter(([, n]) => n > 0).sort(([a], [b]) => a - b) } : summary;
}

type Basics = Omit<Summary, 'distribution'>;

function merge(a: Basics | undefined, b: Basics): Basics {
  if (a === undefined) return b;
  return {
    sampleCount: a.sampleCount + b.sampleCount,
    sum: a.sum + b.sum,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  };
}

function basics(datum: Datum): Basics {
  if (datum.statistics !== undefined) return datum.statistics;
  let [sampleCount, sum] = [0, 0];
  let [minimum, maximum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [value, count] of rawSamples(datum) ?? []) {
    sampleCount += count;
    sum += value * count;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  return { sampleCount, sum, minimum, maximum };
}

/** Undefined: a StatisticSet alone, whose values are not known (they are when minimum and maximum agree). */
function rawSamples(datum: Datum): [number, number][] | undefined {
  if (datum.value !== undefined) return [[datum.value, 1]];
  if (datum.values !== undefined) return datum.values.map((value, index) => [value, datum.counts?.[index] ?? 1]);
  const set = datum.statistics;
  return set !== undefined && set.minimum === set.maximum ? [[set.minimum, set.sampleCount]] : undefined;
}

/** Undefined: the data does not allow it (a percentile of a StatisticSet, of negative values, of nothing). */
export function evaluate(statistic: Statistic, summary: Summary): number | undefined {
  switch (statistic.kind) {
    case 'SampleCount':
      return summary.sampleCount;
    case 'Sum':
      return summary.sum;
    case 'Average':
      return summary.sampleCount === 0 ? undefined : summary.sum / summary.sampleCount;
    case 'Minimum':
    case 'Maximum':
      return finite(statistic.kind === 'Minimum' ? summary.minimum : summary.maximum);
    default:
      return fromDistribution(statistic, summary.distribution ?? []);
  }
}

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);

function fromDistribution(
  statistic: Extract<Statistic, { kind: 'percentile' | 'trimmed' | 'rank' }>,
  distribution: Distribution,
): number | undefined {
  if (distribution.length === 0) return undefined;
  if (statistic.kind === 'percentile') return percentile(distribution, statistic.rank);
  const kept = keep(distribution, statistic.range);
  const total = totalCount(distribution);
  if (statistic.kind === 'rank') return (100 * totalCount(kept)) / total;
  if (statistic.of === 'winsorized') return mean(winsorize(distribution, kept, statistic.range));
  if (statistic.of === 'count') return totalCount(kept);
  return statistic.of === 'sum' ? totalSum(kept) : mean(kept);
}

/** The smallest value that at least the fraction `rank` of the samples do not exceed. */
export function percentile(distribution: Distribution, rank: number): number | undefined {
  const target = rank * totalCount(distribution);
  let seen = 0;
  for (const [value, count] of distribution) {
    seen += count;
    if (seen >= target * (1 - Number.EPSILON)) return value;
  }
  return distribution.at(-1)?.[0];
}

const totalCount = (distribution: Distribution): number => distribution.reduce((sum, [, count]) => sum + count, 0);
const totalSum = (distribution: Distribution): number =>
  distribution.reduce((sum, [value, count]) => sum + value * count, 0);
const mean = (distribution: Distribution): number | undefined =>
  distribution.length === 0 ? undefined : totalSum(distribution) / totalCount(distribution);

/** The samples inside the range; a bucket that a fraction cuts through counts in part. */
function keep(distribution: Distribution, range: Range): Distribution {
  if (range.unit === 'value') return distribution.filter(([value]) => value > range.low && value <= range.high);
  const total = totalCount(distribution);
  const kept: [number, number][] = [];
  let before = 0;
  for (const [value, count] of distribution) {
    const inside = Math.min(before + count, range.high * total) - Math.max(before, range.low * total);
    if (inside > 0) kept.push([value, inside]);
    before += count;
  }
  return kept;
}

/** What lies outside is not dropped but moved to the nearest value inside. */
function winsorize(distribution: Distribution, kept: Distribution, range: Range): Distribution {
  const lowest = kept[0]?.[0];
  const highest = kept.at(-1)?.[0];
  if (lowest === undefined || highest === undefined) return [];
  const below = countOutside(distribution, range, 'below');
  const above = countOutside(distribution, range, 'above');
  return [[lowest, below], ...kept, [highest, above]];
}

function countOutside(distribution: Distribution, range: Range, side: 'below' | 'above'): number {
  const total = totalCount(distribution);
  if (range.unit === 'fraction') return total * (side === 'below' ? range.low : 1 - range.high);
  const outside = distribution.filter(([value]) => (side === 'below' ? value <= range.low : value > range.high));
  return totalCount(outside);
}
