import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { Call } from './call.js';
import type { CallDurations } from './call-durations.js';
import type { MeasuredClient } from './measured-clients.js';

const CALL = Symbol('@org/monitoring call');

interface TimedSpan extends Span {
  [CALL]: Call;
}

/** A tracer provider for one instrumentation: each call that a span stands for is measured, whether the span records or not. */
export function timedTracerProvider(
  tracers: TracerProvider,
  durations: CallDurations,
  client: MeasuredClient,
): TracerProvider {
  return {
    getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
      return new TimedTracer(tracers.getTracer(name, version, options), durations, client);
    },
  };
}

class TimedTracer implements Tracer {
  readonly #tracer: Tracer;
  readonly #client: MeasuredClient;
  readonly #durations: CallDurations;
  /** What replaces `end` of a span; one function for all, so that their spans have one shape. */
  readonly #end: Span['end'];

  constructor(tracer: Tracer, durations: CallDurations, client: MeasuredClient) {
    this.#tracer = tracer;
    this.#durations = durations;
    this.#client = client;
    this.#end = function end(this: TimedSpan, endTime) {
      const call = this[CALL];
      if (!call.isEnded) durations.record(call);
      call.isEnded = true;
      plain(this).end.call(this, endTime);
    };
  }

  startSpan(name: string, options: SpanOptions = {}, ctx: Context = context.active()): Span {
    const { connectSpan, needsParent } = this.#client;
    // An instrumentation of RPC also begins the spans of calls that the application answers.
    const isMeasured = name !== connectSpan && options.kind !== SpanKind.SERVER && !isTracingSuppressed(ctx);
    const parent = options.root ? undefined : trace.getSpan(ctx);
    const isAlone = needsParent === true && parent === undefined;
    const span = isAlone ? trace.wrapSpanContext(INVALID_SPAN_CONTEXT) : this.#tracer.startSpan(name, options, ctx);
    if (!isMeasured) return span;
    const timed: Span & { [CALL]?: Call } = span;
    timed[CALL] = new Call(this.#durations.now(), options.attributes, openCallOf(parent));
    timed.end = this.#end;
    timed.setAttribute = setAttribute;
    timed.setAttributes = setAttributes;
    timed.setStatus = setStatus;
    timed.recordException = recordException;
    return timed;
  }

  /** As the SDK's: the function is the last argument. */
  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const body = rest.at(-1) as F;
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : {};
    const parent = rest.length > 2 ? (rest[1] as Context) : context.active();
    const span = this.startSpan(name, options, parent);
    return context.with(trace.setSpan(parent, span), body as never, undefined, span as never) as ReturnType<F>;
  }
}

/** The call that a span stands for, if the call has not ended. */
function openCallOf(span: Span | undefined): Call | undefined {
  const call = (span as Partial<TimedSpan> | undefined)?.[CALL];
  return call?.isEnded === false ? call : undefined;
}

/** The span's own methods. */
function plain(span: Span): Span {
  return Object.getPrototypeOf(span) as Span;
}

const setAttribute: Span['setAttribute'] = function (this: TimedSpan, name, value) {
  this[CALL].note(name, value);
  return plain(this).setAttribute.call(this, name, value) as TimedSpan;
};

const setAttributes: Span['setAttributes'] = function (this: TimedSpan, attributes) {
  this[CALL].noteAll(attributes);
  return plain(this).setAttributes.call(this, attributes) as TimedSpan;
};

const setStatus: Span['setStatus'] = function (this: TimedSpan, status) {
  this[CALL].hasFailed = status.code === SpanStatusCode.ERROR;
  return plain(this).setStatus.call(this, status) as TimedSpan;
};

const recordException: Span['recordException'] = function (this: TimedSpan, exception, time) {
  this[CALL].noteException(exception);
  plain(this).recordException.call(this, exception, time);
};
