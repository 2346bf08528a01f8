import type { IdGenerator } from '@opentelemetry/sdk-trace';
import { IdPool } from './id-pool.js';

/**
 * An id generator that the request path can take ids from before a span exists, and that then gives them to the span: the sampling
 * decision needs the trace id before the SDK's tracer is asked for anything.
 */
export interface RequestIdGenerator extends IdGenerator {
  drawTraceId(): string;
  drawSpanId(): string;
  /** Runs `start`; the first trace id and the first span id generated meanwhile are the given ones. */
  withIds<T>(traceId: string, spanId: string, start: () => T): T;
}

/** X-Ray's ids: the first 32 bits of a trace id are the epoch second it was made in, all other bits are random. */
export function createIdGenerator(): RequestIdGenerator {
  return new XRayIdGenerator();
}

class XRayIdGenerator implements RequestIdGenerator {
  readonly #pool = new IdPool();
  #traceId: string | undefined;
  #spanId: string | undefined;

  drawTraceId(): string {
    return this.#pool.drawTraceId();
  }

  drawSpanId(): string {
    return this.#pool.drawSpanId();
  }

  generateTraceId(): string {
    const given = this.#traceId;
    if (given === undefined) return this.#pool.drawTraceId();
    this.#traceId = undefined;
    return given;
  }

  generateSpanId(): string {
    const given = this.#spanId;
    if (given === undefined) return this.#pool.drawSpanId();
    this.#spanId = undefined;
    return given;
  }

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
