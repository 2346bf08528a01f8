import {
  type Attributes,
  createTraceState,
  type HrTime,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
} from '@opentelemetry/api';
import { hrTimeDuration, type InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SharingSpan } from '../../exporters/otlp-aws/span-message.js';
import { type PlainSpan, type PlainSpanContext, plainContext } from './protocol.js';

/** A finished span as plain data. */
export function toPlainSpan(span: ReadableSpan): PlainSpan {
  const plain: PlainSpan = {
    name: span.name,
    kind: span.kind,
    context: plainContext(span.spanContext()),
    startTime: span.startTime,
    endTime: span.endTime,
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

/** Whether JSON says the span as it is: an application may have given all lists, or all objects, a `toJSON` of its own. */
export function isSaidByJson({ attributes, events, links }: PlainSpan): boolean {
  return !('toJSON' in Array.prototype) && isSaid(attributes) && events.every(isSaidWith) && links.every(isSaidWith);
}

function isSaidWith({ attributes }: { readonly attributes?: Attributes }): boolean {
  return attributes === undefined || isSaid(attributes);
}

function isSaid(attributes: Attributes): boolean {
  for (const name in attributes) {
    const value = attributes[name];
    if (Array.isArray(value) ? !value.every(isSaidAlone) : !isSaidAlone(value)) return false;
  }
  return true;
}

function isSaidAlone(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === 'string' || typeof value === 'boolean';
}

/** The span as an exporter expects it. */
export function fromPlainSpan(plain: PlainSpan, resource: Resource): ReadableSpan {
  return new DeliveredSpan(plain, resource);
}

/** A class, since a literal with all of these takes twice as long to make. */
class DeliveredSpan implements SharingSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly ended = true;
  readonly status: SpanStatus;
  readonly ownAttributes: Attributes;
  readonly sharedAttributes: Attributes | undefined;
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
    this.status = plain.status;
    this.ownAttributes = plain.attributes;
    this.sharedAttributes = plain.sharedAttributes;
    this.links = plain.links.map((link) => ({ ...link, context: fromPlainContext(link.context) }));
    this.events = plain.events;
    this.resource = resource;
    this.instrumentationScope = plain.scope;
    this.droppedAttributesCount = plain.droppedAttributesCount;
    this.droppedEventsCount = plain.droppedEventsCount;
    this.droppedLinksCount = plain.droppedLinksCount;
  }

  get attributes(): Attributes {
    const { sharedAttributes, ownAttributes } = this;
    return sharedAttributes === undefined ? ownAttributes : { ...sharedAttributes, ...ownAttributes };
  }

  get duration(): HrTime {
    return hrTimeDuration(this.startTime, this.endTime);
  }

  spanContext(): SpanContext {
    return this.#context;
  }
}

export function fromPlainContext(plain: PlainSpanContext): SpanContext {
  const { traceState } = plain;
  if (!traceState) return plain as Omit<PlainSpanContext, 'traceState'>;
  return { ...plain, traceState: createTraceState(traceState) };
}
