import { AwsError } from '../aws-error.js';
import type { Datum, Dimension } from '../datum.js';
import type { Input } from '../input.js';
import { evaluate, parseStatistic, type Statistic, type Summary, summarise } from '../statistics.js';
import type { MetricSeries, MetricStore } from '../store/metric-series.js';
import { paginate } from './pages.js';

/** Queries of GetMetricData. */
export const MAX_QUERIES = 500;
/** Data points that one GetMetricStatistics may span. */
export const MAX_DATAPOINTS = 1440;
/** Metrics on one page of ListMetrics. */
export const METRICS_PAGE = 500;
/** Data points of one GetMetricData. */
const MAX_RESULT_POINTS = 100_800;
const RECENT = 3 * 3600 * 1000;

export interface Bucket {
  /** Epoch milliseconds: the start of the period. */
  readonly start: number;
  readonly unit: string;
  readonly summary: Summary;
}

/** Where CloudWatch files a datum: on the second or the minute, by its resolution. */
const filed = (datum: Datum): number => {
  const step = datum.resolution * 1000;
  return Math.floor(datum.timestamp / step) * step;
};

/**
 * Datums by period and unit (CloudWatch aggregates each unit on its own), oldest first.
 *
 * @param period seconds
 * @param start epoch milliseconds, inclusive
 * @param end epoch milliseconds, exclusive
 * @param filing `resolution`: on the second or the minute, as CloudWatch does. `arrival`: at the datum's own time, which shows within
 *   a minute what CloudWatch would show after it.
 */
export function bucketise(
  data: Iterable<Datum>,
  period: number,
  start: number,
  end: number,
  filing: 'resolution' | 'arrival' = 'resolution',
): Bucket[] {
  const groups = new Map<string, { start: number; unit: string; data: Datum[] }>();
  const step = period * 1000;
  const first = Math.floor(start / step) * step;
  for (const datum of data) {
    const at = filing === 'arrival' ? datum.timestamp : filed(datum);
    if (at < first || at >= end) continue;
    const bucket = Math.floor(at / step) * step;
    const key = `${bucket} ${datum.unit}`;
    const group = groups.get(key) ?? { start: bucket, unit: datum.unit, data: [] };
    group.data.push(datum);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => a.start - b.start).flatMap(toBucket);
}

function toBucket(group: { start: number; unit: string; data: Datum[] }): Bucket[] {
  const summary = summarise(group.data);
  return summary === undefined ? [] : [{ start: group.start, unit: group.unit, summary }];
}

export function readDimensions(input: Input): Dimension[] {
  return (input.inputs('Dimensions') ?? []).map((dimension) => ({
    name: required(dimension, 'Name'),
    value: required(dimension, 'Value'),
  }));
}

export function required(input: Input, name: string): string {
  const value = input.string(name);
  if (value === undefined || value === '') throw missing(name);
  return value;
}

const missing = (name: string): AwsError =>
  new AwsError('MissingParameter', `The parameter ${name} is required.`, {
    shape: 'MissingRequiredParameterException',
  });
const invalid = (message: string): AwsError =>
  new AwsError('InvalidParameterValue', message, { shape: 'InvalidParameterValueException' });
const combination = (message: string): AwsError =>
  new AwsError('InvalidParameterCombination', message, { shape: 'InvalidParameterCombinationException' });
const validation = (message: string): AwsError =>
  new AwsError('ValidationError', message, { shape: 'ValidationException' });

function requiredTime(input: Input, name: string): number {
  const time = input.time(name);
  if (time === undefined) throw missing(name);
  return time;
}

function readPeriod(input: Input): number {
  const period = input.number('Period');
  if (period === undefined) throw missing('Period');
  const fine = [1, 5, 10, 20, 30].includes(period) || (period > 0 && period % 60 === 0);
  if (!fine) throw invalid(`The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.`);
  return period;
}

export function listMetrics(store: MetricStore, input: Input, now: number): Record<string, unknown> {
  const filters = (input.inputs('Dimensions') ?? []).map((filter) => ({
    name: required(filter, 'Name'),
    value: filter.string('Value'),
  }));
  const recently = input.string('RecentlyActive');
  if (recently !== undefined && recently !== 'PT3H') throw validation('RecentlyActive must be PT3H.');
  const namespace = input.string('Namespace');
  const name = input.string('MetricName');
  const found = store
    .list()
    .filter(
      (series) =>
        (namespace === undefined || series.namespace === namespace) &&
        (name === undefined || series.name === name) &&
        (recently === undefined || series.lastArrival >= now - RECENT) &&
        filters.every((filter) => hasDimension(series, filter.name, filter.value)),
    );
  const { items, nextToken } = paginate(found, METRICS_PAGE, input.string('NextToken'));
  return { Metrics: items.map(describeMetric), ...(nextToken === undefined ? {} : { NextToken: nextToken }) };
}

const hasDimension = (series: MetricSeries, name: string, value: string | undefined): boolean =>
  series.dimensions.some((dimension) => dimension.name === name && (value === undefined || dimension.value === value));

const describeMetric = (series: MetricSeries): Record<string, unknown> => ({
  Namespace: series.namespace,
  MetricName: series.name,
  Dimensions: series.dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
});

export function getMetricStatistics(store: MetricStore, input: Input): Record<string, unknown> {
  const [namespace, name] = [required(input, 'Namespace'), required(input, 'MetricName')];
  const [start, end] = [requiredTime(input, 'StartTime'), requiredTime(input, 'EndTime')];
  const period = readPeriod(input);
  if (start >= end) throw combination('The parameter StartTime must be less than the parameter EndTime.');
  const points = Math.ceil((end - start) / (period * 1000));
  if (points > MAX_DATAPOINTS) {
    throw combination(
      `You have requested up to ${points} datapoints, which exceeds the limit of ${MAX_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  const names = input.strings('Statistics') ?? [];
  const extended = input.strings('ExtendedStatistics') ?? [];
  if (names.length + extended.length === 0) throw missing('Statistics');
  const wanted = [...names, ...extended].map((label) => ({ label, statistic: readStatistic(label, 'Statistics') }));
  const unit = input.string('Unit');
  const data = store.find(namespace, name, readDimensions(input))?.data ?? [];
  const buckets = bucketise(data, period, start, end).filter((bucket) => unit === undefined || bucket.unit === unit);
  return { Label: name, Datapoints: buckets.map((bucket) => datapoint(bucket, wanted)) };
}

interface Wanted {
  readonly label: string;
  readonly statistic: Statistic;
}

const SIMPLE: ReadonlySet<string> = new Set(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']);

function datapoint(bucket: Bucket, wanted: readonly Wanted[]): Record<string, unknown> {
  const values = wanted.flatMap(({ label, statistic }) => {
    const value = evaluate(statistic, bucket.summary);
    return value === undefined ? [] : [[label, value] as const];
  });
  const extended = values.filter(([label]) => !SIMPLE.has(label));
  return {
    Timestamp: bucket.start / 1000,
    Unit: bucket.unit,
    ...Object.fromEntries(values.filter(([label]) => SIMPLE.has(label))),
    ...(extended.length === 0 ? {} : { ExtendedStatistics: Object.fromEntries(extended) }),
  };
}

function readStatistic(name: string, path: string): Statistic {
  const statistic = parseStatistic(name);
  if (statistic === undefined) throw validation(`The value ${name} for parameter ${path} is not a valid statistic.`);
  return statistic;
}

export function getMetricData(store: MetricStore, input: Input): Record<string, unknown> {
  const [start, end] = [requiredTime(input, 'StartTime'), requiredTime(input, 'EndTime')];
  if (start >= end) throw validation('The parameter EndTime must be greater than StartTime.');
  const queries = input.inputs('MetricDataQueries') ?? [];
  if (queries.length === 0) throw missing('MetricDataQueries');
  if (queries.length > MAX_QUERIES) {
    throw validation(`The collection MetricDataQueries must not have a size greater than ${MAX_QUERIES}.`);
  }
  const ascending = input.string('ScanBy') === 'TimestampAscending';
  checkIds(queries);
  const results = queries.map((query, index) => runQuery(store, query, index, { start, end, ascending }));
  const shown = results.filter((_, index) => queries[index]?.boolean('ReturnData') !== false);
  if (shown.reduce((sum, result) => sum + result.Timestamps.length, 0) > MAX_RESULT_POINTS) {
    throw validation(`The request asks for more than ${MAX_RESULT_POINTS} data points.`);
  }
  return { MetricDataResults: shown, Messages: [] };
}

function checkIds(queries: readonly Input[]): void {
  const seen = new Set<string>();
  for (const [index, query] of queries.entries()) {
    const id = query.string('Id') ?? '';
    const path = `MetricDataQueries.member.${index + 1}.Id`;
    if (!/^[a-z][a-zA-Z0-9_]{0,254}$/.test(id))
      throw validation(
        `The value ${id} for parameter ${path} is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
      );
    if (seen.has(id)) throw validation(`The values for parameter Id in MetricDataQueries are not unique.`);
    seen.add(id);
  }
}

interface QueryResult {
  readonly Id: string;
  readonly Label: string;
  readonly Timestamps: readonly number[];
  readonly Values: readonly number[];
  readonly StatusCode: string;
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly ascending: boolean;
}

function runQuery(store: MetricStore, query: Input, index: number, span: Span): QueryResult {
  const path = `MetricDataQueries.member.${index + 1}`;
  const stat = query.input('MetricStat');
  if (query.has('Expression'))
    throw validation(`${path}.Expression: the local endpoint does not evaluate expressions.`);
  if (stat === undefined) throw validation(`Either MetricStat or Expression is required in ${path}.`);
  const metric = stat.input('Metric');
  if (metric === undefined) throw missing(`${path}.MetricStat.Metric`);
  const name = required(metric, 'MetricName');
  const statistic = readStatistic(stat.string('Stat') ?? '', `${path}.MetricStat.Stat`);
  const data = store.find(required(metric, 'Namespace'), name, readDimensions(metric))?.data ?? [];
  const buckets = oneUnit(bucketise(data, readPeriod(stat), span.start, span.end), stat.string('Unit'));
  const points = buckets.flatMap((bucket): [number, number][] => {
    const value = evaluate(statistic, bucket.summary);
    return value === undefined ? [] : [[bucket.start / 1000, value]];
  });
  if (!span.ascending) points.reverse();
  return {
    Id: query.string('Id') ?? '',
    Label: query.string('Label') ?? name,
    Timestamps: points.map(([timestamp]) => timestamp),
    Values: points.map(([, value]) => value),
    StatusCode: 'Complete',
  };
}

/** A result of GetMetricData has one value per period: of the unit asked for, else of the first that the data has. */
function oneUnit(buckets: readonly Bucket[], unit: string | undefined): Bucket[] {
  const wanted = unit ?? buckets[0]?.unit;
  return buckets.filter((bucket) => bucket.unit === wanted);
}
