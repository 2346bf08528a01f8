import { AWSXRayIdGenerator } from '@opentelemetry/id-generator-aws-xray';

/**
 * X-Ray's ids, which the request path can draw before a span exists: the sampling decision needs the trace id before the SDK's tracer is
 * asked for anything. The build binds the generator to the `Math.random` that Node has at start (scripts/preload-plugins.mjs).
 */
export class RequestIdGenerator extends AWSXRayIdGenerator {
  #traceId: string | undefined;
  #spanId: string | undefined;

  /** 32 hexadecimal digits: the epoch second, then 96 random bits. */
  drawTraceId(): string {
    return super.generateTraceId();
  }

  /** 16 hexadecimal digits. */
  drawSpanId(): string {
    return super.generateSpanId();
  }

  override generateTraceId(): string {
    const given = this.#traceId;
    if (given === undefined) return super.generateTraceId();
    this.#traceId = undefined;
    return given;
  }

  override generateSpanId(): string {
    const given = this.#spanId;
    if (given === undefined) return super.generateSpanId();
    this.#spanId = undefined;
    return given;
  }

  /** Runs `start`; the first trace id and the first span id generated meanwhile are the given ones. */
  withIds<T>(traceId: string, spanId: string, start: () => T): T {
    this.#traceId = traceId;
    this.#spanId = spanId;
    try {
      return start();
    } finally {
      this.#traceId = undefined;
      this.#spanId = undefined;
    }
  }
}
