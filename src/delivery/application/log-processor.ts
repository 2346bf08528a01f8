import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { Telemetry } from '../../wire/messages.js';
import { toPlainLogRecord } from '../../wire/plain-logs.js';

/** Hands each log record to the worker at once: the process may have no later moment. */
export class DeliveryLogRecordProcessor implements LogRecordProcessor {
  constructor(private readonly post: (telemetry: Telemetry) => void) {}

  onEmit(record: ReadableLogRecord): void {
    this.post({ kind: 'logs', records: [toPlainLogRecord(record)] });
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
