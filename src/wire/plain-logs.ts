import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { type PlainLogRecord, plainContext } from './messages.js';

/** A log record as plain data. */
export function toPlainLogRecord(record: ReadableLogRecord): PlainLogRecord {
  const { name, version, schemaUrl } = record.instrumentationScope;
  return {
    hrTime: record.hrTime,
    hrTimeObserved: record.hrTimeObserved,
    attributes: record.attributes,
    scope: { name, ...(version && { version }), ...(schemaUrl && { schemaUrl }) },
    droppedAttributesCount: record.droppedAttributesCount,
    ...(record.spanContext && { context: plainContext(record.spanContext) }),
    ...(record.severityText !== undefined && { severityText: record.severityText }),
    ...(record.severityNumber !== undefined && { severityNumber: record.severityNumber }),
    ...(record.body !== undefined && { body: record.body }),
    ...(record.eventName !== undefined && { eventName: record.eventName }),
  };
}
