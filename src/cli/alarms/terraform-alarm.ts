import { snakeCase } from '../templates/formats.js';
import type { Json } from '../templates/kind.js';

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Arguments of `aws_cloudwatch_metric_alarm` that are no PutMetricAlarm member in snake case. */
const RENAMED: Readonly<Record<string, string>> = {
  AlarmActions: 'alarm_actions',
  OKActions: 'ok_actions',
  InsufficientDataActions: 'insufficient_data_actions',
  EvaluateLowSampleCountPercentile: 'evaluate_low_sample_count_percentiles',
  ThresholdMetricId: 'threshold_metric_id',
};

/** The alarm as arguments of Terraform's `aws_cloudwatch_metric_alarm`: snake case, dimensions as a map, queries as blocks. */
export function terraformAlarm(alarm: Json): Json {
  const { Metrics, Dimensions, ...rest } = alarm;
  const body = Object.fromEntries(Object.entries(rest).map(([key, value]) => [RENAMED[key] ?? snake(key), value]));
  return {
    ...body,
    ...(Array.isArray(Dimensions) && { dimensions: dimensionMap(Dimensions) }),
    ...(Array.isArray(Metrics) && { metric_query: Metrics.filter(isObject).map(metricQuery) }),
  };
}

function metricQuery({ Id, Label, Expression, ReturnData, MetricStat }: Json): Json {
  return {
    id: Id,
    ...(Label !== undefined && { label: Label }),
    ...(Expression !== undefined && { expression: Expression }),
    return_data: ReturnData ?? true,
    ...(isObject(MetricStat) && { metric: metricBlock(MetricStat) }),
  };
}

function metricBlock({ Metric, Period, Stat, Unit }: Json): Json {
  const { Namespace, MetricName, Dimensions } = isObject(Metric) ? Metric : {};
  return {
    namespace: Namespace,
    metric_name: MetricName,
    period: Period,
    stat: Stat,
    ...(Unit !== undefined && { unit: Unit }),
    ...(Array.isArray(Dimensions) && { dimensions: dimensionMap(Dimensions) }),
  };
}

const dimensionMap = (dimensions: readonly unknown[]): Json =>
  Object.fromEntries(dimensions.filter(isObject).map(({ Name, Value }) => [String(Name), Value]));

const snake = (key: string): string => snakeCase(key.replace(/(?<=[a-z])(?=[A-Z])/g, '_')).toLowerCase();
