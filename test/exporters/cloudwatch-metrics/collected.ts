/** What a reader hands to an exporter, written out: no SDK needed, and points that no SDK would make can be made. */

import type { MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ExplicitPoint, ExponentialPoint } from '../../../exporters/cloudwatch-metrics/histogram.js';

export const RESOURCE = { 'service.name': 'checkout', 'deployment.environment.name': 'prod' };

type Attributes = Readonly<Record<string, unknown>>;
type Temporality = 'delta' | 'cumulative';

interface Point<V> {
  readonly value: V;
  readonly attributes?: Attributes;
  /** Epoch milliseconds. */
  readonly start?: number;
  readonly time: number;
}

export function collected(metrics: readonly unknown[], resource: Attributes = RESOURCE): ResourceMetrics {
  return {
    resource: { attributes: resource },
    scopeMetrics: [{ scope: { name: 'test' }, metrics: metrics as MetricData[] }],
  } as unknown as ResourceMetrics;
}

export function counter(
  name: string,
  points: readonly Point<number>[],
  unit = '{thing}',
  temporality: Temporality = 'delta',
) {
  return { ...metric(name, unit, points, temporality), dataPointType: 3, isMonotonic: true };
}

export function upDownCounter(
  name: string,
  points: readonly Point<number>[],
  unit = '{thing}',
  temporality: Temporality = 'cumulative',
) {
  return { ...metric(name, unit, points, temporality), dataPointType: 3, isMonotonic: false };
}

export function gauge(name: string, points: readonly Point<number>[], unit = '1') {
  return { ...metric(name, unit, points, 'delta'), dataPointType: 2 };
}

export function histogram(
  name: string,
  points: readonly Point<ExponentialPoint>[],
  unit = 's',
  temporality: Temporality = 'delta',
) {
  return { ...metric(name, unit, points, temporality), dataPointType: 1 };
}

export function explicitHistogram(
  name: string,
  points: readonly Point<ExplicitPoint>[],
  unit = 's',
  temporality: Temporality = 'delta',
) {
  return { ...metric(name, unit, points, temporality), dataPointType: 0 };
}

function metric(name: string, unit: string, points: readonly Point<unknown>[], temporality: Temporality) {
  return {
    descriptor: { name, unit, description: '', valueType: 1 },
    aggregationTemporality: temporality === 'delta' ? 0 : 1,
    dataPoints: points.map(({ value, attributes = {}, start = 0, time }) => ({
      value,
      attributes,
      startTime: hrTime(start),
      endTime: hrTime(time),
    })),
  };
}

function hrTime(time: number): [number, number] {
  const seconds = Math.floor(time / 1000);
  return [seconds, Math.round((time - seconds * 1000) * 1e6)];
}
