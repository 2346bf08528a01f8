import { ExpressionError } from '../../cloudwatch/expression-syntax.js';
import { parseStatistic } from '../../cloudwatch/statistic.js';
import { evaluateExpression } from './expression.js';
import { type ExpressionContext, isSeries, type Value } from './series-operations.js';
import { type HeldSeries, readSeries, type TimeSeries, type Window } from './time-series.js';

/** Evaluates an alarm of PutMetricAlarm on what is held: user guide, "Configuring how CloudWatch alarms treat missing data". */

export interface AlarmState {
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  readonly reason: string;
  /** The evaluated periods, oldest first; null: no data. */
  readonly values: readonly (number | null)[];
  readonly threshold: number | null;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback);

const BREACHES: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

const unknown = (reason: string): AlarmState => ({ state: 'INSUFFICIENT_DATA', reason, values: [], threshold: null });

/** @param now epoch milliseconds; the period that is not over yet counts, so that a test shows at once */
export function evaluateAlarm(alarm: Json, held: readonly HeldSeries[], now: number): AlarmState {
  const breaches = BREACHES[String(alarm.ComparisonOperator)];
  if (breaches === undefined || alarm.ThresholdMetricId !== undefined)
    return unknown('bands of anomaly detection are not evaluated here');
  if (alarm.EvaluationCriteria !== undefined) return unknown('PromQL alarms are not evaluated here');
  const count = number(alarm.EvaluationPeriods, 1);
  const needed = number(alarm.DatapointsToAlarm, count);
  const threshold = number(alarm.Threshold, 0);
  try {
    const { series, period } = seriesOf(alarm, held, now, count);
    const last = Math.floor(now / (period * 1000)) * period * 1000;
    const times = Array.from({ length: count }, (_, index) => last - (count - 1 - index) * period * 1000);
    const values = times.map((time) => series.points.get(time) ?? null);
    return {
      ...judge(values, {
        needed,
        missing: text(alarm.TreatMissingData) ?? 'missing',
        breaches: (value) => breaches(value, threshold),
      }),
      values,
      threshold,
    };
  } catch (error) {
    if (error instanceof ExpressionError) return unknown(error.message);
    throw error;
  }
}

interface Rule {
  /** Periods of the evaluated ones that must breach. */
  readonly needed: number;
  readonly missing: string;
  readonly breaches: (value: number) => boolean;
}

function judge(
  values: readonly (number | null)[],
  { needed, missing, breaches }: Rule,
): Pick<AlarmState, 'state' | 'reason'> {
  const present = values.filter((value) => value !== null);
  const absent = values.length - present.length;
  const breaching = present.filter(breaches).length + (missing === 'breaching' ? absent : 0);
  const counted = `${breaching} of ${values.length} periods breach, ${needed} are needed`;
  if (present.length === 0 && missing !== 'breaching' && missing !== 'notBreaching') {
    return { state: missing === 'ignore' ? 'OK' : 'INSUFFICIENT_DATA', reason: 'no data in the evaluated periods' };
  }
  return {
    state: breaching >= needed ? 'ALARM' : 'OK',
    reason: absent > 0 ? `${counted}; ${absent} without data (${missing})` : counted,
  };
}

function seriesOf(
  alarm: Json,
  held: readonly HeldSeries[],
  now: number,
  count: number,
): { series: TimeSeries; period: number } {
  if (typeof alarm.MetricName === 'string') {
    const period = number(alarm.Period, 60);
    const statistic = text(alarm.ExtendedStatistic) ?? text(alarm.Statistic) ?? 'Average';
    return { series: readMetric(alarm, statistic, period, held, windowOf(now, period, count)), period };
  }
  const queries = Array.isArray(alarm.Metrics) ? alarm.Metrics.filter(isObject) : [];
  const period = Math.max(
    60,
    ...queries.map((query) => number(isObject(query.MetricStat) ? query.MetricStat.Period : query.Period, 0)),
  );
  const returned = queries.find(({ ReturnData }) => ReturnData !== false) ?? queries.at(-1);
  const value = new Queries(queries, held, windowOf(now, period, count), period).value(text(returned?.Id) ?? '');
  if (value === undefined || !isSeries(value)) throw new ExpressionError('the alarm does not come to one metric');
  return { series: value, period };
}

const windowOf = (now: number, period: number, count: number): Window => ({
  start: now - (count + 1) * period * 1000,
  end: now + 1,
});

function readMetric(
  metric: Json,
  statistic: string,
  period: number,
  held: readonly HeldSeries[],
  window: Window,
): TimeSeries {
  if (parseStatistic(statistic) === undefined) throw new ExpressionError(`${statistic} is not a statistic`);
  const dimensions = (Array.isArray(metric.Dimensions) ? metric.Dimensions.filter(isObject) : []).map(
    ({ Name, Value }) => ({ name: String(Name), value: String(Value) }),
  );
  const found = held.find(
    (one) =>
      one.namespace === metric.Namespace &&
      one.name === metric.MetricName &&
      one.dimensions.length === dimensions.length &&
      dimensions.every(({ name, value }) =>
        one.dimensions.some((other) => other.name === name && other.value === value),
      ),
  );
  return readSeries(found ?? { namespace: '', name: String(metric.MetricName), dimensions, data: [] }, {
    statistic,
    period,
    window,
    unit: text(metric.Unit),
  });
}

/** The queries of an alarm, which may refer to each other. */
class Queries {
  readonly #open = new Set<string>();

  constructor(
    private readonly queries: readonly Json[],
    private readonly held: readonly HeldSeries[],
    private readonly window: Window,
    private readonly period: number,
  ) {}

  value(id: string): Value | undefined {
    const query = this.queries.find(({ Id }) => Id === id);
    if (query === undefined) return undefined;
    if (this.#open.has(id)) throw new ExpressionError(`${id} refers to itself`);
    this.#open.add(id);
    const value =
      typeof query.Expression === 'string'
        ? evaluateExpression(query.Expression, this.#context())
        : this.#metric(query);
    this.#open.delete(id);
    return value;
  }

  #metric({ MetricStat: stat }: Json): TimeSeries {
    const { Metric: metric, Stat, Period } = isObject(stat) ? stat : ({} as Json);
    return readMetric(
      isObject(metric) ? metric : {},
      text(Stat) ?? 'Average',
      number(Period, this.period),
      this.held,
      this.window,
    );
  }

  #context(): ExpressionContext {
    return {
      window: this.window,
      period: this.period,
      valueOf: (id) => this.value(id),
      metrics: () =>
        this.queries.filter(({ Expression }) => typeof Expression !== 'string').map((query) => this.#metric(query)),
      search: () => {
        throw new ExpressionError('an alarm cannot have SEARCH');
      },
    };
  }
}
