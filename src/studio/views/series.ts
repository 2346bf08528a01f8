import { parseStatistic } from '../../cloudwatch/statistic.js';
import type { Datum } from '../datum.js';
import { datumsOf } from '../point-data.js';
import { bucketise } from '../services/metric-queries.js';
import { evaluate } from '../statistics.js';
import type { MetricSeries } from '../store/metric-series.js';
import type { PointSeries } from '../store/points.js';
import type { Store } from '../store/store.js';
import { type TimeRange, within } from '../time-range.js';

/** One line of the list of metrics. */
export interface SeriesRow {
  readonly id: string;
  /** `cloudwatch`: by PutMetricData. `otlp`, `monitoring`: by OTLP, plain or signed. */
  readonly source: string;
  /** Of CloudWatch; the scope's name for OTLP. */
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly received: number;
  /** Epoch milliseconds. */
  readonly lastArrival: number;
  /** The newest datum's average; null: it tells none. */
  readonly latest: number | null;
}

export function listSeries(store: Store): SeriesRow[] {
  return [...store.metrics.list().map(cloudwatchRow), ...store.points.list().map(otlpRow)].sort(
    (a, b) => compare(a.name, b.name) || compare(dimensionText(a), dimensionText(b)),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const dimensionText = ({ dimensions }: SeriesRow): string => Object.values(dimensions).join(' ');

function cloudwatchRow(series: MetricSeries): SeriesRow {
  const newest = series.data.at(-1);
  return {
    id: series.id,
    source: 'cloudwatch',
    namespace: series.namespace,
    name: series.name,
    unit: newest?.unit ?? 'None',
    dimensions: Object.fromEntries(series.dimensions.map(({ name, value }) => [name, value])),
    received: series.received,
    lastArrival: series.lastArrival,
    latest: newest === undefined ? null : averageOf(newest),
  };
}

function otlpRow(series: PointSeries): SeriesRow {
  const newest = series.points.at(-1);
  const latest = newest === undefined ? undefined : 'value' in newest ? newest.value : (newest.sum ?? 0) / newest.count;
  return {
    id: series.id,
    source: series.origin.receiver,
    namespace: series.origin.scope.name,
    name: series.metric.name,
    unit: series.metric.unit,
    dimensions: Object.fromEntries(Object.entries(series.attributes).map(([name, value]) => [name, String(value)])),
    received: series.received,
    lastArrival: newest?.arrived ?? 0,
    latest: latest !== undefined && Number.isFinite(latest) ? latest : null,
  };
}

function averageOf(datum: Datum): number | null {
  if (datum.value !== undefined) return datum.value;
  if (datum.statistics !== undefined) return datum.statistics.sum / datum.statistics.sampleCount;
  const values = datum.values ?? [];
  const count = values.reduce((sum, _value, index) => sum + (datum.counts?.[index] ?? 1), 0);
  const sum = values.reduce((total, value, index) => total + value * (datum.counts?.[index] ?? 1), 0);
  return count === 0 ? null : sum / count;
}

export interface SeriesDetail extends SeriesRow {
  /** Seconds of a plotted point. */
  readonly period: number;
  /** Epoch milliseconds and values of each statistic; null: it cannot be told. */
  readonly times: readonly number[];
  readonly statistics: Readonly<Record<string, readonly (number | null)[]>>;
  /** The newest datums as CloudWatch stored them, newest first; for OTLP, the points as they came. */
  readonly stored: readonly unknown[];
  /** By OTLP only: what it is. */
  readonly instrument?: unknown;
  readonly resource?: unknown;
}

export const STATISTICS = ['Average', 'Sum', 'SampleCount', 'Minimum', 'Maximum', 'p50', 'p90', 'p99'] as const;
const STORED_SHOWN = 20;

/** Undefined: no such series. */
export function describeSeries(store: Store, id: string, range: TimeRange, period: number): SeriesDetail | undefined {
  const series = store.metrics.list().find((one) => one.id === id);
  if (series !== undefined) {
    const stored = series.data.toArray().slice(-STORED_SHOWN).reverse();
    return { ...cloudwatchRow(series), ...plot(series.data, range, period), stored };
  }
  const points = store.points.list().find((one) => one.id === id);
  if (points === undefined) return undefined;
  return {
    ...otlpRow(points),
    ...plot(datumsOf(points), range, period),
    stored: points.points.toArray().slice(-STORED_SHOWN).reverse(),
    instrument: points.metric,
    resource: points.origin.resource,
  };
}

function plot(
  data: Iterable<Datum>,
  range: TimeRange,
  period: number,
): Pick<SeriesDetail, 'period' | 'times' | 'statistics'> {
  const buckets = bucketise(within(data, range), period, Number.NEGATIVE_INFINITY, range.end, 'arrival');
  const statistics = STATISTICS.flatMap((name) => {
    const statistic = parseStatistic(name);
    if (statistic === undefined) return [];
    return [[name, buckets.map((bucket) => evaluate(statistic, bucket.summary) ?? null)] as const];
  });
  return { period, times: buckets.map(({ start }) => start), statistics: Object.fromEntries(statistics) };
}
