import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Sha256 } from '@aws-crypto/sha256-js';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPLogExporter as LogsOverJson } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as LogsOverProtobuf } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as MetricsOverJson } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as MetricsOverProtobuf } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as TracesOverJson } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as TracesOverProtobuf } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Studio } from '../../src/studio/endpoint.js';
import { encodeMessage } from '../../src/studio/services/otlp-schema.js';
import { CREDENTIALS, REGION, runningStudio } from './running.js';

const resource = resourceFromAttributes({ 'service.name': 'checkout', 'deployment.environment.name': 'prod' });

const EXPORTERS = [
  { name: 'JSON', Traces: TracesOverJson, Metrics: MetricsOverJson, Logs: LogsOverJson },
  { name: 'protobuf', Traces: TracesOverProtobuf, Metrics: MetricsOverProtobuf, Logs: LogsOverProtobuf },
] as const;

const ENCODINGS = EXPORTERS.flatMap((exporters) =>
  [CompressionAlgorithm.NONE, CompressionAlgorithm.GZIP].map((compression) => ({ ...exporters, compression })),
);

describe('OTLP, sent by the OpenTelemetry exporters', () => {
  const studio = runningStudio();

  for (const { name, compression, Traces, Metrics, Logs } of ENCODINGS) {
    const options = (path: string) => ({ url: `${studio().url}/v1/${path}`, compression });

    it(`takes traces as ${name} with compression ${compression}`, async () => {
      const provider = new TracerProvider({
        resource,
        spanProcessors: [new BatchSpanProcessor({ exporter: new Traces(options('traces')) })],
      });
      const tracer = provider.getTracer('scope', '1.2');
      const parent = tracer.startSpan('GET /pay/:id', {
        kind: SpanKind.SERVER,
        attributes: {
          'http.route': '/pay/:id',
          'http.response.status_code': 500,
          ratio: 0.5,
          ok: true,
          list: ['a', 'b'],
        },
      });
      const child = tracer.startSpan(
        'query',
        { links: [{ context: parent.spanContext() }] },
        trace.setSpan(context.active(), parent),
      );
      child.recordException(new TypeError('boom'));
      child.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' });
      child.end();
      parent.end();
      await provider.shutdown();

      const { traceId, spanId } = parent.spanContext();
      const spans = studio().store.traces.find(traceId)?.spans.toArray() ?? [];
      assert.deepEqual(
        spans.map((span) => span.name),
        ['query', 'GET /pay/:id'],
      );
      const [query, server] = spans;
      assert.equal(query?.parentSpanId, spanId);
      assert.deepEqual(query?.status, { code: 2, message: 'failed' });
      assert.equal(query?.events[0]?.attributes['exception.message'], 'boom');
      assert.equal(query?.links[0]?.spanId, spanId);
      assert.equal(server?.parentSpanId, undefined);
      assert.equal(server?.kind, 2);
      assert.deepEqual(server?.attributes, {
        'http.route': '/pay/:id',
        'http.response.status_code': 500,
        ratio: 0.5,
        ok: true,
        list: ['a', 'b'],
      });
      assert.equal(server?.resource['service.name'], 'checkout');
      assert.deepEqual(server?.scope, { name: 'scope', version: '1.2', attributes: {} });
      assert.equal(server?.receiver, 'otlp');
      assert.ok(BigInt(server?.endTimeUnixNano ?? 0) >= BigInt(server?.startTimeUnixNano ?? 1));
      assert.equal(studio().store.calls.list()[0]?.items, 2);
    });

    it(`takes metrics as ${name} with compression ${compression}`, async () => {
      const reader = new PeriodicExportingMetricReader({
        exporter: new Metrics(options('metrics')),
        exportIntervalMillis: 3600_000,
      });
      const provider = new MeterProvider({
        resource,
        readers: [reader],
        views: [{ instrumentName: 'latency', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
      });
      const meter = provider.getMeter('scope');
      meter.createCounter('count', { unit: '{request}' }).add(3, { route: '/a' });
      meter.createUpDownCounter('level').add(-2);
      meter.createGauge('gauge').record(1.5);
      const explicit = meter.createHistogram('explicit', { unit: 's', advice: { explicitBucketBoundaries: [1, 10] } });
      const latency = meter.createHistogram('latency', { unit: 's' });
      for (const value of [0.5, 5, 50]) {
        explicit.record(value);
        latency.record(value);
      }
      await provider.shutdown();

      const byName = new Map(
        studio()
          .store.points.list()
          .map((series) => [series.metric.name, series]),
      );
      const last = (metric: string) => byName.get(metric)?.points.at(-1);
      assert.equal(Reflect.get(last('count') ?? {}, 'value'), 3);
      assert.deepEqual(byName.get('count')?.attributes, { route: '/a' });
      assert.equal(byName.get('count')?.metric.unit, '{request}');
      assert.equal(byName.get('count')?.metric.monotonic, true);
      assert.equal(Reflect.get(last('level') ?? {}, 'value'), -2);
      assert.equal(Reflect.get(last('gauge') ?? {}, 'value'), 1.5);
      const histogram = last('explicit');
      assert.ok(histogram !== undefined && 'bounds' in histogram);
      assert.deepEqual(
        [histogram.bounds, histogram.counts],
        [
          [1, 10],
          [1, 1, 1],
        ],
      );
      assert.deepEqual([histogram.count, histogram.sum, histogram.min, histogram.max], [3, 55.5, 0.5, 50]);
      const exponential = last('latency');
      assert.ok(exponential !== undefined && 'scale' in exponential);
      assert.equal(
        exponential.positive.counts.reduce((a, b) => a + b),
        3,
      );
      assert.equal(exponential.sum, 55.5);
    });

    it(`takes logs as ${name} with compression ${compression}`, async () => {
      const provider = new LoggerProvider({
        resource,
        processors: [new BatchLogRecordProcessor({ exporter: new Logs(options('logs')) })],
      });
      provider.getLogger('scope').emit({
        eventName: 'exception',
        severityNumber: 17,
        severityText: 'ERROR',
        body: { message: 'failed', nested: { depth: 2 } },
        attributes: { 'exception.type': 'TypeError' },
        timestamp: 1_700_000_000_123,
      });
      await provider.shutdown();
      const [record] = studio().store.records.list();
      assert.equal(record?.eventName, 'exception');
      assert.equal(record?.severityNumber, 17);
      assert.deepEqual(record?.body, { message: 'failed', nested: { depth: 2 } });
      assert.equal(record?.timeUnixNano, '1700000000123000000');
      assert.equal(record?.attributes['exception.type'], 'TypeError');
    });
  }
});

describe('OTLP answers', () => {
  const studio = runningStudio();
  const post = (path: string, body: string | Buffer, headers: Record<string, string>) =>
    fetch(`${studio().url}${path}`, { method: 'POST', body, headers });
  const PROTOBUF = { 'content-type': 'application/x-protobuf' };
  const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

  it('are empty on success, in the encoding of the request', async () => {
    const protobuf = await post('/v1/traces', Buffer.alloc(0), PROTOBUF);
    assert.equal(protobuf.status, 200);
    assert.equal(protobuf.headers.get('content-type'), 'application/x-protobuf');
    assert.equal((await protobuf.arrayBuffer()).byteLength, 0);
    const json = await post('/v1/logs', '{}', JSON_TYPE);
    assert.equal(json.headers.get('content-type'), 'application/json');
    assert.equal(await json.text(), '{}');
  });

  const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', name: 'good' };
  const bad = { ...span, traceId: '00000000000000000000000000000000' };

  it('tell of the spans that were refused while the others were taken', async () => {
    const request = { resourceSpans: [{ scopeSpans: [{ spans: [span, bad, bad] }] }] };
    const answer = await post('/v1/traces', JSON.stringify(request), JSON_TYPE);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), {
      partialSuccess: { rejectedSpans: 2, errorMessage: 'A span has no valid trace or span id.' },
    });
    assert.equal(studio().store.ledger.held.spans, 1);
    assert.equal(studio().store.refused.list()[0]?.items, 2);
  });

  it('say in protobuf what is wrong with protobuf', async () => {
    const answer = await post('/v1/traces', Buffer.from('0aff', 'hex'), PROTOBUF);
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get('content-type'), 'application/x-protobuf');
    const message = 'The body is not a valid ExportTraceServiceRequest in protobuf.';
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), encodeMessage('RpcStatus', { code: 3, message }));
  });

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/protobuf', '']) {
    it(`refuse the content type ${JSON.stringify(type)} with 415`, async () => {
      assert.equal((await post('/v1/metrics', Buffer.from('{}'), { 'content-type': type })).status, 415);
    });
  }

  it('refuse other methods with 405', async () => {
    assert.equal((await fetch(`${studio().url}/v1/traces`)).status, 405);
  });
});

describe('The OTLP endpoints of AWS', () => {
  const studio = runningStudio(() => ({ account: { credentials: CREDENTIALS } }));

  const nanos = (millis: number) => `${millis}000000`;
  const span = (index: number, extra: object = {}) => ({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: 's',
    startTimeUnixNano: nanos(Date.now()),
    endTimeUnixNano: nanos(Date.now()),
    ...extra,
  });
  const traces = (spans: object[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const points = (dataPoints: object[]) => ({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge: { dataPoints } }] }] }],
  });
  const point = (extra: object = {}) => ({ asDouble: 1, timeUnixNano: nanos(Date.now()), ...extra });
  const labels = (count: number, value = 'v') =>
    Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: { stringValue: value } }));
  const items = <T>(count: number, make: (index: number) => T) =>
    Array.from({ length: count }, (_, index) => make(index));

  it('take what is signed over the exact compressed bytes', async () => {
    const answer = await sendSigned(studio(), 'traces', traces([span(0)]));
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(studio().store.traces.spans()[0]?.receiver, 'xray');
    const [call] = studio().store.calls.list();
    assert.deepEqual([call?.service, call?.signed, call?.region], ['xray', true, REGION]);
  });

  it('refuse a body that is not the one that was signed', async () => {
    const answer = await sendSigned(studio(), 'traces', traces([span(0)]), { tamper: true });
    assert.equal(answer.status, 403);
    assert.equal(studio().store.ledger.held.spans, 0);
  });

  it('refuse the scope of another service', async () => {
    const answer = await sendSigned(studio(), 'metrics', points([point()]), { service: 'xray' });
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /Credential should be scoped to correct service: 'monitoring'\./);
  });

  it('refuse the key of another account', async () => {
    const stranger = { accessKeyId: 'AKIDOTHER', secretAccessKey: 'x' };
    const answer = await sendSigned(studio(), 'traces', traces([]), { credentials: stranger });
    assert.equal(answer.headers.get('x-amzn-errortype'), 'UnrecognizedClientException');
  });

  const LIMITS: readonly (readonly [string, 'traces' | 'metrics', () => object, () => object, number])[] = [
    ['10 000 spans', 'traces', () => traces(items(10_000, span)), () => traces(items(10_001, span)), 400],
    [
      '14 days of age',
      'traces',
      () => traces([span(0, { startTimeUnixNano: nanos(Date.now() - 14 * 86_400_000 + 60_000) })]),
      () => traces([span(0, { startTimeUnixNano: nanos(Date.now() - 14 * 86_400_000 - 1) })]),
      400,
    ],
    [
      '2 hours ahead',
      'traces',
      () => traces([span(0, { startTimeUnixNano: nanos(Date.now() + 7_200_000) })]),
      () => traces([span(0, { startTimeUnixNano: nanos(Date.now() + 7_260_000) })]),
      400,
    ],
    [
      'a day between spans',
      'traces',
      () => traces([span(0), span(1, { startTimeUnixNano: nanos(Date.now() - 86_340_000) })]),
      () => traces([span(0), span(1, { startTimeUnixNano: nanos(Date.now() - 86_460_000) })]),
      400,
    ],
    [
      'a span of 200 KB',
      'traces',
      () => traces([span(0, { name: 'x'.repeat(204_500) })]),
      () => traces([span(0, { name: 'x'.repeat(204_800) })]),
      400,
    ],
    [
      '1000 data points',
      'metrics',
      () => points(items(1000, () => point())),
      () => points(items(1001, () => point())),
      400,
    ],
  ];
  for (const [rule, signal, accepted, refused, status] of LIMITS) {
    it(`take ${rule} and refuse more`, async () => {
      const fine = await sendSigned(studio(), signal, accepted());
      assert.equal(fine.status, 200, await fine.text());
      assert.equal((await sendSigned(studio(), signal, refused())).status, status);
    });
  }

  it('take 5 MB of traces and refuse a byte more', async () => {
    const padded = (bytes: number) => {
      const request = JSON.stringify(traces([]));
      return request + ' '.repeat(bytes - request.length);
    };
    assert.equal((await sendSigned(studio(), 'traces', padded(5 * 1024 * 1024))).status, 200);
    assert.equal((await sendSigned(studio(), 'traces', padded(5 * 1024 * 1024 + 1))).status, 413);
  });

  it('take 1 MB of metrics and refuse a byte more', async () => {
    const padded = (bytes: number) => '{}'.padEnd(bytes);
    assert.equal((await sendSigned(studio(), 'metrics', padded(1024 * 1024))).status, 200);
    assert.equal((await sendSigned(studio(), 'metrics', padded(1024 * 1024 + 1))).status, 400);
  });

  it('refuse a resource and scope of more than 16 KB', async () => {
    const request = (length: number) => ({
      resourceSpans: [{ resource: { attributes: labels(1, 'x'.repeat(length)) }, scopeSpans: [{ spans: [span(0)] }] }],
    });
    assert.equal((await sendSigned(studio(), 'traces', request(16_200))).status, 200);
    assert.equal((await sendSigned(studio(), 'traces', request(16_400))).status, 400);
  });

  it('take 150 labels of a data point and reject alone one with 151', async () => {
    const answer = await sendSigned(
      studio(),
      'metrics',
      points([point({ attributes: labels(150) }), point({ attributes: labels(151) })]),
    );
    assert.deepEqual(await answer.json(), {
      partialSuccess: { rejectedDataPoints: 1, errorMessage: 'Maximum number of attributes exceeded: 150' },
    });
  });

  it('reject alone a data point with a label of more than 1024 characters, or too far ahead', async () => {
    const answer = await sendSigned(
      studio(),
      'metrics',
      points([
        point({ attributes: labels(1, 'x'.repeat(1024)) }),
        point({ attributes: labels(1, 'x'.repeat(1025)) }),
        point({ timeUnixNano: nanos(Date.now() + 660_000) }),
      ]),
    );
    const { partialSuccess } = (await answer.json()) as { partialSuccess: { rejectedDataPoints: number } };
    assert.equal(partialSuccess.rejectedDataPoints, 2);
    assert.equal(studio().store.ledger.held.points, 1);
  });

  it('file log records in the stream that the headers name, which must exist', async () => {
    const record = { timeUnixNano: nanos(Date.now()), body: { stringValue: 'failed' }, severityText: 'ERROR' };
    const old = { ...record, timeUnixNano: nanos(Date.now() - 15 * 86_400_000) };
    const request = { resourceLogs: [{ scopeLogs: [{ logRecords: [record, old] }] }] };
    const headers = { 'x-aws-log-group': 'g', 'x-aws-log-stream': 's' };
    assert.equal((await sendSigned(studio(), 'logs', request)).status, 400);
    assert.match(await (await sendSigned(studio(), 'logs', request, { headers })).text(), /log group does not exist/);
    await createStream(studio());
    const answer = await sendSigned(studio(), 'logs', request, { headers });
    const { partialSuccess } = (await answer.json()) as {
      partialSuccess: { errorMessage: string; rejectedLogRecords: number };
    };
    assert.equal(partialSuccess.rejectedLogRecords, 1);
    assert.equal(JSON.parse(partialSuccess.errorMessage).tooOldLogEventCount, 1);
    const [event] = studio().store.logs.groups.get('g')?.streams.get('s')?.events() ?? [];
    assert.equal(JSON.parse(event?.message ?? '{}').body, 'failed');
  });
});

describe('An endpoint that does not know the credentials', () => {
  const studio = runningStudio();

  it('takes any signature, but no body other than the one whose hash was declared', async () => {
    assert.equal((await sendSigned(studio(), 'traces', {})).status, 200);
    const tampered = await sendSigned(studio(), 'traces', { resourceSpans: [] }, { tamper: true });
    assert.equal(tampered.status, 403);
    assert.equal(tampered.headers.get('x-amzn-errortype'), 'InvalidSignatureException');
  });
});

const SIGNING_NAMES = { traces: 'xray', metrics: 'monitoring', logs: 'logs' } as const;

interface SignedOptions {
  readonly tamper?: boolean;
  readonly service?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly headers?: Record<string, string>;
}

/** Gzips, signs as the AWS SDK's own signer does, and sends. */
async function sendSigned(
  studio: Studio,
  signal: keyof typeof SIGNING_NAMES,
  request: object | string,
  options: SignedOptions = {},
): Promise<Response> {
  const body = gzipSync(typeof request === 'string' ? request : JSON.stringify(request));
  const url = new URL(`/v1/${signal}`, studio.url);
  const signer = new SignatureV4({
    credentials: options.credentials ?? CREDENTIALS,
    region: REGION,
    service: options.service ?? SIGNING_NAMES[signal],
    sha256: Sha256,
  });
  const signed = await signer.sign(
    new HttpRequest({
      method: 'POST',
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      headers: {
        host: url.host,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
        ...options.headers,
      },
      body,
    }),
  );
  const { host: _host, ...headers } = signed.headers;
  return fetch(url, { method: 'POST', headers, body: options.tamper === true ? gzipSync('{}') : body });
}

async function createStream(studio: Studio): Promise<void> {
  const { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand } = await import(
    '@aws-sdk/client-cloudwatch-logs'
  );
  const client = new CloudWatchLogsClient({ endpoint: studio.url, region: REGION, credentials: CREDENTIALS });
  await client.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
  await client.send(new CreateLogStreamCommand({ logGroupName: 'g', logStreamName: 's' }));
}
