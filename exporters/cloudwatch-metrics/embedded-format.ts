/** Datums as log events in the embedded metric format: CloudWatch user guide, "Specification: Embedded metric format". */

import type { Datum } from './datum.js';

/** MetricDirective: metrics of one directive. */
export const MAX_METRICS_PER_EVENT = 100;
/** Values of one metric in one event. */
export const MAX_VALUES_PER_METRIC = 100;
/** Bytes of a log event that every runtime passes on whole. */
export const MAX_EVENT_BYTES = 262_144;

/** A metric's number, up to 100 of them, or its distribution in the form that Amazon's agent and collector send. */
type Target = number | number[] | Distribution;

interface Distribution {
  readonly Values?: number[];
  readonly Counts?: number[];
  readonly Count: number;
  readonly Sum: number;
  readonly Min: number;
  readonly Max: number;
}

/**
 * One line of JSON for each set of dimensions and time, or several where the format's limits ask for it. Each datum is in one line.
 * @param namespace valid for CloudWatch
 */
export function embeddedEvents(namespace: string, datums: readonly Datum[]): string[] {
  const groups = new Map<string, Datum[]>();
  for (const datum of datums) {
    const key = JSON.stringify([datum.Timestamp.getTime(), datum.Dimensions]);
    const group = groups.get(key);
    if (group) group.push(datum);
    else groups.set(key, [datum]);
  }
  return [...groups.values()].flatMap((group) => eventsOf(namespace, group));
}

/** Datums of one set of dimensions and time. */
function eventsOf(namespace: string, datums: readonly Datum[]): string[] {
  const names = new Set(datums.map(({ MetricName }) => MetricName));
  // A name stands once in an event.
  if (names.size < datums.length || datums.length > MAX_METRICS_PER_EVENT) return halves(namespace, datums);
  const event = JSON.stringify(eventOf(namespace, datums));
  return datums.length > 1 && Buffer.byteLength(event) > MAX_EVENT_BYTES ? halves(namespace, datums) : [event];
}

function halves(namespace: string, datums: readonly Datum[]): string[] {
  const seen = new Set<string>();
  const first = datums.filter(({ MetricName }) => !seen.has(MetricName) && seen.add(MetricName));
  if (first.length < datums.length) {
    const rest = datums.filter((datum) => !first.includes(datum));
    return [...eventsOf(namespace, first), ...eventsOf(namespace, rest)];
  }
  const middle = Math.ceil(datums.length / 2);
  return [...eventsOf(namespace, datums.slice(0, middle)), ...eventsOf(namespace, datums.slice(middle))];
}

function eventOf(namespace: string, datums: readonly Datum[]): Record<string, unknown> {
  const [{ Timestamp, Dimensions }] = datums as readonly [Datum, ...Datum[]];
  return {
    _aws: {
      Timestamp: Timestamp.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [Dimensions.map(({ Name }) => Name)],
          Metrics: datums.map(({ MetricName, Unit, StorageResolution }) => ({
            Name: MetricName,
            Unit,
            ...(StorageResolution && { StorageResolution }),
          })),
        },
      ],
    },
    ...Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
    ...Object.fromEntries(datums.map((datum) => [datum.MetricName, targetOf(datum)])),
  };
}

function targetOf({ Value, Values = [], Counts = [], StatisticValues }: Datum): Target {
  if (Value !== undefined) return Value;
  const total = Counts.reduce((sum, count) => sum + count, 0);
  if (StatisticValues === undefined && total <= MAX_VALUES_PER_METRIC && Counts.every(Number.isInteger)) {
    return Values.flatMap((value, i) => Array.from({ length: Counts[i] ?? 1 }, () => value));
  }
  const { SampleCount, Sum, Minimum, Maximum } = StatisticValues ?? statisticsOf(Values, Counts);
  return { ...(Values.length > 0 && { Values, Counts }), Count: SampleCount, Sum, Min: Minimum, Max: Maximum };
}

function statisticsOf(values: readonly number[], counts: readonly number[]): NonNullable<Datum['StatisticValues']> {
  return {
    SampleCount: counts.reduce((sum, count) => sum + count, 0),
    Sum: values.reduce((sum, value, i) => sum + value * (counts[i] ?? 1), 0),
    Minimum: Math.min(...values),
    Maximum: Math.max(...values),
  };
}
