import { type Attributes, type HrTime, SeverityNumber, type SpanContext, TraceFlags } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0, 123);

export const spanContext: SpanContext = {
  traceId: '5e1b41515ac6c58f5b5dbf7f2c1d5a4f',
  spanId: '53995c3f42cd8ad8',
  traceFlags: TraceFlags.SAMPLED,
};

export function hrTime(milliseconds: number): HrTime {
  return [Math.floor(milliseconds / 1000), Math.round((milliseconds % 1000) * 1e6)];
}

export const resource = resourceFromAttributes({
  'service.name': 'checkout',
  'deployment.environment.name': 'prod',
  'host.name': 'ip-10-0-0-1',
  'process.command_args': ['node', 'app.js'],
});

export function record(given: Partial<ReadableLogRecord> & { attributes?: Attributes } = {}): ReadableLogRecord {
  return {
    hrTime: hrTime(NOW),
    hrTimeObserved: hrTime(NOW),
    severityNumber: SeverityNumber.ERROR,
    severityText: 'ERROR',
    body: 'payment failed',
    resource,
    instrumentationScope: { name: 'pino' },
    attributes: {},
    droppedAttributesCount: 0,
    ...given,
  };
}
