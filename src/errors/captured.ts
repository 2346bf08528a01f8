/** What a source says of an error it hands to the reporter. */

import type { SpanContext } from '@opentelemetry/api';

/** What an event tells of the request an error belongs to; the record the server layer keeps of a request fits it. */
export interface FailedRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly route: string | undefined;
  readonly statusCode: number | undefined;
  /** What broke the answer off; the request failed whatever its status says. */
  readonly failure?: unknown;
  readonly userAgent: string | undefined;
  readonly requestId: string | undefined;
  readonly spanContext: SpanContext;
  /** The first error captured for the request; written by the reporter. */
  error: unknown;
}

export type Severity = 'warn' | 'error' | 'fatal';

export interface Captured {
  /** Absent: the request of the current context, if any. */
  request?: FailedRequest | undefined;
  /** Where it was seen: `uncaughtException`, `express`, `pino`, `captureError`, … */
  mechanism: string;
  /** Whether something of the application dealt with the error. */
  handled: boolean;
  /** Extra data of the application; redacted and bounded. */
  context?: Record<string, unknown> | undefined;
  /** Default `error`; `fatal` when `dying`. */
  severity?: Severity | undefined;
  /** The process is about to die of this error: its event is never limited away. */
  dying?: boolean | undefined;
  /** Reported whatever the answer to the request is. */
  always?: boolean | undefined;
  /** A request failed, also where no record of that request is known: then the status that the error names counts. */
  duringRequest?: boolean | undefined;
}

/** Where every source hands its errors; one `ErrorReporter` of the process, or a stand-in in tests. */
export interface CapturesErrors {
  /** Never throws. True: a new event was emitted, or waits for the answer to its request. */
  capture(error: unknown, how: Captured): boolean;
}
