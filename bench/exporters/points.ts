import type { Attributes } from '@opentelemetry/api';
import type { DataPoint, ExponentialHistogram, ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** By value, as both exporters read them, whichever version of the SDK made the points. */
const DELTA = 0;
const EXPONENTIAL_HISTOGRAM = 1;
const GAUGE = 2;

const BUCKETS = 80;
/** Milliseconds. */
const INTERVAL = 60_000;

export interface HistogramSeries {
  readonly attributes: Attributes;
  readonly scale: number;
}

export interface MetricInput {
  readonly name: string;
  readonly unit: string;
  readonly histograms?: readonly HistogramSeries[];
  readonly gauge?: number;
}

/** A collection that ends now: the exporters refuse old points. */
export type Collect = () => ResourceMetrics;

const RESOURCE = { 'service.name': 'experimentation-platform', 'deployment.environment.name': 'production' };

export function collection(inputs: readonly MetricInput[]): Collect {
  const prepared = inputs.map((input) => ({ input, values: (input.histograms ?? []).map(histogramOf) }));
  return () => {
    const now = Date.now();
    const times = { startTime: hrTime(now - INTERVAL), endTime: hrTime(now) };
    const metrics = prepared.map(({ input, values }) => ({
      descriptor: { name: input.name, unit: input.unit, description: '', valueType: 1 },
      aggregationTemporality: DELTA,
      ...pointsOf(input, values, times),
    }));
    // What an SDK collects, without the SDK's classes.
    return {
      resource: { attributes: RESOURCE },
      scopeMetrics: [{ scope: { name: 'bench' }, metrics }],
    } as unknown as ResourceMetrics;
  };
}

type Times = Pick<DataPoint<unknown>, 'startTime' | 'endTime'>;

function pointsOf(
  { histograms = [], gauge }: MetricInput,
  values: readonly (ExponentialHistogram | undefined)[],
  times: Times,
) {
  if (gauge !== undefined) return { dataPointType: GAUGE, dataPoints: [{ attributes: {}, value: gauge, ...times }] };
  const dataPoints = histograms.map(({ attributes }, index) => ({ attributes, value: values[index], ...times }));
  return { dataPointType: EXPONENTIAL_HISTOGRAM, dataPoints };
}

/** 80 buckets from about a millisecond (in seconds) on, the middle ones fullest, no two series the same. */
function histogramOf({ scale }: HistogramSeries, index: number): ExponentialHistogram {
  const offset = -10 * 2 ** scale + (index % 7);
  const bucketCounts = Array.from({ length: BUCKETS }, (_, bucket) => countOf(bucket, index));
  const base = 2 ** (2 ** -scale);
  const middle = (bucket: number): number => base ** (offset + bucket + 0.5);
  return {
    count: bucketCounts.reduce((sum, count) => sum + count, 0),
    sum: bucketCounts.reduce((sum, count, bucket) => sum + count * middle(bucket), 0),
    min: middle(0),
    max: middle(BUCKETS - 1),
    scale,
    zeroCount: 0,
    positive: { offset, bucketCounts },
    negative: { offset: 0, bucketCounts: [] },
  };
}

function countOf(bucket: number, index: number): number {
  const expected = 400 * Math.exp(-(((bucket - BUCKETS / 2) / 16) ** 2));
  return 1 + Math.round(expected * (0.5 + noise(index * BUCKETS + bucket)));
}

/** In [0, 1), the same in every run; without it compression would find the series alike. */
function noise(seed: number): number {
  const mixed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d);
  const again = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((again ^ (again >>> 15)) >>> 0) / 2 ** 32;
}

function hrTime(milliseconds: number): [number, number] {
  return [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1_000_000];
}
