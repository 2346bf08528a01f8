import assert from 'node:assert/strict';
import { context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { suppressTracing } from '@opentelemetry/core';
import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { RequestTracerProvider } from '../../src/requests/request-tracer-provider.js';
import { UnsampledSpan } from '../../src/requests/unsampled-span.js';

const TRACE = 'a'.repeat(32);

describe('RequestTracerProvider', () => {
  const exporter = new InMemorySpanExporter();
  // It would sample whatever it is asked about.
  const provider = new RequestTracerProvider({
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const request = new UnsampledSpan(TRACE, () => 'b'.repeat(16), undefined);
  const below = trace.setSpan(ROOT_CONTEXT, request);

  before(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager()));
  after(() => context.disable());
  afterEach(() => exporter.reset());

  it('has the span of an unsampled request stand for those below it, by any way to start one', () => {
    const tracer = provider.getTracer('test');
    assert.equal(tracer.startSpan('call', {}, below), request);
    context.with(below, () => {
      assert.equal(tracer.startSpan('call'), request);
      tracer.startActiveSpan('call', (span) => {
        span.end();
        assert.equal(span, request);
        assert.equal(trace.getActiveSpan(), request);
        assert.equal(tracer.startSpan('deeper'), request);
      });
    });
    assert.deepEqual(exporter.getFinishedSpans(), []);
  });

  it('starts a span of its own for all others', () => {
    const tracer = provider.getTracer('test', '1');
    const start = (ctx = ROOT_CONTEXT, root = false): Span => tracer.startSpan('own', { root }, ctx);
    start().end();
    start(trace.setSpan(ROOT_CONTEXT, start())).end();
    start(trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE, spanId: 'c'.repeat(16), traceFlags: 0 })).end();
    start(below, true).end();
    assert.equal(exporter.getFinishedSpans().length, 4);
    assert.notEqual(exporter.getFinishedSpans()[3]?.spanContext().traceId, TRACE);
  });

  it('leaves it to the SDK to make nothing where tracing is suppressed', () => {
    const span = provider.getTracer('test').startSpan('call', {}, suppressTracing(below));
    assert.equal(trace.isSpanContextValid(span.spanContext()), false);
  });

  it('gives the same tracer each time', () => {
    assert.equal(provider.getTracer('same', '1'), provider.getTracer('same', '1'));
    assert.equal(provider.getTracer('same', '1').startSpan, provider.getTracer('same', '1').startSpan);
  });
});
