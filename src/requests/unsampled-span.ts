import { type Span, type SpanContext, TraceFlags, type TraceState } from '@opentelemetry/api';

/**
 * The span of a request that is not sampled: valid ids for logs and outgoing calls, and nothing recorded.
 *
 * Every request has a trace id, since the decision hangs on it; the span id is drawn only when somebody asks, as most requests' is never.
 */
export class UnsampledSpan implements Span {
  readonly traceId: string;
  readonly #drawSpanId: () => string;
  readonly #traceState: TraceState | undefined;
  #spanContext: SpanContext | undefined;

  constructor(traceId: string, drawSpanId: () => string, traceState: TraceState | undefined) {
    this.traceId = traceId;
    this.#drawSpanId = drawSpanId;
    this.#traceState = traceState;
  }

  spanContext(): SpanContext {
    this.#spanContext ??= {
      traceId: this.traceId,
      spanId: this.#drawSpanId(),
      traceFlags: TraceFlags.NONE,
      ...(this.#traceState && { traceState: this.#traceState }),
    };
    return this.#spanContext;
  }

  /** One below it, with the same ids. Another object: instrumentations know by the span which call has ended. */
  below(): UnsampledSpan {
    return new UnsampledSpan(this.traceId, () => this.spanContext().spanId, this.#traceState);
  }

  isRecording(): boolean {
    return false;
  }

  setAttribute(): this {
    return this;
  }

  setAttributes(): this {
    return this;
  }

  addEvent(): this {
    return this;
  }

  addLink(): this {
    return this;
  }

  addLinks(): this {
    return this;
  }

  setStatus(): this {
    return this;
  }

  updateName(): this {
    return this;
  }

  recordException(): void {}

  end(): void {}
}
