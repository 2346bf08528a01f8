/** What PutMetricAlarm takes: CloudWatch API reference, "PutMetricAlarm". */

import { constraintMessage } from './constraint.js';
import { type Input, InputError } from './input.js';
import { parseStatistic } from './statistic.js';

export interface AlarmFault {
  /** `/Metrics/0/MetricStat` */
  readonly path: string;
  readonly message: string;
}

const OPERATORS = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
  'LessThanLowerOrGreaterThanUpperThreshold',
  'LessThanLowerThreshold',
  'GreaterThanUpperThreshold',
];
const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];
const MISSING_DATA = ['breaching', 'notBreaching', 'ignore', 'missing'];
const OF_ONE_METRIC = ['Namespace', 'Dimensions', 'Period', 'Unit', 'Statistic', 'ExtendedStatistic'];
const MAX_ACTIONS = 5;
const MAX_DIMENSIONS = 30;
/** Metrics that a calculation may take in. */
export const MAX_METRICS = 10;
/** Seconds that an alarm may look back with periods below an hour, and with longer ones. */
const DAY = 86_400;
const WEEK = 7 * DAY;

/** Everything that PutMetricAlarm has against an alarm, in the order in which it looks; it answers with the first. */
export function alarmFaults(alarm: Input): AlarmFault[] {
  try {
    return [...faults(alarm)];
  } catch (error) {
    // A member of another type than the API's.
    if (error instanceof InputError) return [{ path: '', message: error.message }];
    throw error;
  }
}

function* faults(alarm: Input): Generator<AlarmFault> {
  yield* texts(alarm);
  yield* source(alarm);
  for (const member of ['AlarmActions', 'OKActions', 'InsufficientDataActions']) {
    if ((alarm.strings(member)?.length ?? 0) > MAX_ACTIONS) {
      yield fault(member, constraintMessage('…', member, `have length less than or equal to ${MAX_ACTIONS}`));
    }
  }
  yield* oneOf(alarm, 'TreatMissingData', MISSING_DATA);
  yield* oneOf(alarm, 'EvaluateLowSampleCountPercentile', ['evaluate', 'ignore']);
}

const fault = (member: string, message: string): AlarmFault => ({ path: `/${member}`, message });

function* texts(alarm: Input): Generator<AlarmFault> {
  const name = alarm.string('AlarmName') ?? '';
  const about = (rule: string) => fault('AlarmName', constraintMessage(name, 'alarmName', rule));
  if (name.length < 1) yield about('have length greater than or equal to 1');
  if (name.length > 255) yield about('have length less than or equal to 255');
  if (/\p{Cc}/u.test(name)) yield about('have no control characters');
  if ((alarm.string('AlarmDescription') ?? '').length > 1024) {
    yield fault(
      'AlarmDescription',
      constraintMessage('…', 'alarmDescription', 'have length less than or equal to 1024'),
    );
  }
}

function* source(alarm: Input): Generator<AlarmFault> {
  const sources = ['MetricName', 'Metrics', 'EvaluationCriteria'].filter((member) => alarm.has(member));
  if (sources.length !== 1) {
    yield fault(sources[0] ?? '', 'Exactly one of MetricName, Metrics and EvaluationCriteria must be specified');
    return;
  }
  if (alarm.has('EvaluationCriteria')) return;
  if (!alarm.has('ComparisonOperator')) yield fault('ComparisonOperator', 'ComparisonOperator is required');
  yield* oneOf(alarm, 'ComparisonOperator', OPERATORS);
  yield* evaluation(alarm);
  if (!alarm.has('Threshold') && !alarm.has('ThresholdMetricId')) yield fault('Threshold', 'Threshold is required');
  yield* alarm.has('MetricName') ? metric(alarm) : calculation(alarm);
}

function* evaluation(alarm: Input): Generator<AlarmFault> {
  const periods = alarm.number('EvaluationPeriods') ?? 0;
  if (periods < 1) yield fault('EvaluationPeriods', 'EvaluationPeriods must be at least 1');
  const points = alarm.number('DatapointsToAlarm') ?? 1;
  if (points < 1) yield fault('DatapointsToAlarm', 'DatapointsToAlarm must be at least 1');
  if (points > periods) {
    yield fault('DatapointsToAlarm', 'DatapointsToAlarm must be less than or equal to EvaluationPeriods');
  }
}

function* metric(alarm: Input): Generator<AlarmFault> {
  if (!alarm.has('Namespace')) yield fault('Namespace', 'Namespace is required with MetricName');
  if (alarm.has('Statistic') === alarm.has('ExtendedStatistic')) {
    yield fault('Statistic', 'Exactly one of Statistic and ExtendedStatistic must be specified');
  }
  yield* oneOf(alarm, 'Statistic', STATISTICS);
  const extended = alarm.string('ExtendedStatistic');
  if (extended !== undefined && (STATISTICS.includes(extended) || parseStatistic(extended) === undefined)) {
    yield fault('ExtendedStatistic', `The value ${extended} for parameter ExtendedStatistic is not supported.`);
  }
  yield* period(alarm, alarm.number('Period'), '/Period');
  yield* dimensions(alarm, '/Dimensions');
}

function* calculation(alarm: Input): Generator<AlarmFault> {
  for (const member of OF_ONE_METRIC) {
    if (alarm.has(member)) yield fault(member, `${member} must not be specified together with Metrics`);
  }
  const queries = alarm.inputs('Metrics') ?? [];
  if (queries.filter((query) => query.has('MetricStat')).length > MAX_METRICS) {
    yield fault('Metrics', `Metrics must not contain more than ${MAX_METRICS} metrics`);
  }
  if (queries.filter((query) => query.boolean('ReturnData') !== false).length !== 1) {
    yield fault('Metrics', 'Exactly one element of the metrics list should return data.');
  }
  const ids = new Set<string>();
  for (const [index, query] of queries.entries()) yield* element(alarm, query, `/Metrics/${index}`, ids);
}

function* element(alarm: Input, query: Input, path: string, ids: Set<string>): Generator<AlarmFault> {
  const id = query.string('Id') ?? '';
  if (!/^[a-z][a-zA-Z0-9_]{0,254}$/.test(id)) {
    yield { path: `${path}/Id`, message: `The value ${id} is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.` };
  }
  if (ids.has(id)) yield { path: `${path}/Id`, message: `The values for parameter Id in Metrics are not unique.` };
  ids.add(id);
  const stat = query.input('MetricStat');
  const expression = query.string('Expression');
  if ((stat === undefined) === (expression === undefined)) {
    yield { path, message: 'Exactly one of MetricStat and Expression must be specified' };
  }
  if (/\bSEARCH\s*\(/i.test(expression ?? '')) {
    yield { path: `${path}/Expression`, message: 'SEARCH is not supported on Metric Alarms.' };
  }
  if (stat !== undefined) yield* metricStat(alarm, stat, `${path}/MetricStat`);
}

function* metricStat(alarm: Input, stat: Input, path: string): Generator<AlarmFault> {
  const statistic = stat.string('Stat') ?? '';
  if (parseStatistic(statistic) === undefined) {
    yield { path: `${path}/Stat`, message: `The value ${statistic} for parameter Stat is not supported.` };
  }
  yield* period(alarm, stat.number('Period'), `${path}/Period`);
  const measured = stat.input('Metric');
  for (const member of ['Namespace', 'MetricName']) {
    if (!measured?.has(member)) yield { path: `${path}/Metric`, message: `${member} is required` };
  }
  if (measured !== undefined) yield* dimensions(measured, `${path}/Metric/Dimensions`);
}

function* period(alarm: Input, seconds: number | undefined, path: string): Generator<AlarmFault> {
  const value = seconds ?? 0;
  if (![10, 20, 30].includes(value) && (value < 60 || value % 60 !== 0)) {
    yield { path, message: 'Period must be 10, 20, 30 or a multiple of 60' };
    return;
  }
  const most = value < 3600 ? DAY : WEEK;
  if (value * (alarm.number('EvaluationPeriods') ?? 0) > most) {
    const message = `Metrics cannot be checked across more than ${most === DAY ? 'a day' : 'seven days'} (EvaluationPeriods * Period must be <= ${most}).`;
    yield { path, message };
  }
}

function* dimensions(metric: Input, path: string): Generator<AlarmFault> {
  const list = metric.inputs('Dimensions') ?? [];
  if (list.length > MAX_DIMENSIONS) yield { path, message: `There must be no more than ${MAX_DIMENSIONS} dimensions` };
  for (const [index, dimension] of list.entries()) {
    if (dimension.string('Name') && dimension.string('Value')) continue;
    yield { path: `${path}/${index}`, message: 'A dimension must have a Name and a Value' };
  }
}

function* oneOf(alarm: Input, member: string, allowed: readonly string[]): Generator<AlarmFault> {
  const value = alarm.string(member);
  if (value !== undefined && !allowed.includes(value)) {
    yield fault(member, constraintMessage(value, member, `satisfy enum value set: [${allowed.join(', ')}]`));
  }
}
