/** Fills an event: redacts, follows causes, reads the process. */

import { isSpanContextValid, type Span, type SpanContext } from '@opentelemetry/api';
import type { Redactor } from '../redaction/redactor.js';
import type { Captured, FailedRequest } from './captured.js';
import type { Description } from './describe.js';
import { ErrorTexts } from './error-texts.js';
import type { ErrorEvent, EventCause, EventRequest, KindName } from './event.js';
import { errorStatus } from './http-status.js';
import { linkedErrors } from './linked-errors.js';

const MAX_FIELD = 1024;
const MAX_KIND_MESSAGE = 512;

export interface ProcessReadings {
  /** Seconds. */
  uptime(): number;
  /** Bytes. */
  memory(): { rss: number; heapUsed: number };
  /** As in `process.versions.node`. */
  runtimeVersion: string;
}

/** An error, seen somewhere. */
export interface Occasion {
  error: unknown;
  /** As it was thrown, not redacted. */
  raw: Description;
  how: Captured;
  request: FailedRequest | undefined;
  span: Span | undefined;
  /** Epoch milliseconds. */
  now: number;
  fingerprint: string;
}

export class EventBuilder {
  readonly texts: ErrorTexts;
  readonly #redactor: Redactor;
  readonly #readings: ProcessReadings;

  constructor(redactor: Redactor, readings: ProcessReadings) {
    this.texts = new ErrorTexts(redactor);
    this.#redactor = redactor;
    this.#readings = readings;
  }

  /** @param suppressed how many of the kind were not sent since the one before */
  build(occasion: Occasion, suppressed: number): ErrorEvent {
    const { how, error, raw, fingerprint } = occasion;
    const { type, message, code, stack } = this.texts.redact(raw);
    const { linked, truncated } = linkedErrors(error);
    const { rss, heapUsed } = this.#readings.memory();
    return {
      timestamp: occasion.now,
      severity: how.dying === true ? 'fatal' : (how.severity ?? 'error'),
      type,
      message,
      code,
      stacktrace: stack,
      causes: linked.map((cause) => this.#cause(cause.path, cause.error)),
      causesTruncated: truncated,
      fingerprint,
      mechanism: how.mechanism,
      handled: how.handled,
      suppressed,
      request: occasion.request === undefined ? undefined : this.#request(occasion.request, error),
      spanContext: spanContextOf(occasion),
      process: {
        runtimeVersion: this.#readings.runtimeVersion,
        uptime: this.#readings.uptime(),
        memoryUsage: rss,
        heapUsed,
      },
      context: how.context === undefined ? undefined : this.#redactor.copy(how.context),
    };
  }

  kindName(raw: Description, fingerprint: string): KindName {
    return {
      type: this.#redactor.text(raw.type, MAX_KIND_MESSAGE),
      message: this.#redactor.text(raw.message, MAX_KIND_MESSAGE),
      fingerprint,
    };
  }

  #cause(path: string, error: unknown): EventCause {
    const { type, message, code, stack } = this.texts.redact(this.texts.describe(error));
    return { path, type, message, code, stacktrace: stack };
  }

  #request(request: FailedRequest, error: unknown): EventRequest {
    const text = (value: string): string => this.#redactor.text(value, MAX_FIELD);
    return {
      method: request.method,
      route: request.route,
      path: text(request.path),
      statusCode: request.statusCode ?? errorStatus(error),
      userAgent: request.userAgent === undefined ? undefined : text(request.userAgent),
      requestId: request.requestId === undefined ? undefined : text(request.requestId),
    };
  }
}

/** The innermost span of the request's trace; the request's own when the active span is of another trace or none. */
export function spanContextOf(occasion: Pick<Occasion, 'request' | 'span'>): SpanContext | undefined {
  const active = occasion.span?.spanContext();
  const own = occasion.request?.spanContext;
  const usable =
    active !== undefined && isSpanContextValid(active) && (own === undefined || own.traceId === active.traceId);
  return usable ? active : own;
}
