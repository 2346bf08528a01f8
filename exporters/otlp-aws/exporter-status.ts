import type { QueueStatus } from '../aws/delivery-queue.js';
import type { CounterReading } from '../aws/self-counters.js';

/** Where an exporter stands; plain data. */
export interface OtlpExporterStatus {
  /** Absent as long as the region is not known. */
  readonly url?: string;
  readonly region?: string;
  readonly queue: QueueStatus;
  /** Milliseconds that the service's clock was found to be ahead of ours. */
  readonly clockOffset: number;
  readonly counters: CounterReading[];
}
