import { AwsError, constraintMessage } from '../aws-error.js';
import type { Input } from '../input.js';
import { parseStatistic } from '../statistics.js';
import type { DocumentStore } from '../store/documents.js';
import { full } from './dashboards.js';
import { paginate } from './pages.js';

/** An alarm as it was put; it is kept and described, not evaluated. */
export interface MetricAlarm {
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly updated: number;
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
const MAX_ACTIONS = 5;
const DEFAULT_PAGE = 50;
const MAX_PAGE = 100;

const validation = (message: string): AwsError =>
  new AwsError('ValidationError', message, { shape: 'ValidationException' });

/** An existing alarm of that name is replaced as a whole. */
export function putMetricAlarm(store: DocumentStore<MetricAlarm>, input: Input, now: number): Record<string, unknown> {
  const name = readName(input);
  checkSource(input);
  checkActions(input);
  oneOf(input, 'TreatMissingData', MISSING_DATA);
  oneOf(input, 'EvaluateLowSampleCountPercentile', ['evaluate', 'ignore']);
  if (!store.put(name, { configuration: input.raw(), updated: now })) throw full();
  return {};
}

function readName(input: Input): string {
  const name = input.string('AlarmName') ?? '';
  if (name.length < 1) throw validation(constraintMessage(name, 'alarmName', 'have length greater than or equal to 1'));
  if (name.length > 255)
    throw validation(constraintMessage(name, 'alarmName', 'have length less than or equal to 255'));
  if ((input.string('AlarmDescription') ?? '').length > 1024) {
    throw validation(constraintMessage('…', 'alarmDescription', 'have length less than or equal to 1024'));
  }
  return name;
}

function checkSource(input: Input): void {
  const sources = ['MetricName', 'Metrics', 'EvaluationCriteria'].filter((member) => input.has(member));
  if (sources.length !== 1)
    throw validation('Exactly one of MetricName, Metrics and EvaluationCriteria must be specified');
  if (input.has('EvaluationCriteria')) return;
  if (!input.has('ComparisonOperator')) throw validation('ComparisonOperator is required');
  oneOf(input, 'ComparisonOperator', OPERATORS);
  if ((input.number('EvaluationPeriods') ?? 0) < 1) throw validation('EvaluationPeriods must be at least 1');
  if ((input.number('DatapointsToAlarm') ?? 1) > (input.number('EvaluationPeriods') ?? 0)) {
    throw validation('DatapointsToAlarm must be less than or equal to EvaluationPeriods');
  }
  if (input.has('MetricName')) checkMetric(input);
}

function checkMetric(input: Input): void {
  if (!input.has('Namespace')) throw validation('Namespace is required with MetricName');
  if (input.has('Statistic') === input.has('ExtendedStatistic')) {
    throw validation('Exactly one of Statistic and ExtendedStatistic must be specified');
  }
  oneOf(input, 'Statistic', STATISTICS);
  const extended = input.string('ExtendedStatistic');
  if (extended !== undefined && (STATISTICS.includes(extended) || parseStatistic(extended) === undefined)) {
    throw validation(`The value ${extended} for parameter ExtendedStatistic is not supported.`);
  }
  const period = input.number('Period') ?? 0;
  if (![10, 20, 30].includes(period) && (period < 60 || period % 60 !== 0)) {
    throw validation('Period must be 10, 20, 30 or a multiple of 60');
  }
  if (!input.has('Threshold') && !input.has('ThresholdMetricId')) throw validation('Threshold is required');
}

function checkActions(input: Input): void {
  for (const member of ['AlarmActions', 'OKActions', 'InsufficientDataActions']) {
    if ((input.strings(member)?.length ?? 0) > MAX_ACTIONS) {
      throw validation(constraintMessage('…', member, `have length less than or equal to ${MAX_ACTIONS}`));
    }
  }
}

function oneOf(input: Input, member: string, allowed: readonly string[]): void {
  const value = input.string(member);
  if (value !== undefined && !allowed.includes(value)) {
    throw validation(constraintMessage(value, member, `satisfy enum value set: [${allowed.join(', ')}]`));
  }
}

export function describeAlarms(
  store: DocumentStore<MetricAlarm>,
  input: Input,
  where: { readonly account: string; readonly region: string },
): Record<string, unknown> {
  const names = input.strings('AlarmNames');
  const prefix = input.string('AlarmNamePrefix') ?? '';
  const state = input.string('StateValue');
  const found = store
    .list()
    .filter(([name]) => (names === undefined || names.includes(name)) && name.startsWith(prefix))
    .filter(() => state === undefined || state === 'INSUFFICIENT_DATA');
  const size = Math.min(Math.max(input.number('MaxRecords') ?? DEFAULT_PAGE, 1), MAX_PAGE);
  const { items, nextToken } = paginate(found, size, input.string('NextToken'));
  return {
    MetricAlarms: items.map(([name, alarm]) => describe(name, alarm, where)),
    CompositeAlarms: [],
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}

const describe = (
  name: string,
  alarm: MetricAlarm,
  { account, region }: { readonly account: string; readonly region: string },
): Record<string, unknown> => ({
  ActionsEnabled: true,
  AlarmActions: [],
  OKActions: [],
  InsufficientDataActions: [],
  Dimensions: [],
  ...alarm.configuration,
  AlarmArn: `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`,
  AlarmConfigurationUpdatedTimestamp: alarm.updated / 1000,
  StateValue: 'INSUFFICIENT_DATA',
  StateReason: 'Unchecked: Initial alarm creation',
  StateUpdatedTimestamp: alarm.updated / 1000,
});

/** Names that do not exist are passed over. */
export function deleteAlarms(store: DocumentStore<MetricAlarm>, input: Input): Record<string, unknown> {
  for (const name of input.strings('AlarmNames') ?? []) store.delete(name);
  return {};
}
