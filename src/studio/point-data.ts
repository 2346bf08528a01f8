import type { Datum } from './datum.js';
import type { Buckets, ExponentialHistogramPoint, HistogramPoint, NumberPoint, Point } from './otlp-model.js';
import type { PointSeries } from './store/points.js';

/** OTLP points as the datums that they would be in CloudWatch: what is cumulative is told apart into intervals. */
export function datumsOf(series: PointSeries): Datum[] {
  const points = [...series.points];
  const { type, temporality, monotonic, unit } = series.metric;
  const cumulative = temporality === 2 && (type !== 'sum' || monotonic);
  return (cumulative ? intervals(points) : points).flatMap((point) => toDatum(point, unit));
}

/** What was added between two points of the same start; the first point of a start is all that there was. */
function intervals(points: readonly Point[]): Point[] {
  const before = new Map<string, Point>();
  return points.map((point) => {
    const previous = before.get(point.startTimeUnixNano);
    before.set(point.startTimeUnixNano, point);
    return previous === undefined ? point : difference(point, previous);
  });
}

/** Extremes are those since the start, not of the interval: they go. */
function difference(point: Point, previous: Point): Point {
  if ('value' in point && 'value' in previous) return { ...point, value: point.value - previous.value };
  if (!('count' in point) || !('count' in previous)) return point;
  const count = point.count - previous.count;
  const sum = (point.sum ?? 0) - (previous.sum ?? 0);
  if ('scale' in point && 'scale' in previous && point.scale === previous.scale) {
    const { min: _min, max: _max, ...rest } = point;
    const zeroCount = point.zeroCount - previous.zeroCount;
    const positive = minusBuckets(point.positive, previous.positive);
    return { ...rest, count, sum, zeroCount, positive, negative: minusBuckets(point.negative, previous.negative) };
  }
  const { startTimeUnixNano, timeUnixNano, arrived } = point;
  const aggregate = { startTimeUnixNano, timeUnixNano, arrived, count, sum };
  if ('bounds' in point && 'bounds' in previous && String(point.bounds) === String(previous.bounds)) {
    return { ...aggregate, bounds: point.bounds, counts: minus(point.counts, previous.counts) };
  }
  // Buckets that cannot be compared: the mean is all that is known.
  return { ...aggregate, bounds: [], counts: [] };
}

const minus = (counts: readonly number[], before: readonly number[]): number[] =>
  counts.map((count, index) => count - (before[index] ?? 0));

function minusBuckets(now: Buckets, before: Buckets): Buckets {
  const counts = now.counts.map((count, index) => count - (before.counts[index + now.offset - before.offset] ?? 0));
  return { offset: now.offset, counts };
}

function toDatum(point: Point, unit: string): Datum[] {
  if ('value' in point) return [numberDatum(point, unit)];
  if ('quantiles' in point || point.count === 0) return [];
  const pairs = 'scale' in point ? exponentialPairs(point) : explicitPairs(point);
  const clamped = pairs.map(([value, count]) => [clamp(value, point), count] as const);
  const mean = (point.sum ?? 0) / point.count;
  const values = clamped.length > 0 ? clamped.map(([value]) => value) : [mean];
  const statistics = {
    sampleCount: point.count,
    sum: point.sum ?? clamped.reduce((sum, [value, count]) => sum + value * count, 0),
    minimum: point.min ?? Math.min(...values),
    maximum: point.max ?? Math.max(...values),
  };
  const distribution = clamped.length > 0 ? { values, counts: clamped.map(([, count]) => count) } : {};
  return [{ ...filing(point, unit), ...distribution, statistics }];
}

const numberDatum = (point: NumberPoint, unit: string): Datum => ({ ...filing(point, unit), value: point.value });

const filing = (point: Point, unit: string) => ({
  timestamp: point.arrived,
  arrived: point.arrived,
  unit: unitOf(unit),
  resolution: 60 as const,
});

const UNITS: Readonly<Record<string, string>> = { s: 'Seconds', ms: 'Milliseconds', By: 'Bytes', '%': 'Percent' };

const unitOf = (unit: string): string => UNITS[unit] ?? (/^\{.*\}$/.test(unit) ? 'Count' : 'None');

type Pair = readonly [value: number, count: number];

const clamp = (value: number, point: HistogramPoint | ExponentialHistogramPoint): number =>
  Math.min(Math.max(value, point.min ?? Number.NEGATIVE_INFINITY), point.max ?? Number.POSITIVE_INFINITY);

/** The middle of each bucket; the last, which has no end, at its start. */
function explicitPairs({ bounds, counts }: HistogramPoint): Pair[] {
  return counts.flatMap((count, index): Pair[] => {
    const low = bounds[index - 1] ?? 0;
    return count <= 0 ? [] : [[(low + (bounds[index] ?? low)) / 2, count]];
  });
}

function exponentialPairs(point: ExponentialHistogramPoint): Pair[] {
  const zero: Pair[] = point.zeroCount > 0 ? [[0, point.zeroCount]] : [];
  const side = ({ offset, counts }: Buckets, sign: 1 | -1): Pair[] =>
    counts.flatMap((count, index): Pair[] =>
      count <= 0 ? [] : [[sign * 2 ** ((offset + index + 0.5) * 2 ** -point.scale), count]],
    );
  return [...zero, ...side(point.positive, 1), ...side(point.negative, -1)];
}
