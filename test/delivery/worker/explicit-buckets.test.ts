import assert from 'node:assert/strict';
import { ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type HistogramMetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { withExplicitBuckets } from '../../../src/delivery/worker/explicit-buckets.js';
import { ExponentialHistogram } from '../../../src/metrics/exponential-histogram.js';

function converted(values: number[], { name = 'http.server.request.duration', unit = 's' } = {}) {
  const histogram = new ExponentialHistogram();
  for (const value of values) histogram.record(value);
  const value = histogram.toPoint();
  const descriptor = { name, unit, description: '', valueType: ValueType.DOUBLE };
  const batch = {
    resource: {},
    scopeMetrics: [
      {
        scope: { name: 'test' },
        metrics: [
          {
            descriptor,
            aggregationTemporality: AggregationTemporality.DELTA,
            dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
            dataPoints: [{ startTime: [1, 0], endTime: [2, 0], attributes: { a: 1 }, value }],
          },
          {
            descriptor: { ...descriptor, name: 'level' },
            aggregationTemporality: AggregationTemporality.DELTA,
            dataPointType: DataPointType.GAUGE,
            dataPoints: [],
          },
        ],
      },
    ],
  } as unknown as ResourceMetrics;
  const [metric, other] = withExplicitBuckets(batch).scopeMetrics[0]?.metrics ?? [];
  assert.equal(other?.dataPointType, DataPointType.GAUGE);
  assert.equal(metric?.dataPointType, DataPointType.HISTOGRAM);
  const [point] = (metric as HistogramMetricData).dataPoints;
  assert.ok(point);
  assert.deepEqual(point.attributes, { a: 1 });
  return point.value;
}

describe('withExplicitBuckets', () => {
  it('counts durations by the boundaries of the semantic conventions', () => {
    const { buckets, count, sum, min, max } = converted([0.004, 0.03, 0.03, 11]);
    assert.deepEqual(buckets.boundaries, [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);
    assert.deepEqual(buckets.counts, [1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert.deepEqual([count, min, max], [4, 0.004, 11]);
    assert.ok(Math.abs((sum ?? 0) - 11.064) < 1e-9);
  });

  it('has the boundaries of databases and, without seconds, those of the SDK', () => {
    assert.equal(converted([1], { name: 'db.client.operation.duration' }).buckets.boundaries[0], 0.001);
    assert.equal(converted([1], { name: 'queue.size', unit: '{item}' }).buckets.boundaries.at(-1), 10_000);
  });

  it('counts zero, and the one value that lies on a boundary, below it', () => {
    assert.equal(converted([0]).buckets.counts[0], 1);
    assert.equal(converted([0.005]).buckets.counts[0], 1);
  });

  it('has nothing of an empty histogram', () => {
    assert.ok(converted([]).buckets.counts.every((count) => count === 0));
  });

  it('loses no value', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 300 });
    fc.assert(
      fc.property(values, (given) => {
        const { buckets, count } = converted(given);
        assert.equal(
          buckets.counts.reduce((total, each) => total + each, 0),
          count,
        );
      }),
    );
  });
});
