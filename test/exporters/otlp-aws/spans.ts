import { type Attributes, type HrTime, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

export const RESOURCE = resourceFromAttributes({ 'service.name': 'checkout' });
const SCOPE = { name: 'test', version: '1.0.0' };

export function hrTime(milliseconds: number): HrTime {
  return [Math.floor(milliseconds / 1000), Math.round((milliseconds % 1000) * 1e6)];
}

export interface SpanOptions {
  readonly name?: string;
  readonly attributes?: Attributes;
  readonly resource?: Resource;
  /** Epoch milliseconds. */
  readonly endTime?: number;
}

let made = 0;

/** A finished span of an incoming request. */
export function span({
  name = 'GET /x',
  attributes = {},
  resource = RESOURCE,
  endTime = Date.now(),
}: SpanOptions = {}): ReadableSpan {
  made += 1;
  const spanContext = {
    traceId: '5e1b41515ac6c58f5b5dbf7f2c1d5a4f',
    spanId: made.toString(16).padStart(16, '0'),
    traceFlags: TraceFlags.SAMPLED,
  };
  return {
    name,
    kind: SpanKind.SERVER,
    spanContext: () => spanContext,
    startTime: hrTime(endTime - 10),
    endTime: hrTime(endTime),
    status: { code: SpanStatusCode.UNSET },
    attributes: { 'http.route': '/x', 'http.response.status_code': 200, ...attributes },
    links: [],
    events: [],
    duration: [0, 10_000_000],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

export const spans = (count: number, options?: SpanOptions) => Array.from({ length: count }, () => span(options));
