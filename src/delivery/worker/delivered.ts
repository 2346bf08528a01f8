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
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SharingSpan } from '../../../exporters/otlp-aws/span-message.js';
import type { PlainLogRecord, PlainSpan, PlainSpanContext } from '../../wire/messages.js';

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

/** The record as an exporter expects it. */
export function fromPlainLogRecord(plain: PlainLogRecord, resource: Resource): ReadableLogRecord {
  const { context, scope, ...same } = plain;
  return {
    ...same,
    ...(context && { spanContext: fromPlainContext(context) }),
    instrumentationScope: scope,
    resource,
  };
}
