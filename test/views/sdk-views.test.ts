import assert from 'node:assert/strict';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { MetricView } from '../../src/config/metric-views.js';
import { sdkViews } from '../../src/views/sdk-views.js';

describe("views of the SDK's instruments", () => {
  /** What the SDK collects of a counter `orders`, a histogram `size` and a gauge `level`, each with two attributes. */
  async function collected(
    view: Omit<MetricView, 'path'>,
    hasExplicitBuckets = false,
  ): Promise<Record<string, MetricData>> {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 });
    const options = sdkViews([{ path: '', ...view }], { hasExplicitBuckets });
    const provider = new MeterProvider({ readers: [reader], views: options });
    const meter = provider.getMeter('shop');
    const counter = meter.createCounter('orders', { unit: '{order}' });
    counter.add(1, { country: 'DE', 'user.id': 1 });
    counter.add(2, { country: 'DE', 'user.id': 2 });
    meter.createHistogram('size', { advice: { explicitBucketBoundaries: [1, 5] } }).record(3, { country: 'DE' });
    meter.createGauge('level').record(4, { country: 'DE' });
    await reader.forceFlush();
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    await provider.shutdown();
    return Object.fromEntries(metrics.map((metric) => [metric.descriptor.name, metric]));
  }

  it('rename and describe, and count each measurement once', async () => {
    const { orders, 'shop.orders': renamed } = await collected({
      selector: { instrumentName: 'orders' },
      name: 'shop.orders',
      description: 'Orders.',
    });
    assert.equal(orders, undefined);
    assert.equal(renamed?.descriptor.description, 'Orders.');
    assert.deepEqual(
      renamed?.dataPoints.map(({ value }) => value),
      [1, 2],
    );
  });

  it('drop', async () => {
    const aggregation = { kind: 'drop' } as const;
    assert.deepEqual(Object.keys(await collected({ selector: { unit: '{order}' }, aggregation })), ['size', 'level']);
    assert.deepEqual(Object.keys(await collected({ selector: { instrumentType: 'gauge' }, aggregation })), [
      'orders',
      'size',
    ]);
    assert.deepEqual(Object.keys(await collected({ selector: { meterName: 'shop' }, aggregation })), []);
  });

  it('keep attributes by name and by pattern', async () => {
    const { orders } = await collected({
      selector: { instrumentName: 'ord*' },
      attributeKeys: { excluded: ['user.*'] },
    });
    assert.deepEqual(
      orders?.dataPoints.map(({ attributes, value }) => [attributes, value]),
      [[{ country: 'DE' }, 3]],
    );
  });

  it('leave exponential histograms exponential, sums sums and gauges gauges', async () => {
    const { orders, size, level } = await collected({
      selector: { instrumentName: '*' },
      attributeKeys: { excluded: ['country'] },
    });
    assert.deepEqual(
      [orders, size, level].map((metric) => metric?.dataPointType),
      [DataPointType.SUM, DataPointType.EXPONENTIAL_HISTOGRAM, DataPointType.GAUGE],
    );
    assert.deepEqual(level?.dataPoints[0]?.attributes, {});
  });

  it('leave histograms their explicit buckets, by the boundaries that the application advises, where the reader asks for these', async () => {
    const { size } = await collected({ selector: { instrumentName: 'size' }, description: 'Size.' }, true);
    assert.ok(size?.dataPointType === DataPointType.HISTOGRAM);
    assert.deepEqual(size.dataPoints[0]?.value.buckets.boundaries, [1, 5]);
  });

  it('give the aggregation that is asked for', async () => {
    const of = async (aggregation: NonNullable<MetricView['aggregation']>) =>
      (await collected({ selector: { instrumentName: 'size' }, aggregation })).size;
    const explicit = await of({ kind: 'explicit_bucket_histogram', boundaries: [1, 5], recordMinMax: false });
    assert.ok(explicit?.dataPointType === DataPointType.HISTOGRAM);
    const { buckets, min } = explicit.dataPoints[0]?.value ?? {};
    assert.deepEqual([buckets, min], [{ boundaries: [1, 5], counts: [0, 1, 0] }, undefined]);
    const standard = await of({ kind: 'explicit_bucket_histogram' });
    assert.ok(standard?.dataPointType === DataPointType.HISTOGRAM);
    assert.equal(standard.dataPoints[0]?.value.buckets.boundaries.length, 15);
    assert.equal((await of({ kind: 'sum' }))?.dataPointType, DataPointType.SUM);
    assert.equal((await of({ kind: 'last_value' }))?.dataPointType, DataPointType.GAUGE);
    const exponential = await of({ kind: 'base2_exponential_bucket_histogram', maxSize: 2 });
    assert.equal(exponential?.dataPointType, DataPointType.EXPONENTIAL_HISTOGRAM);
  });

  it('limit the series', async () => {
    const { orders } = await collected({ selector: { instrumentName: 'orders' }, cardinalityLimit: 2 });
    assert.deepEqual(
      orders?.dataPoints.map(({ attributes }) => attributes['otel.metric.overflow']),
      [undefined, true],
    );
  });
});
