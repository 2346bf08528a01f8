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
import { contentSize, release, SPAN_OVERHEAD, TraceRequestWriter, type WrittenSpan } from './trace-request.js';

export interface AwsOtlpTraceExporterOptions extends OtlpExporterOptions {
  /**
   * Spans per request, at most 10 000. Default 2048: a request is written in one go, and more would hold the event loop for
   * longer than it saves.
   */
  readonly maxSpansPerRequest?: number;
}

const DEFAULT_SPANS_PER_REQUEST = 2048;
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
  readonly #delivery: OtlpDelivery<WrittenSpan>;
  readonly #maxSpans: number;
  readonly #resources: ResourceLimit;
  readonly #writer = new TraceRequestWriter();

  constructor(options: AwsOtlpTraceExporterOptions = {}) {
    this.#maxSpans = Math.min(Math.max(1, options.maxSpansPerRequest ?? DEFAULT_SPANS_PER_REQUEST), MAX_SPANS);
    this.#delivery = new OtlpDelivery<WrittenSpan>(options, {
      signal: 'traces',
      service: 'xray',
      path: '/v1/traces',
      maxQueueSize: MAX_QUEUE_SIZE,
      maxQueueBytes: MAX_QUEUE_BYTES,
      // A span that is there twice is the same span.
      timeoutRetries: Number.POSITIVE_INFINITY,
      cut: (items) => leadingSpans(items, this.#maxSpans),
      send: (batch, post, signal) => this.#send(batch, post, signal),
      onSettled: release,
    });
    this.#resources = new ResourceLimit(MAX_RESOURCE_BYTES, (keys) =>
      this.#delivery.notices.warn('resource', `resource too large for X-Ray, left out: ${keys.join(', ')}`),
    );
  }

  /** Reads each span once, before it returns. */
  export(spans: Iterable<ReadableSpan>, resultCallback: (result: ExportResult) => void): void {
    const written = this.#writer.spans(spans, () => this.#delivery.countDropped('unreadable', 1));
    this.#delivery.export(written, bytesOf, resultCallback);
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

  async #send(batch: readonly WrittenSpan[], post: Post, signal: AbortSignal): Promise<Refusal[]> {
    const now = this.#delivery.clock.now();
    const { kept, positions, refused } = screen(
      batch,
      (span) => refusedTime(span.endTime, now, MAX_SPAN_AHEAD) ?? refusedSize(span),
    );
    if (kept.length === 0) return refused;
    const told = (resource: Resource) => this.#resources.within(resource);
    const answer = await this.#writer.request(kept, told, async (body) => {
      if (body.byteLength > MAX_TRACE_REQUEST_BYTES) throw tooLarge(body.byteLength, MAX_TRACE_REQUEST_BYTES);
      return post(body, signal);
    });
    const partial = readPartialSuccess(answer, parse);
    if (partial.message !== '') this.#delivery.notices.warn('partial', `X-Ray says: ${partial.message}`);
    return refused.concat(rejections(partial, positions));
  }
}

/** In a request: with the tag and the length before it. */
function bytesOf(span: WrittenSpan): number {
  return contentSize(span) + SPAN_OVERHEAD;
}

function refusedSize(span: WrittenSpan): 'too_large' | undefined {
  return contentSize(span) > MAX_SPAN_BYTES ? 'too_large' : undefined;
}

/** How many leading spans make one request. */
function leadingSpans(items: readonly Item<WrittenSpan>[], maxSpans: number): number {
  let count = 0;
  let bytes = REQUEST_OVERHEAD;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { value, bytes: size } of items) {
    bytes += size;
    first = Math.min(first, value.endTime);
    last = Math.max(last, value.endTime);
    const fits = count < maxSpans && bytes <= MAX_TRACE_REQUEST_BYTES && last - first <= MAX_TRACE_REQUEST_SPAN;
    if (!fits && count > 0) break;
    count += 1;
  }
  return count;
}

function parse(body: Uint8Array): PartialSuccess {
  const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(body);
  return { rejected: Number(partialSuccess?.rejectedSpans ?? 0), message: partialSuccess?.errorMessage ?? '' };
}
