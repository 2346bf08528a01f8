import type { HrTime } from '@opentelemetry/api';
import type { ExportResult } from '@opentelemetry/core';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Item, Refusal } from '../aws/delivery-queue.js';
import type { OtlpExporterOptions } from './delivery-options.js';
import {
  MAX_RESOURCE_BYTES,
  MAX_SPAN_AHEAD,
  MAX_SPAN_BYTES,
  MAX_SPANS,
  MAX_TRACE_REQUEST_BYTES,
  MAX_TRACE_REQUEST_SPAN,
  refusedTime,
} from './limits.js';
import { tooLarge } from './otlp-client.js';
import { OtlpDelivery, type OtlpExporterStatus, type Post } from './otlp-delivery.js';
import { type PartialSuccess, readPartialSuccess, rejections } from './partial-success.js';
import { ResourceLimit } from './resource-limit.js';
import { screen } from './screening.js';
import { spanBytes } from './sizes.js';

export interface AwsOtlpTraceExporterOptions extends OtlpExporterOptions {
  /**
   * Spans per request, at most 10 000. Default 2000: a request is written in one go, and more would hold the event loop for
   * longer than it saves.
   */
  readonly maxSpansPerRequest?: number;
}

interface SizedSpan {
  readonly span: ReadableSpan;
  /** On the wire, at most. */
  readonly bytes: number;
}

const DEFAULT_SPANS_PER_REQUEST = 2000;
/** Held while X-Ray is away; at 1 kB each, what the byte limit holds. */
const MAX_QUEUE_SIZE = 32_768;
const MAX_QUEUE_BYTES = 32_000_000;
/** Left of a request's size for resources, scopes and framing, bytes. */
const REQUEST_OVERHEAD = 2 * MAX_RESOURCE_BYTES;

/**
 * Sends spans to X-Ray's OTLP endpoint (`https://xray.<region>.amazonaws.com/v1/traces`), signed with Signature Version 4. The account
 * must have Transaction Search switched on; `AWSXrayWriteOnlyPolicy` allows the calls.
 *
 * `export()` succeeds when the spans were accepted or are held for a later attempt; spans that are lost are counted by reason.
 */
export class AwsOtlpTraceExporter implements SpanExporter {
  readonly #delivery: OtlpDelivery<SizedSpan>;
  readonly #maxSpans: number;
  readonly #resources: ResourceLimit;

  constructor(options: AwsOtlpTraceExporterOptions = {}) {
    this.#maxSpans = Math.min(Math.max(1, options.maxSpansPerRequest ?? DEFAULT_SPANS_PER_REQUEST), MAX_SPANS);
    this.#delivery = new OtlpDelivery<SizedSpan>(options, {
      signal: 'traces',
      service: 'xray',
      path: '/v1/traces',
      maxQueueSize: MAX_QUEUE_SIZE,
      maxQueueBytes: MAX_QUEUE_BYTES,
      // A span that is there twice is the same span.
      timeoutRetries: Number.POSITIVE_INFINITY,
      cut: (items) => leadingSpans(items, this.#maxSpans),
      send: (batch, post, signal) => this.#send(batch, post, signal),
    });
    this.#resources = new ResourceLimit(MAX_RESOURCE_BYTES, (keys) =>
      this.#delivery.notices.warn('resource', `resource too large for X-Ray, left out: ${keys.join(', ')}`),
    );
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const sized: SizedSpan[] = [];
    for (const span of spans) {
      const bytes = measured(span);
      if (bytes === undefined) this.#delivery.countDropped('unreadable', 1);
      else sized.push({ span, bytes });
    }
    this.#delivery.export(sized, ({ bytes }) => bytes, resultCallback);
  }

  /** Sends what is held; resolves when it is gone or after `flushTimeout`. */
  forceFlush(): Promise<void> {
    return this.#delivery.forceFlush();
  }

  /** Takes nothing more, sends what is held within `shutdownTimeout`, drops and counts the rest. */
  shutdown(): Promise<void> {
    return this.#delivery.shutdown();
  }

  status(): OtlpExporterStatus {
    return this.#delivery.status();
  }

  async #send(batch: readonly SizedSpan[], post: Post, signal: AbortSignal): Promise<Refusal[]> {
    const now = this.#delivery.clock.now();
    const { kept, positions, refused } = screen(
      batch,
      (item) => refusedTime(milliseconds(item.span.endTime), now, MAX_SPAN_AHEAD) ?? refusedSize(item),
    );
    if (kept.length === 0) return refused;
    const spans = kept.map(({ span }) => this.#withResource(span));
    const body = ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
    if (body.byteLength > MAX_TRACE_REQUEST_BYTES) throw tooLarge(body.byteLength, MAX_TRACE_REQUEST_BYTES);
    const partial = readPartialSuccess(await post(body, signal), parse);
    if (partial.message !== '') this.#delivery.notices.warn('partial', `X-Ray says: ${partial.message}`);
    return refused.concat(rejections(partial, positions));
  }

  #withResource(span: ReadableSpan): ReadableSpan {
    const resource = this.#resources.within(span.resource);
    return resource === span.resource ? span : copyOf(span, resource);
  }
}

function measured(span: ReadableSpan): number | undefined {
  try {
    return spanBytes(span);
  } catch {
    return undefined;
  }
}

/** How many leading spans make one request. */
function leadingSpans(items: readonly Item<SizedSpan>[], maxSpans: number): number {
  let count = 0;
  let bytes = REQUEST_OVERHEAD;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { value, bytes: size } of items) {
    const time = milliseconds(value.span.endTime);
    bytes += size;
    first = Math.min(first, time);
    last = Math.max(last, time);
    const fits = count < maxSpans && bytes <= MAX_TRACE_REQUEST_BYTES && last - first <= MAX_TRACE_REQUEST_SPAN;
    if (!fits && count > 0) break;
    count += 1;
  }
  return count;
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1e6;
}

/** A span is written on its own only where the estimate leaves room for doubt. */
function refusedSize({ span, bytes }: SizedSpan): 'too_large' | undefined {
  if (bytes <= MAX_SPAN_BYTES) return undefined;
  const alone = ProtobufTraceSerializer.serializeRequest([withoutResource(span)])?.byteLength ?? 0;
  return alone > MAX_SPAN_BYTES ? 'too_large' : undefined;
}

function withoutResource(span: ReadableSpan): ReadableSpan {
  return copyOf(span, Object.create(span.resource, { attributes: { value: {}, enumerable: true } }));
}

function copyOf(span: ReadableSpan, resource: Resource): ReadableSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    startTime: span.startTime,
    endTime: span.endTime,
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    events: span.events,
    duration: span.duration,
    ended: span.ended,
    resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
    ...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
  };
}

function parse(body: Uint8Array): PartialSuccess {
  const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(body);
  return { rejected: Number(partialSuccess?.rejectedSpans ?? 0), message: partialSuccess?.errorMessage ?? '' };
}
