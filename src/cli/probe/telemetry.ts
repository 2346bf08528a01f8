import { randomBytes } from 'node:crypto';
import type { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Telemetry } from '../../wire/messages.js';

export type ProbeKind = 'metric' | 'error' | 'trace';

export const SIGNALS = { metric: 'metrics', error: 'logs', trace: 'traces' } as const;

/** One item of telemetry, and how it is found again. */
export interface Probe {
  readonly kind: ProbeKind;
  readonly telemetry: Telemetry;
  /** Name of the metric; fingerprint of the error; trace id, W3C form. */
  readonly key: string;
  /** Epoch milliseconds. */
  readonly time: number;
}

/** The metric that is sent where nobody names another. */
export const TEST_METRIC: TestMetric = { name: 'monitoring.test', value: 1, unit: '1' };

export interface TestMetric {
  readonly name: string;
  readonly value: number;
  /** UCUM, or one of CloudWatch's own. */
  readonly unit: string;
}

const SCOPE = { name: '@org/monitoring/test' };
/** A gauge and deltas, by the numbers of OpenTelemetry's SDK. */
const GAUGE = 2;
const DELTA = 0;
const ERROR = 17;

/**
 * @param now epoch milliseconds
 * @param given of the metric, what is not as in {@link TEST_METRIC}
 */
export function createProbe(kind: ProbeKind, now: number, given: Partial<TestMetric> = {}): Probe {
  const traceId = traceIdAt(now);
  const time = { kind, time: now };
  if (kind === 'metric') {
    const whole = { ...TEST_METRIC, ...given };
    return { ...time, key: whole.name, telemetry: metric(now, whole) };
  }
  if (kind === 'trace') return { ...time, key: traceId, telemetry: span(traceId, now) };
  const fingerprint = randomBytes(8).toString('hex');
  return { ...time, key: fingerprint, telemetry: error(fingerprint, traceId, now) };
}

/** X-Ray takes ids whose first eight digits are the second of their making. */
function traceIdAt(now: number): string {
  return Math.floor(now / 1000)
    .toString(16)
    .padStart(8, '0')
    .concat(randomBytes(12).toString('hex'));
}

function hrTime(milliseconds: number): [number, number] {
  return [Math.floor(milliseconds / 1000), Math.round((milliseconds % 1000) * 1e6)];
}

function metric(now: number, { name, value, unit }: TestMetric): Telemetry {
  const point = { startTime: hrTime(now), endTime: hrTime(now), attributes: {}, value };
  const data = {
    descriptor: {
      name,
      description: 'a test of monitoring test metric',
      unit,
      valueType: 1,
      advice: {},
    },
    aggregationTemporality: DELTA,
    dataPointType: GAUGE,
    dataPoints: [point],
  };
  return { kind: 'metrics', scopeMetrics: [{ scope: SCOPE, metrics: [data as never] }] };
}

function span(traceId: string, now: number): Telemetry {
  return {
    kind: 'spans',
    count: 1,
    spans: [
      {
        name: 'monitoring test trace',
        kind: 1 as SpanKind,
        context: { traceId, spanId: randomBytes(8).toString('hex'), traceFlags: 1 },
        startTime: hrTime(now - 5),
        endTime: hrTime(now),
        status: { code: 1 as SpanStatusCode },
        attributes: { 'monitoring.test': true },
        links: [],
        events: [],
        scope: SCOPE,
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
      },
    ],
  };
}

function error(fingerprint: string, traceId: string, now: number): Telemetry {
  const message = 'Test error of monitoring test error';
  return {
    kind: 'logs',
    records: [
      {
        hrTime: hrTime(now),
        hrTimeObserved: hrTime(now),
        context: { traceId, spanId: randomBytes(8).toString('hex'), traceFlags: 0 },
        severityText: 'ERROR',
        severityNumber: ERROR,
        body: message,
        eventName: 'exception',
        attributes: {
          exception: { type: 'MonitoringTestError', message, stacktrace: `MonitoringTestError: ${message}` },
          error: { fingerprint },
          'monitoring.test': true,
        },
        scope: SCOPE,
        droppedAttributesCount: 0,
      },
    ],
  };
}
