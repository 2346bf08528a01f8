import assert from 'node:assert/strict';
import {
  CloudWatchClient,
  DashboardInvalidInputError,
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  InvalidParameterCombinationException,
  InvalidParameterValueException,
  ListDashboardsCommand,
  ListMetricsCommand,
  type ListMetricsCommandInput,
  type MetricDatum,
  MissingRequiredParameterException,
  PutDashboardCommand,
  PutInsightRuleCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { MAX_REQUEST_BYTES } from '../../src/studio/services/put-metric-data.js';
import { clientConfiguration, runningStudio } from './running.js';

const MINUTE = 60_000;
const NOW = Math.floor(Date.now() / MINUTE) * MINUTE;
const HOUR_AROUND = { StartTime: new Date(NOW - 30 * MINUTE), EndTime: new Date(NOW + 30 * MINUTE) };
const DIMENSIONS = [
  { Name: 'Service', Value: 'checkout' },
  { Name: 'Environment', Value: 'prod' },
];

describe('CloudWatch, called by the AWS SDK', () => {
  const studio = runningStudio(() => ({ now: () => NOW }));
  const client = () => new CloudWatchClient(clientConfiguration(studio()));
  const put = (data: MetricDatum[], namespace = 'N') =>
    client().send(new PutMetricDataCommand({ Namespace: namespace, MetricData: data }));

  const readBack = async (stat: string, unit?: 'Seconds' | 'Count') => {
    const answer = await client().send(
      new GetMetricDataCommand({
        ...HOUR_AROUND,
        MetricDataQueries: [
          {
            Id: 'q',
            MetricStat: {
              Metric: { Namespace: 'N', MetricName: 'm', Dimensions: [...DIMENSIONS].reverse() },
              Period: 60,
              Stat: stat,
              ...(unit === undefined ? {} : { Unit: unit }),
            },
          },
        ],
      }),
    );
    return answer.MetricDataResults?.[0];
  };

  it('gives back what was put, by any order of the dimensions', async () => {
    await put([{ MetricName: 'm', Dimensions: DIMENSIONS, Values: [1, 2, 3], Counts: [5, 4, 1], Unit: 'Seconds' }]);
    assert.deepEqual((await readBack('p50'))?.Values, [1]);
    assert.deepEqual((await readBack('p99'))?.Values, [3]);
    assert.deepEqual((await readBack('Sum'))?.Values, [16]);
    assert.deepEqual((await readBack('SampleCount'))?.Timestamps, [new Date(NOW)]);
  });

  it('keeps the exact datum', async () => {
    const values = {
      Values: [0.1, 0.25],
      Counts: [2, 1],
      StatisticValues: { SampleCount: 3, Sum: 0.46, Minimum: 0.1, Maximum: 0.26 },
    };
    const timestamp = new Date(NOW - 1234);
    await put([
      {
        MetricName: 'm',
        Dimensions: DIMENSIONS,
        ...values,
        Unit: 'Seconds',
        Timestamp: timestamp,
        StorageResolution: 1,
      },
    ]);
    const series = studio().store.metrics.find('N', 'm', [
      { name: 'Environment', value: 'prod' },
      { name: 'Service', value: 'checkout' },
    ]);
    assert.deepEqual(series?.data.toArray(), [
      {
        timestamp: NOW - 1234,
        arrived: NOW,
        unit: 'Seconds',
        resolution: 1,
        values: [0.1, 0.25],
        counts: [2, 1],
        statistics: { sampleCount: 3, sum: 0.46, minimum: 0.1, maximum: 0.26 },
      },
    ]);
  });

  it('aggregates units apart', async () => {
    await put([
      { MetricName: 'm', Dimensions: DIMENSIONS, Value: 1, Unit: 'Seconds' },
      { MetricName: 'm', Dimensions: DIMENSIONS, Value: 2, Unit: 'Count' },
    ]);
    assert.deepEqual((await readBack('Sum', 'Seconds'))?.Values, [1]);
    assert.deepEqual((await readBack('Sum', 'Count'))?.Values, [2]);
    const statistics = await client().send(
      new GetMetricStatisticsCommand({
        ...HOUR_AROUND,
        Namespace: 'N',
        MetricName: 'm',
        Dimensions: DIMENSIONS,
        Period: 60,
        Statistics: ['Sum'],
      }),
    );
    const found = statistics.Datapoints?.map(({ Unit, Sum }) => [Unit, Sum]).sort();
    assert.deepEqual(found, [
      ['Count', 2],
      ['Seconds', 1],
    ]);
  });

  it('files standard resolution by the minute and periods by their start', async () => {
    const at = (offset: number, value: number) => ({
      MetricName: 'm',
      Dimensions: DIMENSIONS,
      Value: value,
      Timestamp: new Date(NOW + offset),
    });
    await put([at(-1, 1), at(0, 2), at(59_999, 4)]);
    const answer = await readBack('Sum');
    assert.deepEqual(answer?.Timestamps, [new Date(NOW), new Date(NOW - MINUTE)]);
    assert.deepEqual(answer?.Values, [6, 1]);
  });

  it('answers GetMetricStatistics with plain and extended statistics', async () => {
    await put([{ MetricName: 'm', Dimensions: DIMENSIONS, Values: [1, 9], Counts: [9, 1], Unit: 'Seconds' }]);
    const answer = await client().send(
      new GetMetricStatisticsCommand({
        ...HOUR_AROUND,
        Namespace: 'N',
        MetricName: 'm',
        Dimensions: DIMENSIONS,
        Period: 60,
        Statistics: ['Average', 'Maximum'],
        ExtendedStatistics: ['p90', 'p95'],
      }),
    );
    assert.deepEqual(answer.Datapoints, [
      { Timestamp: new Date(NOW), Unit: 'Seconds', Average: 1.8, Maximum: 9, ExtendedStatistics: { p90: 1, p95: 9 } },
    ]);
  });

  it('spans 1440 data points in GetMetricStatistics and not 1441', async () => {
    const ask = (points: number) =>
      client().send(
        new GetMetricStatisticsCommand({
          Namespace: 'N',
          MetricName: 'm',
          Period: 60,
          Statistics: ['Sum'],
          StartTime: new Date(NOW - points * MINUTE),
          EndTime: new Date(NOW),
        }),
      );
    await ask(1440);
    await assert.rejects(ask(1441), (error) => {
      assert.ok(error instanceof InvalidParameterCombinationException);
      assert.match(error.message, /You have requested up to 1441 datapoints, which exceeds the limit of 1440/);
      return true;
    });
  });

  it('evaluates expressions of GetMetricData with the metrics that they refer to', async () => {
    const now = new Date();
    await client().send(
      new PutMetricDataCommand({ Namespace: 'Math', MetricData: [{ MetricName: 'm', Value: 3, Timestamp: now }] }),
    );
    const metric = { Metric: { Namespace: 'Math', MetricName: 'm' }, Period: 60, Stat: 'Sum' };
    const { MetricDataResults: results } = await client().send(
      new GetMetricDataCommand({
        ...HOUR_AROUND,
        MetricDataQueries: [
          { Id: 'm', MetricStat: metric, ReturnData: false },
          { Id: 'e', Expression: 'm * 2', Label: 'twice' },
          { Id: 's', Expression: `SEARCH('{Math} MetricName="m"', 'Sum', 60)` },
        ],
      }),
    );
    assert.deepEqual(
      results?.map(({ Id, Label, Values }) => [Id, Label, Values]),
      [
        ['e', 'twice', [6]],
        ['s', 'm', [3]],
      ],
    );
  });

  for (const [Expression, message] of [
    ['nosuch * 2', /no row has the id nosuch/],
    ['1 + 1', /the result is not a time series/],
    ['e + 1', /e refers to itself/],
    ['ANOMALY_DETECTION_BAND(m)', /ANOMALY_DETECTION_BAND is not evaluated here/],
  ] as const) {
    it(`refuses the expression ${Expression} of GetMetricData with a reason`, async () => {
      const asked = client().send(
        new GetMetricDataCommand({ ...HOUR_AROUND, MetricDataQueries: [{ Id: 'e', Expression }] }),
      );
      await assert.rejects(asked, message);
    });
  }

  it('takes 500 queries with ids of their own in GetMetricData, not 501, none twice', async () => {
    const query = (index: number) => ({
      Id: `q${index}`,
      MetricStat: { Metric: { Namespace: 'N', MetricName: 'm' }, Period: 60, Stat: 'Sum' },
    });
    const ask = (ids: number[]) =>
      client().send(new GetMetricDataCommand({ ...HOUR_AROUND, MetricDataQueries: ids.map(query) }));
    const ids = Array.from({ length: 501 }, (_, index) => index);
    assert.equal((await ask(ids.slice(1))).MetricDataResults?.length, 500);
    await assert.rejects(ask(ids), /must not have a size greater than 500/);
    await assert.rejects(ask([1, 1]), /not unique/);
  });

  it('takes names of 255 characters for dashboards and alarms, not 256', async () => {
    const dashboard = (DashboardName: string) =>
      client().send(new PutDashboardCommand({ DashboardName, DashboardBody: '{"widgets":[]}' }));
    await dashboard('d'.repeat(255));
    await assert.rejects(dashboard('d'.repeat(256)), DashboardInvalidInputError);
    await assert.rejects(dashboard('with space'), /contains invalid characters/);
    const alarm = (AlarmName: string) =>
      client().send(
        new PutMetricAlarmCommand({
          AlarmName,
          Namespace: 'N',
          MetricName: 'm',
          Statistic: 'Sum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanThreshold',
        }),
      );
    await alarm('a'.repeat(255));
    await assert.rejects(alarm('a'.repeat(256)), { Code: 'ValidationError' });
  });

  it('does not take an average misspelt for a statistic', async () => {
    await assert.rejects(
      readBack('Avg'),
      /The value Avg for parameter MetricDataQueries\.member\.1.* is not a valid statistic/,
    );
  });

  it('lists metrics by namespace, name and dimension, 500 a page', async () => {
    const many = Array.from({ length: 501 }, (_, index) => ({
      MetricName: `m${index}`,
      Dimensions: DIMENSIONS,
      Value: 1,
    }));
    await put(many);
    await put([{ MetricName: 'other', Value: 1 }], 'Other');
    const first = await client().send(new ListMetricsCommand({ Namespace: 'N' }));
    assert.equal(first.Metrics?.length, 500);
    const second = await client().send(new ListMetricsCommand({ Namespace: 'N', NextToken: first.NextToken }));
    assert.equal(second.Metrics?.length, 1);
    assert.equal(second.NextToken, undefined);
    const list = async (input: ListMetricsCommandInput) =>
      (await client().send(new ListMetricsCommand(input))).Metrics?.length;
    assert.equal(await list({ MetricName: 'm7' }), 1);
    assert.equal(await list({ Namespace: 'Other', Dimensions: [{ Name: 'Service' }] }), 0);
    assert.equal(await list({ MetricName: 'm7', Dimensions: [{ Name: 'Service', Value: 'checkout' }] }), 1);
    assert.equal(await list({ MetricName: 'm7', Dimensions: [{ Name: 'Service', Value: 'Checkout' }] }), 0);
  });

  it('throws the exceptions of the SDK with the codes of the Query protocol', async () => {
    await assert.rejects(put([{ MetricName: 'm', Value: Number.NaN }]), (error) => {
      assert.ok(error instanceof InvalidParameterValueException);
      assert.equal(error.message, 'The value NaN for parameter MetricData.member.1.Value is invalid.');
      assert.equal(Reflect.get(error, 'Code'), 'InvalidParameterValue');
      assert.equal(error.$metadata.httpStatusCode, 400);
      assert.equal(typeof error.$metadata.requestId, 'string');
      return true;
    });
    await assert.rejects(put([{ MetricName: 'm', Value: 1, Values: [1] }]), InvalidParameterCombinationException);
    await assert.rejects(put([]), MissingRequiredParameterException);
  });

  it('fails the whole request for one bad datum', async () => {
    await assert.rejects(
      put([
        { MetricName: 'good', Value: 1 },
        { MetricName: 'bad', Value: Number.POSITIVE_INFINITY },
      ]),
    );
    assert.equal(studio().store.metrics.size, 0);
    const [refusal] = studio().store.refused.list();
    assert.equal(refusal?.items, 2);
    assert.equal(refusal?.code, 'InvalidParameterValue');
  });

  it('takes the gzip that the SDK makes of long requests', async () => {
    const data = Array.from({ length: 500 }, (_, index) => ({
      MetricName: `m${index}`,
      Dimensions: DIMENSIONS,
      Value: index,
    }));
    await put(data);
    const [call] = studio().store.calls.list();
    assert.equal(call?.items, 500);
    assert.ok(call !== undefined && call.wireBytes < call.bytes / 5, JSON.stringify(call));
    assert.equal(studio().store.metrics.size, 500);
  });

  it('takes a request of 1 MiB before compression and not a byte more', async () => {
    const ask = async (bytes: number) => {
      const body = (padding: string) =>
        JSON.stringify({ Namespace: 'N', MetricData: [{ MetricName: 'm', Value: 1 }], Padding: padding });
      const padded = body('x'.repeat(bytes - body('').length));
      assert.equal(padded.length, bytes);
      return fetch(studio().url, {
        method: 'POST',
        body: padded,
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
          'x-amzn-query-mode': 'true',
          'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d{3}/g, ''),
          authorization: `AWS4-HMAC-SHA256 Credential=A/20261122/us-west-2/monitoring/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
        },
      });
    };
    assert.equal((await ask(MAX_REQUEST_BYTES)).status, 200);
    const refused = await ask(MAX_REQUEST_BYTES + 1);
    assert.equal(refused.status, 413);
    assert.equal(refused.headers.get('x-amzn-query-error'), 'RequestEntityTooLarge;Sender');
  });

  it('reports an entity that it does not understand in a header and takes the data', async () => {
    const sdk = client();
    let failure: unknown;
    sdk.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        failure = (result.response as { headers: Record<string, string> }).headers['x-amzn-failure-message'];
        return result;
      },
      { step: 'deserialize' },
    );
    await sdk.send(
      new PutMetricDataCommand({
        Namespace: 'N',
        EntityMetricData: [
          { Entity: { KeyAttributes: { Type: 'Service' } }, MetricData: [{ MetricName: 'm', Value: 1 }] },
        ],
        StrictEntityValidation: false,
      }),
    );
    assert.equal(failure, 'InvalidKeyAttributes');
    assert.equal(studio().store.metrics.size, 1);
  });

  it('keeps, lists, replaces and deletes dashboards', async () => {
    const body = JSON.stringify({ widgets: [{ type: 'text', properties: { markdown: '# Hello' } }] });
    const answer = await client().send(new PutDashboardCommand({ DashboardName: 'api', DashboardBody: body }));
    assert.deepEqual(answer.DashboardValidationMessages, []);
    assert.equal((await client().send(new GetDashboardCommand({ DashboardName: 'api' }))).DashboardBody, body);
    const listed = await client().send(new ListDashboardsCommand({ DashboardNamePrefix: 'a' }));
    assert.deepEqual(listed.DashboardEntries, [
      {
        DashboardName: 'api',
        DashboardArn: 'arn:aws:cloudwatch::000000000000:dashboard/api',
        LastModified: new Date(NOW),
        Size: body.length,
      },
    ]);
    // The SDK knows two errors by the Query code that AWS sends here, and takes the first.
    const notFound = { name: 'ResourceNotFound', Code: 'ResourceNotFound', message: 'Dashboard none does not exist' };
    await assert.rejects(client().send(new DeleteDashboardsCommand({ DashboardNames: ['api', 'none'] })), notFound);
    assert.equal(studio().store.dashboards.list().length, 1);
    await client().send(new DeleteDashboardsCommand({ DashboardNames: ['api'] }));
    await assert.rejects(client().send(new GetDashboardCommand({ DashboardName: 'none' })), notFound);
  });

  it('refuses an invalid dashboard with every finding', async () => {
    const body = JSON.stringify({
      widgets: [{ type: 'metric', properties: { metrics: [['N', 'm', { a: 'b' }, 'c']] } }],
    });
    await assert.rejects(
      client().send(new PutDashboardCommand({ DashboardName: 'x', DashboardBody: body })),
      (error) => {
        assert.ok(error instanceof DashboardInvalidInputError);
        assert.match(error.message, /^The dashboard body is invalid, there are 2 validation errors:\n\[/);
        assert.equal(error.dashboardValidationMessages?.length, 2);
        assert.equal(Reflect.get(error, 'Code'), 'InvalidParameterInput');
        return true;
      },
    );
  });

  it('keeps alarms, describes them and deletes them', async () => {
    const alarm = {
      AlarmName: 'slow',
      Namespace: 'N',
      MetricName: 'm',
      ExtendedStatistic: 'p99',
      Period: 60,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Threshold: 1.5,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    } as const;
    await client().send(new PutMetricAlarmCommand(alarm));
    const { MetricAlarms } = await client().send(new DescribeAlarmsCommand({ AlarmNamePrefix: 'sl' }));
    assert.equal(MetricAlarms?.[0]?.ExtendedStatistic, 'p99');
    assert.equal(MetricAlarms?.[0]?.StateValue, 'INSUFFICIENT_DATA');
    assert.equal(MetricAlarms?.[0]?.AlarmArn, 'arn:aws:cloudwatch:us-west-2:000000000000:alarm:slow');
    await assert.rejects(
      client().send(new PutMetricAlarmCommand({ ...alarm, Statistic: 'Sum' })),
      /Exactly one of Statistic/,
    );
    await assert.rejects(client().send(new PutMetricAlarmCommand({ ...alarm, Period: 45 })), /Period/);
    await client().send(new DeleteAlarmsCommand({ AlarmNames: ['slow'] }));
    assert.deepEqual((await client().send(new DescribeAlarmsCommand({}))).MetricAlarms, []);
  });

  it('answers an action that it does not know as AWS does', async () => {
    const asked = client().send(new PutInsightRuleCommand({ RuleName: 'r', RuleDefinition: '{}' }));
    await assert.rejects(asked, { name: 'UnknownOperationException' });
  });
});

describe('CloudWatch, called by the Query protocol', () => {
  const studio = runningStudio(() => ({ now: () => NOW }));

  const call = (parameters: Record<string, string>) =>
    fetch(studio().url, {
      method: 'POST',
      body: new URLSearchParams({ Version: '2010-08-01', ...parameters }),
      headers: {
        'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d{3}/g, ''),
        authorization: `AWS4-HMAC-SHA256 Credential=A/20261122/us-west-2/monitoring/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
      },
    });

  it('takes PutMetricData as a form and lists the metric in XML', async () => {
    const answer = await call({
      Action: 'PutMetricData',
      Namespace: 'N & M',
      'MetricData.member.1.MetricName': 'm',
      'MetricData.member.1.Values.member.1': '1.5',
      'MetricData.member.1.Values.member.2': '2',
      'MetricData.member.1.Counts.member.1': '3',
      'MetricData.member.1.Counts.member.2': '1',
      'MetricData.member.1.Timestamp': new Date(NOW).toISOString(),
      'MetricData.member.1.Dimensions.member.1.Name': 'Service',
      'MetricData.member.1.Dimensions.member.1.Value': '7',
    });
    assert.equal(answer.status, 200, await answer.text());
    const [series] = studio().store.metrics.list();
    assert.deepEqual(series?.data.at(0)?.values, [1.5, 2]);
    assert.deepEqual(series?.dimensions, [{ name: 'Service', value: '7' }]);
    const xml = await (await call({ Action: 'ListMetrics' })).text();
    assert.match(xml, /<ListMetricsResult><Metrics><member><Namespace>N &amp; M<\/Namespace>/);
  });

  it('answers errors in XML', async () => {
    const answer = await call({ Action: 'PutMetricData', 'MetricData.member.1.MetricName': 'm' });
    assert.equal(answer.status, 400);
    assert.match(
      await answer.text(),
      /<Type>Sender<\/Type><Code>MissingParameter<\/Code><Message>The parameter Namespace/,
    );
  });

  it('says that other actions need AWS JSON', async () => {
    assert.match(await (await call({ Action: 'GetDashboard' })).text(), /<Code>InvalidAction<\/Code>.*use AWS JSON/);
  });
});
