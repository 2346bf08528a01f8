import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Item, Part, Refusal } from '../aws/item.js';
import type { OtlpExporterInternals, OtlpExporterOptions } from './delivery-options.js';
import type { OtlpExporterStatus } from './exporter-status.js';
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
import { OtlpDelivery, type Post } from './otlp-delivery.js';
import { type PartialSuccess, readPartialSuccess, rejections } from './partial-success.js';
import { ResourceLimit } from './resource-limit.js';
import { screen } from './screening.js';
import { divideRun, release, type SpanRun, spanSize } from './span-run.js';
import { MAX_RUN_BYTES, TraceRequestWriter } from './trace-request.js';

export interface AwsOtlpTraceExporterOptions extends OtlpExporterOptions {
  /**
   * Spans per request, at most 10 000. Default 2048: a request is written in one go, and more would hold the event loop for
   * longer than it saves.
   */
  readonly maxSpansPerRequest?: number;
}

type ResultCallback = Parameters<SpanExporter['export']>[1];

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
  readonly #delivery: OtlpDelivery<SpanRun>;
  readonly #resources: ResourceLimit;
  readonly #writer: TraceRequestWriter;

  constructor(options?: AwsOtlpTraceExporterOptions);
  /** @internal */
  constructor(options: AwsOtlpTraceExporterOptions, internals: OtlpExporterInternals);
  constructor(options: AwsOtlpTraceExporterOptions = {}, internals: OtlpExporterInternals = {}) {
    const maxSpans = Math.min(Math.max(1, options.maxSpansPerRequest ?? DEFAULT_SPANS_PER_REQUEST), MAX_SPANS);
    // A queue that is full drops whole runs for their bytes.
    const maxRunBytes = Math.min(MAX_RUN_BYTES, (options.maxQueueBytes ?? MAX_QUEUE_BYTES) / 8);
    this.#writer = new TraceRequestWriter(maxSpans, maxRunBytes);
    this.#delivery = new OtlpDelivery<SpanRun>(options, internals, {
      signal: 'traces',
      service: 'xray',
      path: '/v1/traces',
      maxQueueSize: MAX_QUEUE_SIZE,
      maxQueueBytes: MAX_QUEUE_BYTES,
      // A span that is there twice is the same span.
      unansweredRepeats: Number.POSITIVE_INFINITY,
      cut: (items) => leadingSpans(items, maxSpans),
      divide: (run, count) => {
        const [first, rest] = divideRun(run, count);
        return [partOf(first), partOf(rest)];
      },
      send: (batch, post, signal) => this.#send(batch, post, signal),
      onSettled: release,
    });
    this.#resources = new ResourceLimit(MAX_RESOURCE_BYTES, (keys) =>
      this.#delivery.notices.warn('resource', `resource too large for X-Ray, left out: ${keys.join(', ')}`),
    );
  }

  /** Reads each span once, before it returns. */
  export(spans: Iterable<ReadableSpan>, resultCallback: ResultCallback): void {
    const runs = this.#writer.runs(spans, () => this.#delivery.countDropped('unreadable', 1));
    this.#delivery.export(runs.map(partOf), resultCallback);
  }

  /** Sends what is held; resolves when it is gone or after `flushTimeout`. */
  forceFlush(): Promise<void> {
    return this.#delivery.flush();
  }

  /** As {@link forceFlush}, within `deadline` milliseconds. */
  flush(deadline: number): Promise<void> {
    return this.#delivery.flush(deadline);
  }

  /** Takes nothing more, sends what is held within `shutdownTimeout`, drops and counts the rest. */
  shutdown(): Promise<void> {
    return this.#delivery.shutdown();
  }

  status(): OtlpExporterStatus {
    return this.#delivery.status();
  }

  async #send(batch: readonly SpanRun[], post: Post, signal: AbortSignal): Promise<Refusal[]> {
    const now = this.#delivery.clock.now();
    const { kept, positions, refused } = screen(
      batch,
      (run) =>
        refusedTime(run.earliest, now, MAX_SPAN_AHEAD) ??
        refusedTime(run.latest, now, MAX_SPAN_AHEAD) ??
        refusedSize(run),
    );
    if (kept.length === 0) return refused;
    const told = (resource: Resource) => this.#resources.within(resource);
    const offset = this.#delivery.clockOffset;
    const answer = await this.#writer.request(kept, { told, offset }, async (body) => {
      if (body.byteLength > MAX_TRACE_REQUEST_BYTES) throw tooLarge(body.byteLength, MAX_TRACE_REQUEST_BYTES);
      return post(body, signal);
    });
    const partial = readPartialSuccess(answer, parse);
    if (partial.message !== '') this.#delivery.notices.warn('partial', `X-Ray says: ${partial.message}`);
    const counts = kept.map(({ count }) => count);
    return refused.concat(rejections(partial, positions, counts));
  }
}

function partOf(run: SpanRun): Part<SpanRun> & { readonly count: number } {
  return { value: run, bytes: run.bytes, count: run.count };
}

/** A span that is too large is a run of its own. */
function refusedSize(run: SpanRun): 'too_large' | undefined {
  return run.count === 1 && spanSize(run) > MAX_SPAN_BYTES ? 'too_large' : undefined;
}

/** How many leading spans make one request. */
function leadingSpans(items: readonly Item<SpanRun>[], maxSpans: number): number {
  let count = 0;
  let bytes = REQUEST_OVERHEAD;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { value: run } of items) {
    bytes += run.bytes;
    first = Math.min(first, run.earliest);
    last = Math.max(last, run.latest);
    const fits = count < maxSpans && bytes <= MAX_TRACE_REQUEST_BYTES && last - first <= MAX_TRACE_REQUEST_SPAN;
    if (!fits && count > 0) break;
    count += run.count;
  }
  return Math.min(count, maxSpans);
}

function parse(body: Uint8Array): PartialSuccess {
  const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(body);
  return { rejected: Number(partialSuccess?.rejectedSpans ?? 0), message: partialSuccess?.errorMessage ?? '' };
}
