import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { type PlainSpan, plainContext } from './messages.js';

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
