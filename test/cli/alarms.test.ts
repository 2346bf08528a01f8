import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningStudio } from '../studio/running.js';
import { environmentFor, monitoring, type Run } from './run-command.js';

const STEMS = ['cpu', 'error-rate', 'event-loop', 'latency-p99', 'memory', 'no-data'];
const TOPIC = 'arn:aws:sns:us-west-2:123456789012:on-call';
const SIMPLE = {
  Namespace: 'AWS/EC2',
  MetricName: 'CPUUtilization',
  Statistic: 'Average',
  Period: 60,
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 1,
  EvaluationPeriods: 1,
};

describe('monitoring alarms', () => {
  const studio = runningStudio();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-alarms-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (args: string[], more: Record<string, string> = {}): Promise<Run> =>
    monitoring(['alarms', ...args], { env: environmentFor(studio(), more) });
  const alarm = (name: string) => studio().store.alarms.get(name)?.configuration as Record<string, unknown>;
  const names = () =>
    studio()
      .store.alarms.list()
      .map(([name]) => name);
  const puts = (): number =>
    studio()
      .store.calls.list()
      .filter(({ action }) => action === 'PutMetricAlarm').length;
  const file = (content: object): string => {
    const path = join(folder, 'own.json');
    writeFileSync(path, JSON.stringify(content));
    return path;
  };

  it('puts the six alarms of a service, valid and marked, no faster than the quota, and a second time does nothing', async () => {
    const began = performance.now();
    const first = await run(['deploy']);
    assert.equal(first.status, 0);
    assert.match(
      first.stderr,
      /^nobody is told when checkout-prod-.* goes off: --action <ARN of an SNS topic> names who is$/m,
    );
    assert.ok(performance.now() - began >= 5 * 400 - 50, 'five pauses of 400 ms');
    assert.deepEqual(
      names(),
      STEMS.map((stem) => `checkout-prod-${stem}`),
    );
    for (const name of names()) {
      assert.match(String(alarm(name).AlarmDescription), /^checkout in prod: .*\. Managed by @org\/monitoring\.$/);
      assert.doesNotMatch(JSON.stringify(alarm(name)), /\{\{/);
    }
    const second = await run(['deploy']);
    assert.equal(second.stdout, STEMS.map((stem) => `unchanged  checkout-prod-${stem}\n`).join(''));
    assert.equal(puts(), 6);
  }).timeout(30_000);

  it('says what would change by --threshold, and suggests the alarm for a slip', async () => {
    await run(['deploy', 'latency-p99', 'memory']);
    const { status, stdout } = await run(['diff', 'latency-p99', 'memory', '--threshold', 'latency-p99=0.5']);
    assert.equal(status, 1);
    assert.match(stdout, /differs from what is deployed\n {2}~ Threshold: 1 → 0\.5\n/);
    const slip = await run(['deploy', '--threshold', 'latency-p9=0.5']);
    assert.equal(slip.status, 2);
    assert.match(slip.stderr, /there is no alarm of that name; did you mean latency-p99\?/);
    for (const wrong of ['memory', 'memory=', 'memory=x', '=1']) {
      assert.equal((await run(['deploy', '--threshold', wrong])).status, 2, wrong);
    }
  });

  it('tells whoever --action names, and leaves them told by a later deployment that names nobody', async () => {
    assert.equal((await run(['deploy', 'memory', '--action', TOPIC, '--ok-action', TOPIC])).stderr, '');
    assert.deepEqual(
      [alarm('checkout-prod-memory').AlarmActions, alarm('checkout-prod-memory').OKActions],
      [[TOPIC], [TOPIC]],
    );
    assert.match((await run(['deploy', 'memory'])).stdout, /^unchanged/);
    await run(['deploy', 'memory', '--threshold', 'memory=80']);
    assert.deepEqual(alarm('checkout-prod-memory').AlarmActions, [TOPIC]);
    assert.match((await run(['deploy', 'memory', '--without-actions'])).stdout, /^updated/);
    assert.equal(alarm('checkout-prod-memory').AlarmActions, undefined);
  });

  it('takes 5 actions and refuses 6, and what is no ARN', async () => {
    const actions = (count: number) => Array.from({ length: count }, (_, i) => ['--action', `${TOPIC}${i}`]).flat();
    assert.equal((await run(['validate', 'memory', ...actions(5)])).status, 0);
    const refused = await run(['validate', 'memory', ...actions(6)]);
    assert.equal(refused.status, 1);
    assert.match(refused.stdout, /\/AlarmActions: .*have length less than or equal to 5/);
    assert.equal((await run(['deploy', 'memory', '--action', 'on-call'])).status, 2);
  });

  it('does not replace or delete an alarm of somebody else’s without --force', async () => {
    const configuration = { AlarmName: 'checkout-prod-memory', ...SIMPLE };
    studio().store.alarms.put('checkout-prod-memory', { configuration, updated: 0 });
    assert.equal((await run(['deploy', 'memory'])).status, 1);
    assert.equal((await run(['delete', 'memory'])).status, 1);
    assert.deepEqual(alarm('checkout-prod-memory'), configuration);
    assert.match((await run(['deploy', 'memory', '--force'])).stdout, /^updated/);
    assert.equal((await run(['delete', 'memory'])).stdout, 'deleted      checkout-prod-memory\n');
    assert.deepEqual(names(), []);
  });

  it('takes defaults that CloudWatch spells out, and another order of dimensions, for no difference', async () => {
    await run(['deploy', 'memory', 'error-rate']);
    const memory = alarm('checkout-prod-memory') as { Dimensions: object[] };
    const spelt = {
      ...memory,
      Dimensions: [...memory.Dimensions].reverse(),
      ActionsEnabled: true,
      OKActions: [],
      Metrics: [],
    };
    studio().store.alarms.put('checkout-prod-memory', { configuration: spelt, updated: 0 });
    assert.equal((await run(['diff', 'memory', 'error-rate'])).status, 0);
  });

  it('looks at no shorter time than that between two exports', async () => {
    const periods = async (interval: string): Promise<unknown> =>
      JSON.parse((await run(['render', 'no-data'], { OTEL_METRIC_EXPORT_INTERVAL: interval })).stdout).Period;
    assert.equal(await periods('10000'), 60);
    assert.equal(await periods('60000'), 60);
    assert.equal(await periods('60001'), 120);
  });

  it('refuses an alarm that looks back longer than a day, at the last accepted and the first refused', async () => {
    const over = (EvaluationPeriods: number, Period: number) => file({ ...SIMPLE, EvaluationPeriods, Period });
    assert.equal((await run(['validate', over(1440, 60)])).status, 0);
    assert.match((await run(['validate', over(1441, 60)])).stdout, /\/Period: .*across more than a day/);
    assert.equal((await run(['validate', over(168, 3600)])).status, 0);
    assert.match((await run(['validate', over(169, 3600)])).stdout, /across more than seven days/);
  });

  for (const [rule, change, message] of [
    [
      'SEARCH',
      {
        MetricName: undefined,
        Namespace: undefined,
        Statistic: undefined,
        Period: undefined,
        Metrics: [{ Id: 'a', Expression: "SEARCH('x', 'Sum')" }],
      },
      /SEARCH is not supported on Metric Alarms/,
    ],
    [
      'two results',
      {
        MetricName: undefined,
        Namespace: undefined,
        Statistic: undefined,
        Period: undefined,
        Metrics: [
          { Id: 'a', Expression: '1' },
          { Id: 'b', Expression: '2' },
        ],
      },
      /Exactly one element of the metrics list should return data/,
    ],
    [
      'more points than periods',
      { DatapointsToAlarm: 2 },
      /\/DatapointsToAlarm: DatapointsToAlarm must be less than or equal to EvaluationPeriods/,
    ],
    ['a treatment of missing data that there is not', { TreatMissingData: 'alarm' }, /\/TreatMissingData/],
    ['a wrong type', { Period: 'minute' }, /Period can not be converted to a Double/],
  ] as const) {
    it(`refuses ${rule}`, async () => {
      const { status, stdout } = await run(['validate', file({ ...SIMPLE, ...change })]);
      assert.equal(status, 1);
      assert.match(stdout, message);
    });
  }

  it('lint says which alarm never has data', async () => {
    assert.equal((await run(['lint'])).status, 0);
    const { status, stdout } = await run(['lint', 'memory', 'error-rate'], { OTEL_METRICS_EXPORTER: 'otlp' });
    assert.equal(status, 1);
    assert.match(
      stdout,
      /^warning alarms\/memory\.json:\d+:\d+: \/MetricName: never has data: OTEL_METRICS_EXPORTER is otlp/m,
    );
    assert.match(
      stdout,
      /^warning alarms\/error-rate\.json:\d+:\d+: \/Metrics\/0\/MetricStat\/Metric: never has data/m,
    );
  });

  it('renders for CloudFormation and Terraform', async () => {
    const template = JSON.parse((await run(['render', 'memory', '--format', 'cloudformation'])).stdout);
    const { Type, Properties } = template.Resources.CheckoutProdMemory;
    assert.deepEqual(
      [Type, Properties.AlarmName, Properties.Threshold],
      ['AWS::CloudWatch::Alarm', 'checkout-prod-memory', 90],
    );
    const { resource } = JSON.parse((await run(['render', 'error-rate', 'memory', '--format', 'terraform'])).stdout);
    const { checkout_prod_memory: memory, checkout_prod_error_rate: rate } = resource.aws_cloudwatch_metric_alarm;
    assert.deepEqual(memory.dimensions, { Service: 'checkout', Environment: 'prod' });
    assert.deepEqual(
      [
        memory.alarm_name,
        memory.metric_name,
        memory.evaluation_periods,
        memory.datapoints_to_alarm,
        memory.treat_missing_data,
      ],
      ['checkout-prod-memory', 'container.memory.utilization', 5, 3, 'missing'],
    );
    assert.deepEqual(rate.metric_query[2], {
      id: 'rate',
      label: 'failing requests, %',
      expression: 'IF(faults >= 3, 100 * faults / requests, 0)',
      return_data: true,
    });
    assert.equal(rate.metric_query[0].metric.stat, 'Sum');
  });
});
