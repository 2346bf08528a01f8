import {
  type Context,
  context,
  type Span,
  type SpanOptions,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { UnsampledSpan } from './unsampled-span.js';

/** What the SDK's provider has beside the api's. */
interface SdkTracerProvider extends TracerProvider {
  forceFlush?(): Promise<void>;
  shutdown?(): Promise<void>;
}

/**
 * The tracers of the SDK's provider. Below an unsampled request each span has the request's ids and records nothing: no sampler of ours
 * would sample it. The SDK copies and checks the attributes of a span before it asks the sampler: 2 µs a span (Node 24).
 */
export class RequestTracerProvider implements TracerProvider {
  readonly #sdk: SdkTracerProvider;

  constructor(sdk: SdkTracerProvider) {
    this.#sdk = sdk;
  }

  getTracer(name: string, version?: string, options?: TracerOptions): Tracer {
    const tracer = this.#sdk.getTracer(name, version, options);
    // The SDK gives the same tracer each time, and the tracer's startActiveSpan() calls its startSpan().
    if (!Object.hasOwn(tracer, 'startSpan')) tracer.startSpan = startSpanOr(tracer.startSpan.bind(tracer));
    return tracer;
  }

  async forceFlush(): Promise<void> {
    await this.#sdk.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#sdk.shutdown?.();
  }
}

function startSpanOr(start: Tracer['startSpan']): Tracer['startSpan'] {
  return (name, options, ctx = context.active()) => unsampled(options, ctx) ?? start(name, options, ctx);
}

function unsampled(options: SpanOptions | undefined, ctx: Context): Span | undefined {
  if (options?.root) return undefined;
  const parent = trace.getSpan(ctx);
  return parent instanceof UnsampledSpan && !isTracingSuppressed(ctx) ? parent.below() : undefined;
}
