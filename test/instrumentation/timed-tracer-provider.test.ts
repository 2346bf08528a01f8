import assert from 'node:assert/strict';
import {
  metrics,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  TracerProvider as Sdk,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace';
import { CallDurations } from '../../src/instrumentation/durations/call-durations.js';
import type { MeasuredClient } from '../../src/instrumentation/durations/measured-clients.js';
import { timedTracerProvider } from '../../src/instrumentation/durations/timed-tracer-provider.js';
import { InstrumentAggregate } from '../../src/metrics/instrument-aggregate.js';
import { RequestTracerProvider } from '../../src/requests/request-tracer-provider.js';
import { UnsampledSpan } from '../../src/requests/unsampled-span.js';

const DATABASE: MeasuredClient = { metrics: ['db.client.operation.duration'], by: 'spans' };
const REDIS = { 'db.system.name': 'redis', 'db.operation.name': 'GET', 'server.address': 'cache', 'server.port': 6379 };
const UNSAMPLED = trace.setSpan(ROOT_CONTEXT, new UnsampledSpan('1'.repeat(32), () => '2'.repeat(16), undefined));

/** Tracers over `provider`, a clock, and what was measured. */
function timed(provider: TracerProvider, client = DATABASE) {
  const clock = { now: 1000 };
  const aggregate = new InstrumentAggregate({
    others: metrics,
    flush: async () => {},
    startTime: [0, 0],
    temporality: 'delta',
  });
  const durations = new CallDurations(aggregate, () => clock.now);
  const measured = () =>
    aggregate.collect([1, 0]).flatMap(({ metrics }) =>
      metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => {
          const { count, sum } = value as { count: number; sum: number };
          return { name: descriptor.name, unit: descriptor.unit, attributes, count, sum };
        }),
      ),
    );
  return { tracer: timedTracerProvider(provider, durations, client).getTracer('driver'), clock, measured };
}

describe('a tracer that measures calls', () => {
  const exporter = new InMemorySpanExporter();
  const recording = new Sdk({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const providers: Record<string, [TracerProvider, typeof ROOT_CONTEXT]> = {
    'a span that records': [recording, ROOT_CONTEXT],
    'a span that the sampler drops': [new Sdk({ sampler: new AlwaysOffSampler() }), ROOT_CONTEXT],
    'a span of an unsampled request': [new RequestTracerProvider(recording), UNSAMPLED],
    'a span without an SDK': [new ProxyTracerProvider(), ROOT_CONTEXT],
  };
  beforeEach(() => exporter.reset());

  for (const [name, [provider, parent]] of Object.entries(providers)) {
    it(`records the seconds of ${name}, once`, () => {
      const { tracer, clock, measured } = timed(provider);
      const span = tracer.startSpan(
        'get',
        { kind: SpanKind.CLIENT, attributes: { ...REDIS, 'db.query.text': 'x' } },
        parent,
      );
      clock.now += 250;
      span.setAttribute('db.namespace', '0');
      span.end();
      span.end();
      const attributes = { ...REDIS, 'db.namespace': '0' };
      assert.deepEqual(measured(), [
        { name: 'db.client.operation.duration', unit: 's', attributes, count: 1, sum: 0.25 },
      ]);
    });
  }

  it('leaves the span that records as it is', () => {
    const { tracer } = timed(recording);
    const span = tracer.startSpan('get', { attributes: REDIS });
    span.setAttribute('db.namespace', '0').setAttributes({ a: 1 }).setStatus({ code: SpanStatusCode.ERROR });
    span.recordException(new Error('x'));
    span.end([4_000_000_000, 0]);
    const [finished] = exporter.getFinishedSpans();
    assert.deepEqual(finished?.attributes, { ...REDIS, 'db.namespace': '0', a: 1 });
    assert.equal(finished?.status.code, SpanStatusCode.ERROR);
    assert.equal(finished?.events.length, 1);
    assert.deepEqual(finished?.endTime, [4_000_000_000, 0]);
  });

  const errors: [string, unknown, string][] = [
    ['a code', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a number as code', Object.assign(new Error('x'), { code: 11000 }), '11000'],
    ['a name', new TypeError('x'), 'TypeError'],
    ['a class', new (class ReplyError extends Error {})('x'), 'ReplyError'],
    ['a code that is a text', Object.assign(new Error('x'), { code: 'no such key k:1' }), '_OTHER'],
    ['neither', new Error('x'), '_OTHER'],
    ['nothing', undefined, '_OTHER'],
  ];
  for (const [what, error, expected] of errors) {
    it(`tells an error with ${what} by ${expected}`, () => {
      const { tracer, measured } = timed(recording);
      const span = tracer.startSpan('get', { attributes: REDIS });
      if (error !== undefined) span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      assert.equal(measured()[0]?.attributes['error.type'], expected);
    });
  }

  it('takes the names of the old conventions', () => {
    const { tracer, measured } = timed(recording);
    const old = {
      'db.system': 'mssql',
      'db.name': 'shop',
      'db.operation': 'find',
      'net.peer.name': 'h',
      'net.peer.port': 1,
    };
    tracer.startSpan('find', { attributes: old }).end();
    assert.deepEqual(measured()[0]?.attributes, {
      'db.system.name': 'microsoft.sql_server',
      'db.namespace': 'shop',
      'db.operation.name': 'find',
      'server.address': 'h',
      'server.port': 1,
    });
  });

  it('measures a call of an RPC by its qualified method', () => {
    const { tracer, measured } = timed(recording);
    const attributes = {
      'rpc.system': 'grpc',
      'rpc.service': 'shop.Orders',
      'rpc.method': 'Ask',
      'rpc.grpc.status_code': 14,
    };
    tracer
      .startSpan('grpc.shop.Orders/Ask')
      .setAttributes({ ...attributes, 'server.port': Number.NaN })
      .end();
    assert.deepEqual(
      measured().map(({ name, attributes: found }) => [name, found]),
      [
        [
          'rpc.client.call.duration',
          {
            'rpc.system.name': 'grpc',
            'rpc.service': 'shop.Orders',
            'rpc.method': 'shop.Orders/Ask',
            'rpc.status_code': 'UNAVAILABLE',
            'error.type': 'UNAVAILABLE',
          },
        ],
      ],
    );
  });

  it('counts a call to DynamoDB as one of a database', () => {
    const { tracer, measured } = timed(recording);
    const attributes = { 'rpc.system': 'aws-api', 'rpc.service': 'DynamoDB', 'db.system.name': 'dynamodb' };
    tracer.startSpan('DynamoDB.GetItem', { attributes }).end();
    assert.deepEqual(
      measured().map(({ name, attributes: found }) => [name, found['db.system.name']]),
      [['db.client.operation.duration', 'aws.dynamodb']],
    );
  });

  it('counts a call within a call that has not ended as a part of it', () => {
    const { tracer, measured } = timed(recording);
    const pool = tracer.startSpan('pool', { attributes: REDIS });
    const within = trace.setSpan(ROOT_CONTEXT, pool);
    tracer.startSpan('connection', { attributes: REDIS }, within).end();
    pool.end();
    assert.equal(measured()[0]?.count, 1);
    tracer.startSpan('next', { attributes: REDIS }, within).end();
    assert.equal(measured()[0]?.count, 1);
  });

  it('counts a call of a database within an RPC', () => {
    const { tracer, measured } = timed(recording);
    const rpc = tracer.startSpan('rpc', { attributes: { 'rpc.system': 'aws-api' } });
    tracer.startSpan('get', { attributes: REDIS }, trace.setSpan(ROOT_CONTEXT, rpc)).end();
    rpc.end();
    assert.equal(measured().length, 2);
  });

  it('does not measure a connection, an answer, what is suppressed or what is neither database nor RPC', () => {
    const { tracer, measured } = timed(recording, { ...DATABASE, connectSpan: 'redis-connect' });
    tracer.startSpan('redis-connect', { attributes: REDIS }).end();
    tracer.startSpan('answer', { kind: SpanKind.SERVER, attributes: { 'rpc.system': 'grpc' } }).end();
    tracer.startSpan('get', { attributes: REDIS }, suppressTracing(ROOT_CONTEXT)).end();
    tracer.startSpan('other', { attributes: { a: 1 } }).end();
    assert.deepEqual(measured(), []);
  });

  it('begins no trace for a client that needs a parent, and measures its calls', () => {
    const { tracer, measured } = timed(recording, { ...DATABASE, needsParent: true });
    tracer.startSpan('get', { attributes: REDIS }).end();
    assert.deepEqual(exporter.getFinishedSpans(), []);
    assert.equal(measured()[0]?.count, 1);
    tracer
      .startSpan('get', { attributes: REDIS }, trace.setSpan(ROOT_CONTEXT, recording.getTracer('a').startSpan('p')))
      .end();
    assert.equal(exporter.getFinishedSpans().length, 1);
  });

  it('measures a span that is made active', () => {
    const { tracer, measured } = timed(recording);
    const answer = tracer.startActiveSpan('get', { attributes: REDIS }, (span) => {
      span.end();
      return 7;
    });
    assert.equal(answer, 7);
    assert.equal(measured()[0]?.count, 1);
  });
});
