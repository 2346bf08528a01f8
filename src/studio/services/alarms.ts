import { alarmFaults } from '../../cloudwatch/alarm-rules.js';
import type { Input } from '../../cloudwatch/input.js';
import { AwsError } from '../aws-error.js';
import type { DocumentStore, MetricAlarm } from '../store/documents.js';
import { full } from './dashboards.js';
import { paginate } from './pages.js';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 100;

const validation = (message: string): AwsError =>
  new AwsError('ValidationError', message, { shape: 'ValidationException' });

/** An existing alarm of that name is replaced as a whole. @throws AwsError for the first thing that is wrong with it */
export function putMetricAlarm(store: DocumentStore<MetricAlarm>, input: Input, now: number): Record<string, unknown> {
  const [first] = alarmFaults(input);
  if (first !== undefined) throw validation(first.message);
  if (!store.put(input.string('AlarmName') ?? '', { configuration: input.raw(), updated: now })) throw full();
  return {};
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
