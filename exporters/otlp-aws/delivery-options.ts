import type { AwsOptions } from '../aws/client-options.js';
import type { Internals } from '../aws/internals.js';
import type { SelfCounters } from '../aws/self-counters.js';

/** What both OTLP exporters take besides where to send. */
export interface OtlpExporterOptions extends AwsOptions {
  /** Items held, waiting and in flight together; more drops the oldest. */
  readonly maxQueueSize?: number;
  /** Bytes held, uncompressed. */
  readonly maxQueueBytes?: number;
  /** Milliseconds after which an item that could not be sent is dropped. Default 10 minutes. */
  readonly maxAge?: number;
  /** Requests under way at the same time. Default 2. */
  readonly concurrency?: number;
  /** Milliseconds that `forceFlush()` takes at most. Default 10 000. */
  readonly flushTimeout?: number;
  /** Milliseconds that `shutdown()` takes at most before what is left is dropped and counted. Default 5000. */
  readonly shutdownTimeout?: number;
  /** Where sent, failed, dropped and retried items are counted; exporters may share one. */
  readonly counters?: SelfCounters;
}

/** @internal What the delivery worker and tests give besides the options. */
export interface OtlpExporterInternals extends Internals {
  /**
   * The exporter's thread does nothing else. The exporter may hold it, 3 ms for 2000 spans: it compresses requests itself and leaves
   * the thread pool to the application. Default false.
   */
  readonly hasOwnThread?: boolean;
}

export const MAX_AGE = 600_000;
export const FLUSH_TIMEOUT = 10_000;
export const SHUTDOWN_TIMEOUT = 5_000;
