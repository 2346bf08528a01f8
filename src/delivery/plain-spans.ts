import {
  type Attributes,
  createTraceState,
  type HrTime,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
} from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
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
  return new DeliveredSpan(plain, resource);
}

/** A class, since a literal with all of these takes twice as long to make. */
class DeliveredSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly duration: HrTime;
  readonly ended = true;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
  readonly links: ReadableSpan['links'];
  readonly events: ReadableSpan['events'];
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  readonly #context: SpanContext;

  constructor(plain: PlainSpan, resource: Resource) {
    this.name = plain.name;
    this.kind = plain.kind;
    this.#context = fromPlainContext(plain.context);
    if (plain.parent) this.parentSpanContext = fromPlainContext(plain.parent);
    this.startTime = plain.startTime;
    this.endTime = plain.endTime;
    this.duration = plain.duration;
    this.status = plain.status;
    this.attributes = plain.attributes;
    this.links = plain.links.map((link) => ({ ...link, context: fromPlainContext(link.context) }));
    this.events = plain.events;
    this.resource = resource;
    this.instrumentationScope = plain.scope;
    this.droppedAttributesCount = plain.droppedAttributesCount;
    this.droppedEventsCount = plain.droppedEventsCount;
    this.droppedLinksCount = plain.droppedLinksCount;
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

export function fromPlainContext(plain: PlainSpanContext): SpanContext {
  const { traceId, spanId, traceFlags, isRemote, traceState } = plain;
  const context: SpanContext = { traceId, spanId, traceFlags };
  if (isRemote !== undefined) context.isRemote = isRemote;
  if (traceState) context.traceState = createTraceState(traceState);
  return context;
}
