/** The SDK's points as measurements of an interval. Reads shapes, not classes: OpenTelemetry 2.x and 3.x alike. */

import type { DataPoint, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Measure, Measurement } from './measurement.js';
import type { Temporality } from './temporality.js';

type HrTime = readonly [number, number];

/** `AggregationTemporality.CUMULATIVE` and `DataPointType`, by value: one package less to load, and any version of it will do. */
const CUMULATIVE = 1;
const HISTOGRAM = 0;
const EXPONENTIAL_HISTOGRAM = 1;
const GAUGE = 2;
const SUM = 3;

/**
 * Every point, with cumulative ones turned into what happened since the last export.
 * @param now epoch milliseconds
 * @param onUnknownStart told of each cumulative point that there is nothing to compare with
 */
export function* measurementsOf(
  { scopeMetrics }: ResourceMetrics,
  temporality: Temporality,
  now: number,
  onUnknownStart: (metric: string) => void = () => {},
): Generator<Measurement> {
  for (const { scope, metrics } of scopeMetrics) {
    for (const metric of metrics) {
      const instrument = `${scope.name}\u0000${scope.version ?? ''}\u0000${metric.descriptor.name}\u0000${metric.descriptor.unit}`;
      for (const reading of readings(metric, instrument, temporality, now)) {
        if (reading.measure === undefined) onUnknownStart(metric.descriptor.name);
        else yield measurement(metric, reading.point, reading.measure);
      }
    }
  }
}

interface Reading {
  readonly point: DataPoint<unknown>;
  readonly measure: Measure | undefined;
}

function* readings(metric: MetricData, instrument: string, temporality: Temporality, now: number): Generator<Reading> {
  const cumulative = metric.aggregationTemporality === CUMULATIVE;
  const keyOf = (point: DataPoint<unknown>) => `${instrument}\u0000${attributesKey(point.attributes)}`;
  const since = <V>(point: DataPoint<V>) => ({ start: milliseconds(point.startTime), value: point.value });
  switch (metric.dataPointType) {
    case GAUGE:
      for (const point of metric.dataPoints) yield { point, measure: { kind: 'gauge', values: [point.value] } };
      return;
    case SUM:
      for (const point of metric.dataPoints) {
        if (!metric.isMonotonic) {
          const value = cumulative ? point.value : temporality.level(keyOf(point), now, point.value);
          yield { point, measure: { kind: 'level', value } };
        } else {
          const value = cumulative ? temporality.sum(keyOf(point), now, since(point)) : point.value;
          yield { point, measure: value === undefined ? undefined : { kind: 'sum', value } };
        }
      }
      return;
    case EXPONENTIAL_HISTOGRAM:
      for (const point of metric.dataPoints) {
        const value = cumulative ? temporality.exponential(keyOf(point), now, since(point)) : point.value;
        yield { point, measure: value === undefined ? undefined : { kind: 'exponential', point: value } };
      }
      return;
    case HISTOGRAM:
      for (const point of metric.dataPoints) {
        const value = cumulative ? temporality.explicit(keyOf(point), now, since(point)) : point.value;
        yield { point, measure: value === undefined ? undefined : { kind: 'explicit', point: value } };
      }
  }
}

function measurement(metric: MetricData, point: DataPoint<unknown>, measure: Measure): Measurement {
  return {
    name: metric.descriptor.name,
    unit: metric.descriptor.unit,
    monotonic: metric.dataPointType === SUM && metric.isMonotonic,
    attributes: point.attributes,
    time: milliseconds(point.endTime),
    measure,
  };
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + Math.floor(nanoseconds / 1e6);
}

/** The same for the same attributes in any order, and for no others. */
function attributesKey(attributes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(
    Object.keys(attributes)
      .sort()
      .map((name) => [name, attributes[name]]),
  );
}
