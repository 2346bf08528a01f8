import type { Span } from '../otlp-model.js';

/** Spans as CloudWatch shows them: as events of `aws/spans` (Transaction Search) and as X-Ray's segments (BatchGetTraces). */

/** Where Transaction Search keeps what X-Ray's OTLP endpoint takes. */
export const SPANS_GROUP = 'aws/spans';

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUSES = ['UNSET', 'OK', 'ERROR'];

export function spanEvent(span: Span): Record<string, unknown> {
  const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
  return {
    resource: { attributes: span.resource },
    scope: span.scope,
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    flags: span.flags,
    name: span.name,
    kind: KINDS[span.kind] ?? KINDS[0],
    startTimeUnixNano: Number(start),
    endTimeUnixNano: Number(end),
    durationNano: Number(end - start),
    attributes: span.attributes,
    events: span.events,
    links: span.links,
    status: { code: STATUSES[span.status.code] ?? STATUSES[0] },
  };
}

/** Epoch seconds, as X-Ray writes times. */
const seconds = (nanos: string): number => Number(BigInt(nanos) / 1000n) / 1e6;

/** A span of a server is a segment; another is a subsegment that was sent on its own. */
export function segmentDocument(span: Span, traceId: string): Record<string, unknown> {
  const status = Number(span.attributes['http.response.status_code'] ?? 0);
  const isSegment = span.kind === 2 || span.parentSpanId === undefined;
  return {
    id: span.spanId,
    trace_id: traceId,
    name: isSegment ? String(span.resource['service.name'] ?? span.name) : span.name,
    start_time: seconds(span.startTimeUnixNano),
    end_time: seconds(span.endTimeUnixNano),
    ...(span.parentSpanId === undefined ? {} : { parent_id: span.parentSpanId }),
    ...(isSegment ? {} : { type: 'subsegment' }),
    ...(span.status.code === 2 && status < 400 ? { fault: true } : {}),
    ...(status >= 500 ? { fault: true } : status >= 400 ? { error: true } : {}),
    ...(status > 0 ? { http: { response: { status } } } : {}),
    metadata: { default: span.attributes },
  };
}
