import { ExpressionError } from '../../cloudwatch/expression-syntax.js';
import type { Input } from '../../cloudwatch/input.js';
import { parseStatistic, type Statistic } from '../../cloudwatch/statistic.js';
import { AwsError } from '../aws-error.js';
import { evaluateExpression } from '../dashboards/expression.js';
import { fillLabel } from '../dashboards/labels.js';
import { searchMetrics } from '../dashboards/search.js';
import { isList, isSeries, type Value } from '../dashboards/series-operations.js';
import { filedAt, readSeries, type TimeSeries } from '../dashboards/time-series.js';
import type { Datum, Dimension } from '../datum.js';
import { evaluate, type Summary, summarise } from '../statistics.js';
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
    const at = filing === 'arrival' ? datum.timestamp : filedAt(datum);
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
  const scope = { store, queries, start, end, ascending };
  const shown = queries.flatMap((query, index) => {
    const results = runQuery(scope, query, index);
    return query.boolean('ReturnData') === false ? [] : results;
  });
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

interface Scope {
  readonly store: MetricStore;
  readonly queries: readonly Input[];
  readonly start: number;
  readonly end: number;
  readonly ascending: boolean;
}

/** One result, or one for each metric that an expression finds. */
function runQuery(scope: Scope, query: Input, index: number): QueryResult[] {
  const path = `MetricDataQueries.member.${index + 1}`;
  const text = query.string('Expression');
  if (text !== undefined && query.has('MetricStat')) {
    throw combination(`The parameters ${path}.Expression and ${path}.MetricStat are mutually exclusive.`);
  }
  const value = text === undefined ? readMetric(scope, query, path) : evaluated(text, scope, path, new Set());
  if (!isSeries(value) && !isList(value)) {
    throw validation(`Error in expression '${query.string('Id')}': the result is not a time series.`);
  }
  const list = isList(value) ? value : [value];
  return list.map((series) => toResult(query, series, scope));
}

function toResult(query: Input, series: TimeSeries, { ascending }: Scope): QueryResult {
  const points = [...series.points].sort(([a], [b]) => (ascending ? a - b : b - a));
  const label = query.string('Label');
  return {
    Id: query.string('Id') ?? '',
    Label: label === undefined ? series.label || (query.string('Id') ?? '') : fillLabel(label, series),
    Timestamps: points.map(([timestamp]) => timestamp / 1000),
    Values: points.map(([, value]) => value),
    StatusCode: 'Complete',
  };
}

function readMetric({ store, start, end }: Scope, query: Input, path: string): TimeSeries {
  const stat = query.input('MetricStat');
  if (stat === undefined) throw validation(`Either MetricStat or Expression is required in ${path}.`);
  const metric = stat.input('Metric');
  if (metric === undefined) throw missing(`${path}.MetricStat.Metric`);
  const name = required(metric, 'MetricName');
  const statistic = stat.string('Stat') ?? '';
  readStatistic(statistic, `${path}.MetricStat.Stat`);
  const [namespace, dimensions] = [required(metric, 'Namespace'), readDimensions(metric)];
  const found = store.find(namespace, name, dimensions) ?? { namespace, name, dimensions, data: [] };
  return readSeries(found, { statistic, period: readPeriod(stat), window: { start, end }, unit: stat.string('Unit') });
}

/** The ids that are being evaluated are `open`: one that comes again refers to itself. */
function evaluated(text: string, scope: Scope, path: string, open: ReadonlySet<string>): Value {
  const { queries, store, start, end } = scope;
  const valueOfQuery = (query: Input): Value => {
    const [id, expression] = [query.string('Id') ?? '', query.string('Expression')];
    if (open.has(id)) throw new ExpressionError(`${id} refers to itself`);
    return expression === undefined
      ? readMetric(scope, query, path)
      : evaluated(expression, scope, path, new Set([...open, id]));
  };
  const period = Math.min(
    ...queries.map((query) => query.input('MetricStat')?.number('Period') ?? query.number('Period') ?? 300),
  );
  try {
    return evaluateExpression(text, {
      window: { start, end },
      period,
      valueOf: (id) => {
        const named = queries.find((query) => query.string('Id') === id);
        return named === undefined ? undefined : valueOfQuery(named);
      },
      metrics: () => queries.filter((query) => query.has('MetricStat')).map((query) => readMetric(scope, query, path)),
      search: (query, statistic, own) =>
        searchMetrics(query, store.list()).map((metric) =>
          readSeries(metric, { statistic, period: own ?? period, window: { start, end } }),
        ),
    });
  } catch (error) {
    if (error instanceof ExpressionError) throw validation(`Error in expression in ${path}: ${error.message}`);
    throw error;
  }
}
