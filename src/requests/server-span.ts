import {
  type Attributes,
  type AttributeValue,
  type Context,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  type TimeInput,
  TraceFlags,
  type TraceState,
} from '@opentelemetry/api';
import { SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import type { PlainRequest, PlainRequestSpan } from '../wire/request-span.js';
import { type DescribeError, endSpan, type Outcome } from './span.js';
import { toldHeaders } from './told-request.js';

/** What a server span starts with. */
export interface ServerSpanStart {
  readonly traceId: string;
  readonly spanId: string;
  readonly decision: SamplingResult;
  readonly traceState: TraceState | undefined;
  /** What the headers say. */
  readonly parent: Context;
  /** The caller's span among that. */
  readonly parentSpan: SpanContext | undefined;
  readonly method: string | undefined;
  /** Path and query. */
  readonly target: string;
  readonly scheme: string;
  readonly httpVersion: string;
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** Milliseconds, by the clock `now`. */
  readonly arrivedAt: number;
}

export interface ServerSpanSurroundings {
  /** Makes a span of the SDK's of one that has not ended; undefined: that failed, and was said. */
  writable(span: ServerSpan): Span | undefined;
  /** Takes a sampled span that has ended and that nobody has written on, and the decision that it started with. */
  finished(span: PlainRequestSpan, decision: SamplingResult): void;
  /** A clock that never goes back, in milliseconds. */
  now(): number;
}

/**
 * The server span of a sampled request. Nobody but the request layer writes on most of them: of these, what is known is kept as it is, and
 * the worker makes the span of it ({@link PlainRequestSpan}). The first write has the SDK's tracer make a span with the same ids and times,
 * which then takes this and all that follows.
 */
export class ServerSpan implements Span {
  readonly traceId: string;
  /** Epoch milliseconds. */
  readonly startTime = Date.now();
  readonly start: ServerSpanStart;
  readonly #surroundings: ServerSpanSurroundings;
  #spanContext: SpanContext | undefined;
  #writable: Span | undefined;
  /** Milliseconds. */
  #duration: number | undefined;

  constructor(start: ServerSpanStart, surroundings: ServerSpanSurroundings) {
    this.traceId = start.traceId;
    this.start = start;
    this.#surroundings = surroundings;
  }

  spanContext(): SpanContext {
    const { traceId, spanId, traceState } = this.start;
    this.#spanContext ??= { traceId, spanId, traceFlags: this.#traceFlags(), ...(traceState && { traceState }) };
    return this.#spanContext;
  }

  /** Completes the span; does nothing if somebody has ended it. */
  finish(outcome: Outcome, readings: Attributes | undefined, describe: DescribeError): void {
    if (!this.isRecording()) return;
    const writable = outcome.failure === undefined ? this.#writable : this.#written();
    this.#duration = this.#surroundings.now() - this.start.arrivedAt;
    if (writable !== undefined) {
      if (readings) writable.setAttributes(readings);
      endSpan(writable, outcome, this.startTime + this.#duration, describe);
      return;
    }
    if (this.#traceFlags() === TraceFlags.SAMPLED) {
      this.#surroundings.finished(this.#toPlain(this.#duration, outcome, readings), this.start.decision);
    }
  }

  #toPlain(
    duration: number,
    { statusCode, errorType, route }: Outcome,
    readings: Attributes | undefined,
  ): PlainRequestSpan {
    const { method, target, scheme, httpVersion, rawHeaders, remoteAddress, remotePort } = this.start;
    const { traceId, spanId, traceState, parentSpan, decision } = this.start;
    const { attributes } = decision;
    const [host, userAgent, addresses] = toldHeaders(rawHeaders);
    // Spreading plainRequest() here takes as long as all the rest.
    return [
      method,
      target,
      scheme,
      httpVersion,
      host,
      userAgent,
      addresses,
      remoteAddress,
      remotePort,
      traceId,
      spanId,
      this.#traceFlags(),
      traceState?.serialize() || undefined,
      parentSpan?.spanId,
      parentSpan?.traceFlags,
      this.startTime,
      duration,
      statusCode,
      errorType,
      route,
      attributes || readings ? { ...attributes, ...readings } : undefined,
    ];
  }

  plainRequest(): PlainRequest {
    const { method, target, scheme, httpVersion, rawHeaders, remoteAddress, remotePort } = this.start;
    return [method, target, scheme, httpVersion, ...toldHeaders(rawHeaders), remoteAddress, remotePort];
  }

  isRecording(): boolean {
    return this.#duration === undefined && this.#writable?.isRecording() !== false;
  }

  setAttribute(key: string, value: AttributeValue): this {
    this.#written()?.setAttribute(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    this.#written()?.setAttributes(attributes);
    return this;
  }

  addEvent(name: string, attributesOrStartTime?: Attributes | TimeInput, startTime?: TimeInput): this {
    this.#written()?.addEvent(name, attributesOrStartTime, startTime);
    return this;
  }

  addLink(link: Link): this {
    this.#written()?.addLink(link);
    return this;
  }

  addLinks(links: Link[]): this {
    this.#written()?.addLinks(links);
    return this;
  }

  setStatus(status: SpanStatus): this {
    this.#written()?.setStatus(status);
    return this;
  }

  updateName(name: string): this {
    this.#written()?.updateName(name);
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    this.#written()?.recordException(exception, time);
  }

  /** By somebody else than the request layer: without the end of the request. */
  end(endTime?: TimeInput): void {
    this.#written()?.end(endTime);
  }

  /** A sampler may have a span recorded that is not to be sent. */
  #traceFlags(): TraceFlags {
    return this.start.decision.decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE;
  }

  #written(): Span | undefined {
    if (this.#duration === undefined) this.#writable ??= this.#surroundings.writable(this);
    return this.#writable;
  }
}
