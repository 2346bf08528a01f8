import { InvalidArgumentError } from 'commander';
import { alarmFaults } from '../../cloudwatch/alarm-rules.js';
import { Input } from '../../cloudwatch/input.js';
import type { TemplateValues } from '../../cloudwatch/template.js';
import { nearestName } from '../../config/nearest-name.js';
import { CouldNotRun } from '../exit.js';
import type { Finding } from '../templates/finding.js';
import type { Json, Kind } from '../templates/kind.js';
import { builtInTemplates } from '../templates/template-files.js';
import { adoptActions, compareAlarms } from './comparison.js';
import { lintAlarm } from './lint.js';
import { raisePeriods } from './periods.js';
import { connectAlarms } from './remote-alarms.js';
import { terraformAlarm } from './terraform-alarm.js';

interface AlarmOptions {
  readonly action?: readonly string[];
  readonly okAction?: readonly string[];
  readonly withoutActions?: boolean;
  readonly threshold?: Readonly<Record<string, number>>;
}

/** In the description, which everybody sees who looks at the alarm. */
const MARK = 'Managed by @org/monitoring';

export const alarmKind: Kind = {
  noun: 'alarm',
  plural: 'alarms',
  help: `
Alarms are per service and environment. Their thresholds and the reasons for them are in docs/alarms.md. An alarm costs $0.10 a month for
each metric that it reads; the built-in ones read eight.

  $ monitoring alarms deploy --action arn:aws:sns:eu-west-1:123456789012:on-call --dry-run
  $ monitoring alarms deploy error-rate latency-p99 --threshold latency-p99=0.5
  $ monitoring alarms diff
  $ monitoring alarms render --format cloudformation > alarms.json`,
  addOptions: (command) =>
    command
      .option('--action <arn>', 'told when an alarm goes off, such as an SNS topic; up to 5', collectArn)
      .option('--ok-action <arn>', 'told when it is over; up to 5', collectArn)
      .option('--without-actions', 'take away the actions that a deployed alarm has (default: they stay)')
      .option('--threshold <alarm=number>', 'another threshold for an alarm', collectThreshold),
  defaultPrefix: ({ service, environment }: TemplateValues) => `${plain(service)}-${plain(environment)}-`,
  prefixHint: '<service>-<environment>-',
  nameProblem: () => undefined,
  titleOf: ({ AlarmDescription }) => String(AlarmDescription ?? '').replace(` ${MARK}.`, ''),
  finish(document, { name, stem, target, options }) {
    const { action, okAction, threshold } = options as AlarmOptions;
    checkThresholds(threshold);
    const description = String(document.AlarmDescription ?? '').trim();
    const own = threshold?.[stem];
    return raisePeriods(
      {
        AlarmName: name,
        ...document,
        AlarmDescription: description.includes(MARK) ? description : `${description} ${MARK}.`.trim(),
        ...(own !== undefined && { Threshold: own }),
        ...(action && { AlarmActions: action }),
        ...(okAction && { OKActions: okAction }),
      },
      target.configuration.metrics.interval,
    );
  },
  validate: (document) =>
    alarmFaults(Input.of(document)).map(({ path, message }): Finding => ({ severity: 'error', path, message })),
  lint: lintAlarm,
  isOurs: ({ AlarmDescription }) => String(AlarmDescription).includes(MARK),
  adopt: (desired, deployed, options) =>
    (options as AlarmOptions).withoutActions ? desired : adoptActions(desired, deployed),
  compare: compareAlarms,
  remarks: (deployed) => {
    const silent = deployed.filter(({ document }) => !isTold(document)).map(({ name }) => name);
    if (silent.length === 0) return [];
    return [`nobody is told when ${silent.join(', ')} goes off: --action <ARN of an SNS topic> names who is`];
  },
  connect: connectAlarms,
  cloudFormation: (_, document) => ({ Type: 'AWS::CloudWatch::Alarm', Properties: document }),
  terraform: (_, document) => ({ type: 'aws_cloudwatch_metric_alarm', body: terraformAlarm(document) }),
};

function isTold({ AlarmActions }: Json): boolean {
  return Array.isArray(AlarmActions) && AlarmActions.length > 0;
}

const plain = (text: string): string => text.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 80);

function collectArn(value: string, before: readonly string[] = []): string[] {
  if (!/^arn:[\w-]+:[\w-]+:[\w-]*:\d*:.+$/.test(value))
    throw new InvalidArgumentError('Expected an ARN, such as that of an SNS topic.');
  return [...before, value];
}

function collectThreshold(value: string, before: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [, alarm, number] = /^([^=]+)=(-?\d+(?:\.\d+)?)$/.exec(value) ?? [];
  if (alarm === undefined) throw new InvalidArgumentError('Expected an alarm and a number, such as latency-p99=0.5.');
  return { ...before, [alarm]: Number(number) };
}

/** Names of built-in alarms are known; others may be those of files. @throws CouldNotRun for a slip */
function checkThresholds(thresholds: Readonly<Record<string, number>> = {}): void {
  const names = builtInTemplates('alarms').map(({ stem }) => stem);
  for (const name of Object.keys(thresholds)) {
    const nearest = names.includes(name) ? undefined : nearestName(name, names, 3);
    if (nearest)
      throw new CouldNotRun(`--threshold ${name}=…: there is no alarm of that name; did you mean ${nearest}?`);
  }
}
