import assert from 'node:assert/strict';
import { createTraceState, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { DeliveryLogRecordProcessor } from '../../src/delivery/application/log-processor.js';
import { fromPlainLogRecord, fromPlainSpan } from '../../src/delivery/worker/delivered.js';
import type { PlainLogRecord } from '../../src/wire/messages.js';
import { toPlainLogRecord } from '../../src/wire/plain-logs.js';
import { toPlainSpan } from '../../src/wire/plain-spans.js';

const resource = resourceFromAttributes({ 'service.name': 'shop' });

function finishedSpan(): ReadableSpan {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const linked = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    traceFlags: TraceFlags.SAMPLED,
    traceState: createTraceState('k=v'),
  };
  const span = provider
    .getTracer('test', '1.2')
    .startSpan('GET /a', { kind: SpanKind.SERVER, links: [{ context: linked }] });
  span.setAttributes({ text: 'x', number: 1.5, list: ['a', 'b'] });
  span.addEvent('exception', { 'exception.message': 'no' });
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
  span.end();
  const [finished] = exporter.getFinishedSpans();
  assert.ok(finished);
  return finished;
}

describe('what crosses to the worker', () => {
  it('is a span that an exporter sees as the one that ended', () => {
    const span = finishedSpan();
    const arrived = fromPlainSpan(structuredClone(toPlainSpan(span)), resource);
    const { traceId, spanId, traceFlags } = span.spanContext();
    assert.deepEqual(arrived.spanContext(), { traceId, spanId, traceFlags });
    for (const key of [
      'name',
      'kind',
      'startTime',
      'endTime',
      'duration',
      'status',
      'attributes',
      'events',
      'ended',
    ] as const) {
      assert.deepEqual(arrived[key], span[key], key);
    }
    assert.equal(arrived.links[0]?.context.traceState?.get('k'), 'v');
    assert.equal(arrived.instrumentationScope.version, '1.2');
  });

  it('is a log record that an exporter sees as the one that was emitted', () => {
    let emitted: ReadableLogRecord | undefined;
    let posted: PlainLogRecord | undefined;
    const keep = {
      onEmit: (record: ReadableLogRecord) => {
        emitted = record;
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const deliver = new DeliveryLogRecordProcessor((telemetry) => {
      assert.equal(telemetry.kind, 'logs');
      [posted] = telemetry.kind === 'logs' ? telemetry.records : [];
    });
    new LoggerProvider({ resource, processors: [keep, deliver] }).getLogger('errors').emit({
      body: 'boom',
      eventName: 'exception',
      severityNumber: 17,
      severityText: 'ERROR',
      attributes: { 'exception.type': 'E', causes: [{ type: 'C' }] },
    });
    assert.ok(emitted && posted);
    const arrived = fromPlainLogRecord(structuredClone(posted), resource);
    for (const key of ['hrTime', 'body', 'eventName', 'severityNumber', 'severityText', 'attributes'] as const) {
      assert.deepEqual(arrived[key], emitted[key], key);
    }
    assert.deepEqual(toPlainLogRecord(arrived), posted);
  });
});
