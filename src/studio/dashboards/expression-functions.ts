import { ExpressionError } from '../../cloudwatch/expression-syntax.js';
import {
  type ExpressionContext,
  isList,
  isSeries,
  mapped,
  mapSeries,
  seriesOf,
  type Value,
} from './series-operations.js';
import { gridOf, type TimeSeries } from './time-series.js';

/** The functions of metric math: user guide, "Functions supported for metric math". */
type MathFunction = (args: Arguments, context: ExpressionContext) => Value;

/** Evaluated when they are asked for. */
type Arguments = readonly (() => Value)[];

type Reducer = (values: readonly number[]) => number;

const sum: Reducer = (values) => values.reduce((a, b) => a + b, 0);
const average: Reducer = (values) => sum(values) / values.length;
const REDUCERS = {
  SUM: sum,
  AVG: average,
  MIN: (values) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
  MAX: (values) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  STDDEV: (values) => Math.sqrt(average(values.map((value) => (value - average(values)) ** 2))),
  DATAPOINT_COUNT: (values) => values.length,
} satisfies Record<string, Reducer>;

function argument(args: Arguments, index: number): Value {
  const evaluate = args[index];
  if (evaluate === undefined) throw new ExpressionError('an argument is missing');
  return evaluate();
}

function numberAt(args: Arguments, index: number): number {
  const value = argument(args, index);
  if (typeof value !== 'number') throw new ExpressionError(`argument ${index + 1} must be a number`);
  return value;
}

function textAt(args: Arguments, index: number): string {
  const value = argument(args, index);
  if (typeof value !== 'string') throw new ExpressionError(`argument ${index + 1} must be a text`);
  return value;
}

/** Of one metric a number, of several a metric: their values at each time together. */
const reduction =
  (reduce: Reducer): MathFunction =>
  (args, context) => {
    const value = argument(args, 0);
    if (typeof value === 'number') return reduce(args.map((_, index) => numberAt(args, index)));
    if (isSeries(value) && args.length === 1) return value.points.size === 0 ? 0 : reduce([...value.points.values()]);
    return across(
      args.flatMap((_, index) => seriesOf(argument(args, index))),
      reduce,
      context,
    );
  };

function across(list: readonly TimeSeries[], reduce: Reducer, context: ExpressionContext): TimeSeries {
  const times = new Map<number, number[]>();
  for (const { points } of list) {
    for (const [time, value] of points) {
      const values = times.get(time);
      if (values === undefined) times.set(time, [value]);
      else values.push(value);
    }
  }
  const points = new Map([...times].sort(([a], [b]) => a - b).map(([time, values]) => [time, reduce(values)] as const));
  return { label: '', unit: list[0]?.unit ?? '', period: list[0]?.period ?? context.period, points };
}

const each =
  (change: (series: TimeSeries, context: ExpressionContext) => TimeSeries): MathFunction =>
  (args, context) => {
    const value = argument(args, 0);
    if (isList(value)) return value.map((series) => change(series, context));
    return change(seriesOf(value)[0] as TimeSeries, context);
  };

const numeric =
  (change: (value: number) => number): MathFunction =>
  (args) =>
    mapped(argument(args, 0), change);

/** From each value and the one before it; the first has none. */
const successive = (change: (now: number, before: number, seconds: number) => number): MathFunction =>
  each((series) => {
    let previous: readonly [number, number] | undefined;
    return mapSeries(series, (value, time) => {
      const before = previous;
      previous = [time, value];
      return before === undefined ? undefined : change(value, before[1], (time - before[0]) / 1000);
    });
  });

const dated = (read: (date: Date) => number): MathFunction =>
  each((series) => mapSeries(series, (_value, time) => read(new Date(time))));

const fill: MathFunction = (args, context) => {
  const value = argument(args, 0);
  const by = argument(args, 1);
  const one = (series: TimeSeries): TimeSeries => filled(series, by, context);
  return isList(value) ? value.map(one) : one(seriesOf(value)[0] as TimeSeries);
};

function filled(series: TimeSeries, by: Value, context: ExpressionContext): TimeSeries {
  const times = [...new Set([...gridOf(series.period, context.window), ...series.points.keys()])].sort((a, b) => a - b);
  const known = [...series.points];
  const points = new Map<number, number>();
  let index = -1;
  for (const time of times) {
    while (index + 1 < known.length && (known[index + 1]?.[0] ?? 0) <= time) index += 1;
    const value = series.points.get(time) ?? standIn(by, time, known[index], known[index + 1]);
    if (value !== undefined) points.set(time, value);
  }
  return { ...series, points };
}

type Known = readonly [time: number, value: number] | undefined;

function standIn(by: Value, time: number, before: Known, after: Known): number | undefined {
  if (typeof by === 'number') return by;
  if (typeof by === 'object' && !isList(by)) return (by as TimeSeries).points.get(time);
  if (by === 'REPEAT') return before?.[1];
  if (by !== 'LINEAR') throw new ExpressionError('FILL takes a number, a metric, REPEAT or LINEAR');
  if (before === undefined || after === undefined) return undefined;
  return before[1] + ((after[1] - before[1]) * (time - before[0])) / (after[0] - before[0]);
}

const condition: MathFunction = (args, context) => {
  const test = argument(args, 0);
  const [yes, no] = [argument(args, 1), args.length > 2 ? argument(args, 2) : undefined];
  if (typeof test === 'number') return (test !== 0 ? yes : (no ?? emptySeries(context))) as Value;
  const at = (value: Value | undefined, time: number): number | undefined =>
    typeof value === 'number'
      ? value
      : value === undefined || typeof value === 'string' || isList(value)
        ? undefined
        : value.points.get(time);
  if (isList(test)) return test.map((series) => mapSeries(series, (value, time) => at(value !== 0 ? yes : no, time)));
  return mapSeries(seriesOf(test)[0] as TimeSeries, (value, time) => at(value !== 0 ? yes : no, time));
};

const emptySeries = (context: ExpressionContext): TimeSeries => ({
  label: '',
  unit: '',
  period: context.period,
  points: new Map(),
});

const sort: MathFunction = (args) => {
  const list = seriesOf(argument(args, 0));
  const by = textAt(args, 1);
  const order = textAt(args, 2);
  const reduce = Object.hasOwn(REDUCERS, by) ? REDUCERS[by as keyof typeof REDUCERS] : undefined;
  if (reduce === undefined) throw new ExpressionError(`SORT does not know ${by}`);
  if (order !== 'ASC' && order !== 'DESC') throw new ExpressionError('SORT takes ASC or DESC');
  const key = ({ points }: TimeSeries): number =>
    points.size === 0 ? Number.NEGATIVE_INFINITY : reduce([...points.values()]);
  const keyed = list.map((series) => ({ series, at: key(series) }));
  const sorted = keyed.sort((a, b) => (order === 'ASC' ? a.at - b.at : b.at - a.at)).map(({ series }) => series);
  return args.length > 3 ? sorted.slice(0, numberAt(args, 3)) : sorted;
};

const slice: MathFunction = (args) => {
  const list = seriesOf(argument(args, 0));
  const start = numberAt(args, 1);
  if (args.length > 2) return list.slice(start, numberAt(args, 2));
  return list[start] ?? [];
};

const search: MathFunction = (args, context) =>
  context.search(textAt(args, 0), textAt(args, 1), args.length > 2 ? numberAt(args, 2) : undefined);

const metrics: MathFunction = (args, context) => {
  const all = context.metrics();
  if (args.length === 0) return all;
  const wanted = textAt(args, 0);
  return all.filter(({ label, metric }) => label.includes(wanted) || metric?.name.includes(wanted));
};

const period: MathFunction = (args, context) => seriesOf(argument(args, 0))[0]?.period ?? context.period;

const timeSeries: MathFunction = (args, context) => {
  const value = numberAt(args, 0);
  return {
    ...emptySeries(context),
    points: new Map(gridOf(context.period, context.window).map((time) => [time, value])),
  };
};

const atEnd =
  (pick: (list: readonly TimeSeries[]) => TimeSeries | undefined): MathFunction =>
  (args, context) =>
    pick(seriesOf(argument(args, 0))) ?? emptySeries(context);

const runningSum = each((series) => {
  let total = 0;
  return mapSeries(series, (value) => {
    total += value;
    return total;
  });
});

export const FUNCTIONS: Readonly<Record<string, MathFunction>> = {
  ...Object.fromEntries(Object.entries(REDUCERS).map(([name, reduce]) => [name, reduction(reduce)])),
  ABS: numeric(Math.abs),
  CEIL: numeric(Math.ceil),
  FLOOR: numeric(Math.floor),
  EXP: numeric(Math.exp),
  LOG: numeric(Math.log),
  LOG10: numeric(Math.log10),
  SQRT: numeric(Math.sqrt),
  DIFF: successive((now, before) => now - before),
  DIFF_TIME: successive((_now, _before, seconds) => seconds),
  RATE: successive((now, before, seconds) => (now - before) / seconds),
  RUNNING_SUM: runningSum,
  MINUTE: dated((date) => date.getUTCMinutes()),
  HOUR: dated((date) => date.getUTCHours()),
  DAY: dated((date) => date.getUTCDay() || 7),
  DATE: dated((date) => date.getUTCDate()),
  MONTH: dated((date) => date.getUTCMonth() + 1),
  YEAR: dated((date) => date.getUTCFullYear()),
  EPOCH: dated((date) => Math.floor(date.getTime() / 1000)),
  FILL: fill,
  IF: condition,
  SORT: sort,
  SLICE: slice,
  SEARCH: search,
  METRICS: metrics,
  METRIC_COUNT: (args) => seriesOf(argument(args, 0)).length,
  REMOVE_EMPTY: (args) => seriesOf(argument(args, 0)).filter(({ points }) => points.size > 0),
  FIRST: atEnd((list) => list[0]),
  LAST: atEnd((list) => list.at(-1)),
  PERIOD: period,
  TIME_SERIES: timeSeries,
};
