import type { Span } from '@opentelemetry/api';

/** The trace id as X-Ray writes it: `1-<8 hexadecimal digits>-<24>`. */
export function xrayTraceId(traceId: string): string {
  return `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
}

/** Adds to a log record, beside `trace_id` and `span_id`, the id to paste into the X-Ray console. */
export function addXrayTraceId(span: Span, record: Record<string, unknown>): void {
  record.xray_trace_id = xrayTraceId(span.spanContext().traceId);
}
