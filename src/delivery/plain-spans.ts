import { createTraceState, type SpanContext } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { type PlainSpan, type PlainSpanContext, plainContext } from './protocol.js';

/** A finished span as plain data. */
export function toPlainSpan(span: ReadableSpan): PlainSpan {
  const plain: PlainSpan = {
    name: span.name,
    kind: span.kind,
    context: plainContext(span.spanContext()),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    status: span.status,
    attributes: span.attributes,
    links: span.links.map(({ context, ...rest }) => ({ ...rest, context: plainContext(context) })),
    events: span.events,
    scope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
  if (span.parentSpanContext) plain.parent = plainContext(span.parentSpanContext);
  return plain;
}

/** The span as an exporter expects it. */
export function fromPlainSpan(plain: PlainSpan, resource: Resource): ReadableSpan {
  const { context, parent, links } = plain;
  const spanContext = fromPlainContext(context);
  return {
    name: plain.name,
    kind: plain.kind,
    spanContext: () => spanContext,
    ...(parent && { parentSpanContext: fromPlainContext(parent) }),
    startTime: plain.startTime,
    endTime: plain.endTime,
    duration: plain.duration,
    ended: true,
    status: plain.status,
    attributes: plain.attributes,
    links: links.map((link) => ({ ...link, context: fromPlainContext(link.context) })),
    events: plain.events,
    resource,
    instrumentationScope: plain.scope,
    droppedAttributesCount: plain.droppedAttributesCount,
    droppedEventsCount: plain.droppedEventsCount,
    droppedLinksCount: plain.droppedLinksCount,
  };
}

export function fromPlainContext({ traceState, ...context }: PlainSpanContext): SpanContext {
  return traceState ? { ...context, traceState: createTraceState(traceState) } : context;
}
