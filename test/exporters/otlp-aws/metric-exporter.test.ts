import assert from 'node:assert/strict';
import { ValueType } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { systemClock } from '../../../exporters/aws/clock.js';
import type { OtlpExporterInternals } from '../../../exporters/otlp-aws/delivery-options.js';
import {
  MAX_ITEM_AGE,
  MAX_POINT_AHEAD,
  MAX_POINT_ATTRIBUTE_BYTES,
  MAX_POINT_ATTRIBUTE_LENGTH,
} from '../../../exporters/otlp-aws/limits.js';
import {
  AwsOtlpMetricExporter,
  type AwsOtlpMetricExporterOptions,
} from '../../../exporters/otlp-aws/metric-exporter.js';
import { attributeBytes } from '../../../exporters/otlp-aws/sizes.js';
import { type Handler, type LoopbackServer, startServer } from '../aws/loopback-server.js';
import { assertSigned } from '../aws/recompute-signature.js';
import { encode, pointsOf, resourceOf } from './otlp-proto.js';
import { hrTime, RESOURCE } from './spans.js';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const SCOPE = { ...CREDENTIALS, service: 'monitoring', region: 'us-west-2' };

/** What the injected clock says, epoch milliseconds. */
const NOW = Date.UTC(2026, 0, 15, 12);

const accept: Handler = (_received, response) => {
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
};

/** One counter of `count` series. */
function counter(
  name: string,
  count: number,
  attributes: (index: number) => Record<string, string | number> = (series) => ({ series }),
  time = Date.now(),
) {
  const endTime = hrTime(time);
  return {
    descriptor: { name, description: 'd', unit: '{request}', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.DELTA,
    dataPointType: DataPointType.SUM as const,
    isMonotonic: true,
    dataPoints: Array.from({ length: count }, (_, index) => ({
      startTime: endTime,
      endTime,
      attributes: attributes(index),
      value: index + 0.5,
    })),
  };
}

/** A counter of one series, whose point is of `time`. */
const at = (name: string, time: number) => counter(name, 1, undefined, time);

const metrics = (...given: ReturnType<typeof counter>[]): ResourceMetrics => ({
  resource: RESOURCE,
  scopeMetrics: [{ scope: { name: 'test' }, metrics: given }],
});

describe('AWS OTLP metric exporter', () => {
  let server: LoopbackServer;
  let made: AwsOtlpMetricExporter[] = [];

  beforeEach(async () => {
    server = await startServer(accept);
  });
  afterEach(async () => {
    await server.close();
    await Promise.all(made.map((exporter) => exporter.shutdown()));
    made = [];
  });

  function create(
    options: AwsOtlpMetricExporterOptions = {},
    internals: OtlpExporterInternals = {},
  ): AwsOtlpMetricExporter {
    const exporter = new AwsOtlpMetricExporter(
      {
        region: 'us-west-2',
        credentials: CREDENTIALS,
        endpoint: server.url,
        shutdownTimeout: 300,
        ...options,
      },
      { random: () => 0, ...internals },
    );
    made.push(exporter);
    return exporter;
  }

  const send = (exporter: AwsOtlpMetricExporter, given: ResourceMetrics) =>
    new Promise<ExportResult>((resolve) => exporter.export(given, resolve));
  const counts = (exporter: AwsOtlpMetricExporter, name: string) =>
    Object.fromEntries(
      exporter
        .status()
        .counters.filter((count) => count.name === name)
        .map(({ reason, value }) => [reason, value]),
    );
  const received = () => server.received.map(({ body }) => pointsOf(body));

  it('posts protobuf, signed for CloudWatch, to the path of metrics', async () => {
    const exporter = create();
    assert.equal((await send(exporter, metrics(counter('a', 2), counter('b', 1)))).code, ExportResultCode.SUCCESS);
    const [request] = server.received;
    assert.ok(request);
    assert.equal(request.path, '/v1/metrics');
    assertSigned(request, SCOPE);
    assert.deepEqual(
      pointsOf(request.body).map(({ metric, scope, asDouble }) => [metric, scope, asDouble]),
      [
        ['a', 'test', 0.5],
        ['a', 'test', 1.5],
        ['b', 'test', 0.5],
      ],
    );
    assert.deepEqual(counts(exporter, 'sent'), { '': 3 });
  });

  it('sends 1000 points in one request and the 1001st in another, losing none', async () => {
    await send(create(), metrics(counter('a', 1000)));
    assert.deepEqual(
      received().map((points) => points.length),
      [1000],
    );
    await send(create(), metrics(counter('a', 600), counter('b', 401)));
    const [, ...later] = received();
    assert.deepEqual(
      later.map((points) => points.length).sort((a, b) => a - b),
      [1, 1000],
    );
    assert.equal(new Set(later.flat().map(({ metric, asDouble }) => `${metric} ${asDouble}`)).size, 1001);
  });

  it('sends no request over 1 MB uncompressed', async () => {
    const exporter = create();
    await send(exporter, metrics(counter('a', 900, (series) => ({ series, text: 'é'.repeat(1000) }))));
    const sizes = server.received.map(({ body }) => body.byteLength);
    assert.ok(
      sizes.every((size) => size <= 1_000_000),
      `${sizes}`,
    );
    assert.equal(sizes.length, 2);
    assert.equal(received().flat().length, 900);
  });

  it('halves what turns out too large when it is written, or at the service', async () => {
    server.handle = (request, response) => {
      if (pointsOf(request.body).length > 3) response.writeHead(413).end();
      else accept(request, response);
    };
    const exporter = create();
    assert.equal((await send(exporter, metrics(counter('a', 10)))).code, ExportResultCode.SUCCESS);
    assert.deepEqual(counts(exporter, 'sent'), { '': 10 });
  });

  it('halves a request that turns out over 1 MB when it is written', async () => {
    let deep: unknown = 'x'.repeat(600_000);
    for (let level = 0; level < 25; level += 1) deep = { deep };
    const exporter = create();
    await send(exporter, metrics(counter('a', 2, () => ({ deep }) as never)));
    assert.deepEqual(
      received().map((points) => points.length),
      [1, 1],
    );
  });

  it('sends points of different resources in different requests', async () => {
    server.handle = (_request, response) => {
      server.handle = accept;
      response.writeHead(503).end();
    };
    const exporter = create();
    await send(exporter, metrics(counter('a', 2)));
    const other = resourceFromAttributes({ 'service.name': 'other' });
    await send(exporter, { ...metrics(counter('b', 3)), resource: other });
    await exporter.forceFlush();
    const [, first, second] = server.received.map(({ body }) => resourceOf(body));
    assert.deepEqual([first, second].sort(), ['checkout', 'other']);
  });

  it('sends a point of 150 attributes, and drops and counts one of 151 without the others', async () => {
    const wide = (size: number) => Object.fromEntries(Array.from({ length: size }, (_, index) => [`key${index}`, 'v']));
    const exporter = create();
    await send(exporter, metrics(counter('a', 3, (index) => wide(149 + index))));
    assert.equal(received().flat().length, 2);
    assert.deepEqual(counts(exporter, 'dropped'), { too_many_attributes: 1 });
  });

  it('sends a value of 1024 characters, and drops and counts one of 1025 without the others', async () => {
    assert.equal(MAX_POINT_ATTRIBUTE_LENGTH, 1024);
    for (const character of ['x', 'é', '😀']) {
      const exporter = create();
      await send(exporter, metrics(counter('a', 3, (index) => ({ text: character.repeat(1023 + index) }))));
      assert.deepEqual(counts(exporter, 'sent'), { '': 2 });
      assert.deepEqual(counts(exporter, 'dropped'), { attribute_too_long: 1 });
    }
    assert.deepEqual(
      received().map((points) => points.length),
      [2, 2, 2],
    );
  });

  it('sends a point with 40 KB of attributes, and drops and counts one of a byte more without the others', async () => {
    assert.equal(MAX_POINT_ATTRIBUTE_BYTES, 40_000);
    const base = Object.fromEntries(Array.from({ length: 39 }, (_, index) => [`key${index}`, 'x'.repeat(1000)]));
    const longest = MAX_POINT_ATTRIBUTE_BYTES - attributeBytes({ ...base, rest: 'x'.repeat(200) }) + 200;
    const large = (length: number) => ({ ...base, rest: 'x'.repeat(length) });
    assert.equal(attributeBytes(large(longest)), 40_000);
    assert.equal(attributeBytes(large(longest + 1)), 40_001);
    const exporter = create();
    await send(exporter, metrics(counter('a', 3, (index) => large(longest - 1 + index))));
    assert.equal(received().flat().length, 2);
    assert.deepEqual(counts(exporter, 'dropped'), { attributes_too_large: 1 });
  });

  it('sends a point of 14 days ago, and drops and counts one of a millisecond before without the others', async () => {
    assert.equal(MAX_ITEM_AGE, 14 * 24 * 3_600_000);
    const oldest = NOW - MAX_ITEM_AGE;
    const exporter = create({}, { clock: { ...systemClock, now: () => NOW } });
    await send(exporter, metrics(at('last', oldest), at('refused', oldest - 1), at('now', NOW)));
    assert.deepEqual(
      received().map((points) => points.map(({ metric }) => metric)),
      [['last', 'now']],
    );
    assert.deepEqual(counts(exporter, 'dropped'), { too_old: 1 });
    assert.deepEqual(counts(exporter, 'sent'), { '': 2 });
  });

  it('sends a point 10 minutes ahead, and drops and counts one of a millisecond later without the others', async () => {
    assert.equal(MAX_POINT_AHEAD, 10 * 60_000);
    const newest = NOW + MAX_POINT_AHEAD;
    const exporter = create({}, { clock: { ...systemClock, now: () => NOW } });
    await send(exporter, metrics(at('last', newest), at('refused', newest + 1), at('now', NOW)));
    assert.deepEqual(
      received().map((points) => points.map(({ metric }) => metric)),
      [['last', 'now']],
    );
    assert.deepEqual(counts(exporter, 'dropped'), { too_new: 1 });
    assert.deepEqual(counts(exporter, 'sent'), { '': 2 });
  });

  it('reads partial success and counts what was rejected', async () => {
    server.handle = (_request, response) => {
      response.end(encode('MetricsResponse', { partialSuccess: { rejectedDataPoints: 2, errorMessage: 'bad label' } }));
    };
    const exporter = create();
    assert.equal((await send(exporter, metrics(counter('a', 5)))).code, ExportResultCode.FAILED);
    assert.deepEqual(counts(exporter, 'dropped'), { rejected: 2 });
    assert.deepEqual(counts(exporter, 'sent'), { '': 3 });
  });

  it('keeps points over a failure and delivers them later with their own time', async () => {
    const given = metrics(counter('a', 3));
    server.handle = (_request, response) => {
      server.handle = accept;
      response.writeHead(503).end();
    };
    const exporter = create();
    assert.equal((await send(exporter, given)).code, ExportResultCode.SUCCESS);
    await exporter.forceFlush();
    assert.equal(received().at(-1)?.length, 3);
    assert.deepEqual(counts(exporter, 'dropped'), {});
  });

  it('gives a delta up that was sent twice without an answer: it may have been counted twice', async () => {
    server.handle = () => {};
    const exporter = create({ requestTimeout: 40 });
    await send(exporter, metrics(counter('a', 1)));
    await exporter.forceFlush();
    assert.deepEqual(counts(exporter, 'dropped'), { unanswered: 1 });
    assert.equal(exporter.status().queue.requests, 2);
  });

  it('does not send a delta again to an endpoint that answers nobody', async () => {
    server.handle = () => {};
    server.answersProbes = false;
    const exporter = create({ requestTimeout: 40, flushTimeout: 200 });
    await send(exporter, metrics(counter('a', 1)));
    await exporter.forceFlush();
    assert.deepEqual(counts(exporter, 'dropped'), {});
    assert.equal(exporter.status().queue.requests, 1);
  });

  it('succeeds without a request when there is nothing to send', async () => {
    assert.equal((await send(create(), { resource: RESOURCE, scopeMetrics: [] })).code, ExportResultCode.SUCCESS);
    assert.equal(server.received.length, 0);
  });

  it('asks for deltas, for levels of up-down counters, and for exponential histograms', () => {
    const exporter = create();
    assert.equal(exporter.selectAggregationTemporality(InstrumentType.COUNTER), AggregationTemporality.DELTA);
    assert.equal(
      exporter.selectAggregationTemporality(InstrumentType.UP_DOWN_COUNTER),
      AggregationTemporality.CUMULATIVE,
    );
    assert.equal(
      exporter.selectAggregationTemporality(InstrumentType.OBSERVABLE_UP_DOWN_COUNTER),
      AggregationTemporality.CUMULATIVE,
    );
    assert.deepEqual(exporter.selectAggregation(InstrumentType.HISTOGRAM), {
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
    });
    assert.deepEqual(exporter.selectAggregation(InstrumentType.GAUGE), { type: AggregationType.DEFAULT });
    const cumulative = create({ temporality: 'cumulative' });
    assert.equal(cumulative.selectAggregationTemporality(InstrumentType.HISTOGRAM), AggregationTemporality.CUMULATIVE);
  });

  it('works in a MeterProvider', async () => {
    const exporter = create();
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
    const provider = new MeterProvider({ resource: RESOURCE, readers: [reader] });
    const meter = provider.getMeter('app');
    meter.createCounter('hits').add(2, { route: '/x' });
    const histogram = meter.createHistogram('latency', { unit: 's' });
    for (const value of [0.1, 0.2, 5]) histogram.record(value);
    meter.createUpDownCounter('level').add(7);
    await provider.shutdown();
    const points = Object.fromEntries(
      received()
        .flat()
        .map((point) => [point.metric, point]),
    );
    assert.equal(points.hits?.kind, 'sum');
    assert.equal(points.hits?.temporality, 1);
    assert.equal(points.latency?.kind, 'exponentialHistogram');
    assert.equal(String(points.latency?.count), '3');
    assert.equal(points.level?.temporality, 2);
  });
});
