import assert from 'node:assert/strict';
import { context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { suppressTracing } from '@opentelemetry/core';
import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { RequestTracerProvider } from '../../src/requests/request-tracer-provider.js';
import { UnsampledSpan } from '../../src/requests/unsampled-span.js';

const TRACE = 'a'.repeat(32);

describe('RequestTracerProvider', () => {
  const exporter = new InMemorySpanExporter();
  // It would sample whatever it is asked about.
  const provider = new RequestTracerProvider(
    new TracerProvider({ sampler: new AlwaysOnSampler(), spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  const request = new UnsampledSpan(TRACE, () => 'b'.repeat(16), undefined);
  const below = trace.setSpan(ROOT_CONTEXT, request);

  before(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager()));
  after(() => context.disable());
  afterEach(() => exporter.reset());

  it('gives spans below an unsampled request its ids, by any way to start one, and each an object of its own', () => {
    const tracer = provider.getTracer('test');
    const started: Span[] = [tracer.startSpan('call', {}, below)];
    context.with(below, () => {
      started.push(tracer.startSpan('call'));
      tracer.startActiveSpan('call', (span) => {
        assert.equal(trace.getActiveSpan(), span);
        started.push(span, tracer.startSpan('deeper'));
      });
    });
    for (const span of started) span.end();
    assert.deepEqual(
      started.map((span) => span.spanContext()),
      started.map(() => request.spanContext()),
    );
    assert.equal(new Set([request, ...started]).size, 5);
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
