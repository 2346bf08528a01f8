/** What was called and what was refused. */

/** The service whose manners a call gets; `otlp` is a plain OpenTelemetry receiver. */
export type Service = 'cloudwatch' | 'logs' | 'sts' | 'xray' | 'otlp' | 'unknown';

export interface CallRecord {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly service: Service;
  /** `PutMetricData`, `v1/traces`, … */
  readonly action: string;
  /** 0: no answer was given (reset, hang, the client went away). */
  readonly status: number;
  readonly error?: string;
  /** Datums, events, spans, points or records in the request. */
  readonly items: number;
  /** As sent. */
  readonly wireBytes: number;
  /** After decompression. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly signed: boolean;
  readonly region?: string;
  readonly fault?: string;
}

export interface Refusal {
  readonly at: number;
  readonly service: Service;
  readonly action: string;
  /** An error code, or `partial` when the rest of the request was accepted. */
  readonly code: string;
  readonly message: string;
  /** 200 when the rest of the request was accepted. */
  readonly status: number;
  /** Datums, events, spans, points or records that were lost by it. */
  readonly items: number;
  /** The kind of the fault on demand that it comes from. */
  readonly fault?: string;
}

export const CALLS_KEPT = 2000;
export const REFUSALS_KEPT = 500;
/** Characters of a refusal's message that are kept. */
export const MESSAGE_KEPT = 2000;
