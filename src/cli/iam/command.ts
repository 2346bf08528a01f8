import { Command, InvalidArgumentError, Option } from 'commander';
import { environment } from '../../config/environment.js';
import { formatProblem } from '../../config/print.js';
import { alarmKind } from '../alarms/alarm-kind.js';
import { dashboardKind } from '../dashboards/dashboard-kind.js';
import { OK } from '../exit.js';
import { addTargetOptions, findTarget, type Target, type TargetOptions } from '../target.js';
import { FORMATS, type Format, literal, snakeCase } from '../templates/formats.js';
import type { Terminal } from '../terminal.js';
import { neededActions, ROLES, type Role } from './needed-actions.js';
import { type PolicyDocument, policyFor, type Scope } from './policy-document.js';

interface Options extends TargetOptions {
  readonly for: Role;
  readonly format: Format;
  readonly account?: string;
  readonly prefix?: string;
}

/** `monitoring iam-policy`: the least that the application, the doctor or a deployment must be allowed with these settings. */
export function iamPolicyCommand(terminal: Terminal): Command {
  const command = new Command('iam-policy')
    .description('print the IAM policy with the least that is needed with the settings in force')
    .addOption(
      new Option(
        '--for <whom>',
        'the application, whoever runs doctor, why and test, or whoever deploys dashboards and alarms',
      )
        .choices(ROLES)
        .default('app'),
    )
    .addOption(
      new Option('--format <format>', 'policy, CloudFormation template, or Terraform’s JSON syntax')
        .choices(FORMATS)
        .default('json'),
    )
    .option('--account <id>', 'the AWS account, 12 digits (default: any)', accountId)
    .option('--prefix <text>', 'of the names of dashboards and alarms, as given to deploy (default: theirs)');
  return addTargetOptions(command)
    .addHelpText('after', AFTER_HELP)
    .action((options: Options) => run(options, terminal));
}

const AFTER_HELP = `
With a log group that was created beforehand the application needs neither logs:CreateLogGroup nor logs:PutRetentionPolicy.

  $ monitoring iam-policy --account 123456789012 > policy.json
  $ aws iam put-role-policy --role-name checkout --policy-name monitoring --policy-document file://policy.json
  $ monitoring iam-policy --for deploy --format terraform > monitoring-policy.tf.json`;

function accountId(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new InvalidArgumentError('Expected the 12 digits of an account.');
  return text;
}

async function run(options: Options, terminal: Terminal): Promise<void> {
  const target = await findTarget(options, environment());
  for (const problem of target.problems) terminal.problem(formatProblem(problem));
  for (const remark of target.remarks) terminal.problem(remark);
  const actions = neededActions(options.for, target.configuration);
  if (actions.length === 0) {
    terminal.problem('with these settings nothing is sent to AWS: no policy is needed');
    process.exitCode = OK;
    return;
  }
  const policy = policyFor(actions, scopeOf(target, options));
  terminal.answer(
    JSON.stringify(FORMATTERS[options.format](policy, `${target.service}-monitoring-${options.for}`), undefined, 2),
  );
}

function scopeOf(target: Target, { account, prefix }: Options): Scope {
  const { exporters } = target.configuration.metrics;
  return {
    partition: target.partition,
    region: target.regionFrom === '' ? undefined : target.region,
    account,
    logGroup: target.logGroup,
    // CloudWatch's OTLP endpoint knows no namespace.
    namespace: exporters.includes('cloudwatch_otlp') ? undefined : target.namespace,
    dashboardPrefix: prefix ?? dashboardKind.defaultPrefix(target),
    alarmPrefix: prefix ?? alarmKind.defaultPrefix(target),
  };
}

const FORMATTERS: Record<Format, (policy: PolicyDocument, name: string) => unknown> = {
  json: (policy) => policy,
  cloudformation: (PolicyDocument) => ({
    AWSTemplateFormatVersion: '2010-09-09',
    Resources: { MonitoringPolicy: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument } } },
    Outputs: { PolicyArn: { Value: { Ref: 'MonitoringPolicy' } } },
  }),
  terraform: (policy, name) => ({
    resource: {
      aws_iam_policy: {
        [snakeCase(name)]: literal({ name: name.replace(/[^\w+=,.@-]+/g, '-'), policy: JSON.stringify(policy) }),
      },
    },
  }),
};
