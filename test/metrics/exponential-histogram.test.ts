import assert from 'node:assert/strict';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  MeterProvider,
  MetricReader,
  type ExponentialHistogram as Point,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { ExponentialHistogram, MAX_BUCKETS } from '../../src/metrics/exponential-histogram.js';

class Reader extends MetricReader {
  constructor(maxSize: number) {
    super({
      aggregationSelector: () => ({
        type: AggregationType.EXPONENTIAL_HISTOGRAM,
        options: { maxSize, recordMinMax: true },
      }),
      aggregationTemporalitySelector: () => AggregationTemporality.DELTA,
    });
  }
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

async function bySdk(values: number[], maxSize: number): Promise<Point | undefined> {
  const reader = new Reader(maxSize);
  const histogram = new MeterProvider({ readers: [reader] }).getMeter('test').createHistogram('duration');
  for (const value of values) histogram.record(value);
  const { resourceMetrics } = await reader.collect();
  const metric = resourceMetrics.scopeMetrics[0]?.metrics[0];
  if (metric?.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM) return undefined;
  return metric.dataPoints[0]?.value;
}

function byOurs(values: number[], maxSize: number): Point {
  const histogram = new ExponentialHistogram(maxSize);
  for (const value of values) histogram.record(value);
  return histogram.toPoint();
}

const duration = fc.double({ min: 1e-7, max: 1e4, noNaN: true });
const any = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const powerOfTwo = fc.integer({ min: -1074, max: 1023 }).map((exponent) => 2 ** exponent);

describe('ExponentialHistogram', () => {
  after(() => metrics.disable());

  it('equals the SDK on durations', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(duration, { minLength: 1, maxLength: 300 }), async (values) => {
        assert.deepEqual(byOurs(values, MAX_BUCKETS), await bySdk(values, MAX_BUCKETS));
      }),
      { numRuns: 200 },
    );
  });

  it('equals the SDK on every number that is not negative, down to the smallest and up to the greatest', async () => {
    const value = fc.oneof(any, powerOfTwo, duration, fc.constant(0));
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 40 }), async (values) => {
        assert.deepEqual(byOurs(values, MAX_BUCKETS), await bySdk(values, MAX_BUCKETS));
      }),
      { numRuns: 500 },
    );
  });

  it('equals the SDK with few buckets, where it has to coarsen often', async () => {
    const value = fc.oneof(any, powerOfTwo, duration);
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 9 }),
        async (values, size) => {
          assert.deepEqual(byOurs(values, size), await bySdk(values, size));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('counts every value exactly once', () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 200 }), (values) => {
        const { count, zeroCount, positive } = byOurs(values, MAX_BUCKETS);
        assert.equal(count, values.length);
        assert.equal(zeroCount + positive.bucketCounts.reduce((sum, bucket) => sum + bucket, 0), count);
        assert.ok(positive.bucketCounts.length <= MAX_BUCKETS);
      }),
    );
  });

  it('keeps the finest scale as long as the buckets suffice, and no longer', () => {
    // Whole powers of two are 2^20 buckets apart at scale 20: two of them fit 160 buckets at scale 7 only.
    assert.equal(byOurs([1], MAX_BUCKETS).scale, 20);
    assert.equal(byOurs([1, 2], MAX_BUCKETS).scale, 7);
  });

  it('counts what cannot be a duration as zero, and leaves out infinity', () => {
    const { count, zeroCount, sum } = byOurs([-1, Number.NaN, Number.POSITIVE_INFINITY], MAX_BUCKETS);
    assert.deepEqual({ count, zeroCount, sum }, { count: 2, zeroCount: 2, sum: 0 });
  });
});
