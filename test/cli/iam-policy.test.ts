import assert from 'node:assert/strict';
import { CHECKS } from '../../src/cli/doctor/checks.js';
import type { PolicyDocument } from '../../src/cli/iam/policy-document.js';
import { runningStudio } from '../studio/running.js';
import { environmentFor, monitoring, SERVICE } from './run-command.js';

const policy = async (args: string[] = [], env: Record<string, string> = {}): Promise<PolicyDocument> =>
  JSON.parse((await monitoring(['iam-policy', ...args], { env: { ...SERVICE, ...env } })).stdout);
const actionsIn = ({ Statement }: PolicyDocument): string[] => Statement.flatMap(({ Action }) => Action).sort();

describe('monitoring iam-policy', () => {
  const studio = runningStudio();
  const called = (): string[] =>
    [
      ...new Set(
        studio()
          .store.calls.list()
          .map(({ service, action }) => `${service}:${action}`),
      ),
    ].sort();

  it('for the application has a statement for each thing, on no more than that', async () => {
    assert.deepEqual(await policy(['--account', '123456789012']), {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['cloudwatch:PutMetricData'],
          Resource: '*',
          Condition: { StringEquals: { 'cloudwatch:namespace': 'Shop' } },
        },
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 'logs:PutRetentionPolicy'],
          Resource: 'arn:aws:logs:us-west-2:123456789012:log-group:/Shop/errors:*',
        },
        {
          Effect: 'Allow',
          Action: ['xray:PutSpans', 'xray:PutSpansForIndexing', 'xray:PutTraceSegments'],
          Resource: '*',
        },
      ],
    });
  });

  it('follows the settings', async () => {
    const services = async (env: Record<string, string>) =>
      [...new Set(actionsIn(await policy([], env)).map((action) => action.split(':')[0]))].join();
    assert.equal(await services({ OTEL_METRICS_EXPORTER: 'none' }), 'logs,xray');
    assert.equal(await services({ OTEL_LOGS_EXPORTER: 'otlp' }), 'cloudwatch,xray');
    assert.equal(await services({ OTEL_TRACES_EXPORTER: 'none' }), 'cloudwatch,logs');
    assert.ok(actionsIn(await policy([], { OTEL_TRACES_SAMPLER: 'xray' })).includes('xray:GetSamplingTargets'));
    const byAgent = { OTEL_TRACES_SAMPLER: 'xray', OTEL_TRACES_SAMPLER_ARG: 'endpoint=http://localhost:2000' };
    assert.ok(!actionsIn(await policy([], byAgent)).includes('xray:GetSamplingTargets'));
    const [metrics] = (await policy([], { OTEL_METRICS_EXPORTER: 'cloudwatch_otlp' })).Statement;
    assert.ok(metrics?.Action.includes('cloudwatch:PutMetricData'));
    assert.equal(metrics?.Condition, undefined);
    const china = await policy([], { AWS_REGION: 'cn-north-1' });
    assert.ok(JSON.stringify(china).includes('arn:aws-cn:logs:cn-north-1:*:'));
  });

  it('says that none is needed where nothing goes to AWS', async () => {
    const env = { ...SERVICE, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };
    const { status, stdout, stderr } = await monitoring(['iam-policy'], { env });
    assert.deepEqual([status, stdout], [0, '']);
    assert.match(stderr, /nothing is sent to AWS/);
  });

  it('for a deployment has exactly the actions that the commands call', async () => {
    const env = environmentFor(studio());
    for (const kind of ['dashboards', 'alarms']) {
      for (const verb of ['list', 'deploy', 'diff', 'delete']) {
        assert.notEqual((await monitoring([kind, verb], { env })).status, 2, `${kind} ${verb}`);
      }
    }
    assert.deepEqual(actionsIn(await policy(['--for', 'deploy'])), called());
  }).timeout(30_000);

  it('for a deployment names no more than the dashboards and alarms of the prefix', async () => {
    const resources = async (...args: string[]) =>
      (await policy(['--for', 'deploy', ...args])).Statement.map(({ Resource }) => Resource);
    assert.deepEqual(await resources(), [
      'arn:aws:cloudwatch::*:dashboard/Shop-*',
      '*',
      'arn:aws:cloudwatch:us-west-2:*:alarm:checkout-prod-*',
    ]);
    assert.deepEqual(await resources('--prefix', 'x-'), [
      'arn:aws:cloudwatch::*:dashboard/x-*',
      '*',
      'arn:aws:cloudwatch:us-west-2:*:alarm:x-*',
    ]);
  });

  it('for doctor allows every call that a check says it makes', async () => {
    const allowed = actionsIn(await policy(['--for', 'doctor']));
    const calls = CHECKS.flatMap(({ calls = [] }) => calls).filter((action) => action !== 'sts:GetCallerIdentity');
    assert.deepEqual(
      calls.filter((action) => !allowed.includes(action)),
      [],
    );
    assert.ok(calls.length > 5);
  });

  it('prints CloudFormation and Terraform', async () => {
    const json = await policy();
    const template = (await policy(['--format', 'cloudformation'])) as unknown as {
      Resources: Record<string, { Type: string; Properties: object }>;
    };
    assert.deepEqual(template.Resources.MonitoringPolicy, {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { PolicyDocument: json },
    });
    const { resource } = (await policy(['--format', 'terraform'])) as unknown as {
      resource: { aws_iam_policy: Record<string, { policy: string }> };
    };
    assert.deepEqual(JSON.parse(resource.aws_iam_policy.checkout_monitoring_app?.policy ?? ''), json);
  });

  it('refuses what is no account', async () => {
    for (const wrong of ['12345678901', '1234567890123', 'mine']) {
      assert.equal((await monitoring(['iam-policy', '--account', wrong])).status, 2);
    }
  });
});
