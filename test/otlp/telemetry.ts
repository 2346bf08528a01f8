import { AggregationTemporality, DataPointType, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import type { PlainLogRecord, PlainSpan } from '../../src/wire/messages.js';

/** One piece of telemetry of each signal, as it comes to the destinations. */

const TRACE = 'a'.repeat(32);
const CONVENTIONS = 'https://opentelemetry.io/schemas/1.30.0';
export const SCOPE = { name: 'shop', version: '1.0.0', schemaUrl: CONVENTIONS };

const now = (): [number, number] => [Math.floor(Date.now() / 1000), 0];

export function span(name = 'GET /'): PlainSpan {
  return {
    name,
    kind: 1,
    context: { traceId: TRACE, spanId: '00000000000000b7', traceFlags: 1 },
    startTime: now(),
    endTime: now(),
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    scope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

export function logRecord(body = 'out of stock'): PlainLogRecord {
  const time = now();
  return { hrTime: time, hrTimeObserved: time, body, attributes: {}, scope: SCOPE, droppedAttributesCount: 0 };
}

export function scopeMetrics(name = 'orders'): ScopeMetrics[] {
  const descriptor = { name, description: '', unit: '1', valueType: 1, advice: {} };
  return [
    {
      scope: SCOPE,
      metrics: [
        {
          descriptor,
          dataPointType: DataPointType.SUM,
          isMonotonic: true,
          aggregationTemporality: AggregationTemporality.DELTA,
          dataPoints: [{ startTime: now(), endTime: now(), attributes: {}, value: 3 }],
        },
      ],
    },
  ];
}
