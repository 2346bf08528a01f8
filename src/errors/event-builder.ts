/** Fills an event: redacts, follows causes, reads the process. */

import { type Attributes, isSpanContextValid, type Span, type SpanContext } from '@opentelemetry/api';
import type { Redactor } from '../redaction/redactor.js';
import type { Captured, FailedRequest } from './captured.js';
import type { Description } from './describe.js';
import { ErrorTexts } from './error-texts.js';
import type { ErrorEvent, EventCause, EventProcess, EventRequest, KindName } from './event.js';
import { errorStatus } from './http-status.js';
import { linkedErrors } from './linked-errors.js';

const MAX_FIELD = 1024;
const MAX_KIND_MESSAGE = 512;

/** Each may throw: the event goes without that reading. */
export interface ProcessReadings {
  /** Seconds. */
  uptime(): number;
  /** Resident set, bytes. Node reads it from `/proc`, which takes a descriptor. */
  rss(): number;
  /** Bytes. */
  heapUsed(): number;
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
  /** The job or message that it happened in. */
  work: Attributes | undefined;
  /** Epoch milliseconds. */
  now: number;
  fingerprint: string;
}

export class EventBuilder {
  readonly texts: ErrorTexts;
  readonly #redactor: Redactor;
  readonly #readings: ProcessReadings;
  readonly #warn: (message: string) => void;

  /** @param ownFolder as {@link ErrorTexts} takes it */
  constructor(redactor: Redactor, readings: ProcessReadings, warn: (message: string) => void, ownFolder?: string) {
    this.texts = new ErrorTexts(redactor, ownFolder);
    this.#redactor = redactor;
    this.#readings = readings;
    this.#warn = warn;
  }

  /** @param suppressed how many of the kind were not sent since the one before */
  build(occasion: Occasion, suppressed: number): ErrorEvent {
    const { how, error } = occasion;
    const { linked, truncated } = linkedErrors(error);
    return {
      ...this.bare(occasion, suppressed),
      causes: linked.map((cause) => this.#cause(cause.path, cause.error)),
      causesTruncated: truncated,
      request: occasion.request === undefined ? undefined : this.#request(occasion.request, error),
      work: occasion.work === undefined ? undefined : this.#work(occasion.work),
      spanContext: spanContextOf(occasion),
      context: how.context === undefined ? undefined : this.#redactor.copy(how.context),
    };
  }

  /** The event without what may fail: causes, request, context. */
  bare({ how, raw, fingerprint, now }: Occasion, suppressed: number): ErrorEvent {
    const { type, message, code, stack } = this.texts.redact(raw);
    return {
      timestamp: now,
      severity: how.dying === true ? 'fatal' : (how.severity ?? 'error'),
      type,
      message,
      code,
      stacktrace: stack,
      causes: [],
      causesTruncated: false,
      fingerprint,
      mechanism: how.mechanism,
      handled: how.handled,
      suppressed,
      request: undefined,
      work: undefined,
      spanContext: undefined,
      process: this.#process(),
      context: undefined,
    };
  }

  kindName(raw: Description, fingerprint: string): KindName {
    return {
      type: this.#redactor.text(raw.type, MAX_KIND_MESSAGE),
      message: this.#redactor.text(raw.message, MAX_KIND_MESSAGE),
      fingerprint,
    };
  }

  #process(): EventProcess {
    const { runtimeVersion } = this.#readings;
    return {
      runtimeVersion,
      uptime: this.#reading('uptime'),
      memoryUsage: this.#reading('rss'),
      heapUsed: this.#reading('heapUsed'),
    };
  }

  #reading(name: 'uptime' | 'rss' | 'heapUsed'): number | undefined {
    try {
      return this.#readings[name]();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#warn(`an error's event goes without ${name}, which can't be read: ${reason}`);
      return undefined;
    }
  }

  #cause(path: string, error: unknown): EventCause {
    const { type, message, code, stack } = this.texts.redact(this.texts.describe(error));
    return { path, type, message, code, stacktrace: stack };
  }

  #work(work: Attributes): Attributes {
    const texts = Object.entries(work).map(([key, value]) => [key, this.#redactor.text(String(value), MAX_FIELD)]);
    return Object.fromEntries(texts);
  }

  #request(request: FailedRequest, error: unknown): EventRequest {
    const text = (value: string): string => this.#redactor.text(value, MAX_FIELD);
    return {
      method: request.method,
      route: request.route,
      path: text(this.#redactor.path(request.path, request.route)),
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
