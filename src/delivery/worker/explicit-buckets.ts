import {
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

/** https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation */
const DEFAULT_BOUNDARIES: readonly number[] = [
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000,
];
/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
const BOUNDARIES_OF_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
/** https://opentelemetry.io/docs/specs/semconv/db/database-metrics/#metric-dbclientoperationduration */
const BOUNDARIES_OF_DATABASES: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/**
 * The metrics with every exponential histogram as one of explicit buckets. Count, sum, least and greatest value are exact; a value that is
 * nearer to a boundary than the width of its exponential bucket may be counted on the other side of the boundary.
 */
export function withExplicitBuckets(batch: ResourceMetrics): ResourceMetrics {
  const scopeMetrics = batch.scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(explicit) }));
  return { ...batch, scopeMetrics };
}

function explicit(metric: MetricData): MetricData {
  if (metric.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM) return metric;
  const boundaries = boundariesOf(metric.descriptor);
  return {
    ...metric,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: metric.dataPoints.map((point) => ({ ...point, value: toHistogram(point.value, boundaries) })),
  };
}

function boundariesOf({ name, unit }: MetricData['descriptor']): readonly number[] {
  if (unit !== 's') return DEFAULT_BOUNDARIES;
  return name.startsWith('db.') ? BOUNDARIES_OF_DATABASES : BOUNDARIES_OF_SECONDS;
}

function toHistogram(from: ExponentialHistogram, boundaries: readonly number[]): Histogram {
  const { count, sum, min, max, zeroCount, scale, positive, negative } = from;
  const counts = new Array<number>(boundaries.length + 1).fill(0);
  const add = (value: number, times: number) => {
    const within = Math.min(Math.max(value, min ?? value), max ?? value);
    const found = boundaries.findIndex((boundary) => within <= boundary);
    const bucket = found < 0 ? boundaries.length : found;
    counts[bucket] = (counts[bucket] ?? 0) + times;
  };
  if (zeroCount > 0) add(0, zeroCount);
  for (const [sign, { offset, bucketCounts }] of [
    [1, positive],
    [-1, negative],
  ] as const) {
    bucketCounts.forEach((times, index) => {
      if (times > 0) add(sign * 2 ** ((offset + index + 0.5) / 2 ** scale), times);
    });
  }
  return {
    buckets: { boundaries: [...boundaries], counts },
    count,
    ...(sum !== undefined && { sum }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}
