import assert from 'node:assert/strict';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type LogGroupClass,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { readEmbeddedMetrics } from '../../src/studio/services/embedded-metrics.js';
import { clientConfiguration, getJson, runningStudio } from './running.js';

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 3600_000;
const DAY = 24 * HOUR;

interface Directive {
  Namespace?: unknown;
  Dimensions?: unknown;
  Metrics?: unknown;
}

const event = (directive: Directive, members: Record<string, unknown> = {}, timestamp: unknown = NOW) =>
  JSON.stringify({
    _aws: { Timestamp: timestamp, CloudWatchMetrics: [{ Namespace: 'Shop', Metrics: [{ Name: 'm' }], ...directive }] },
    m: 1,
    ...members,
  });
const read = (message: string) => readEmbeddedMetrics(message, NOW) ?? assert.fail('not in the format');
const numbersOf = (m: unknown) => {
  const [metric] = read(event({}, { m })).metrics;
  if (metric === undefined) return undefined;
  const { value, values, counts, statistics } = metric.datum;
  return { value, values, counts, statistics };
};
const given = (numbers: Record<string, unknown>) => ({
  value: undefined,
  values: undefined,
  counts: undefined,
  statistics: undefined,
  ...numbers,
});

describe('metrics embedded in log events', () => {
  it('are one per set of dimensions, with unit and resolution', () => {
    const { metrics, invalid } = read(
      event(
        {
          Dimensions: [['Service'], ['Service', 'Route'], []],
          Metrics: [{ Name: 'm', Unit: 'Seconds', StorageResolution: 1 }],
        },
        { m: 0.25, Service: 'shop', Route: '/pay' },
      ),
    );
    const service = { name: 'Service', value: 'shop' };
    assert.deepEqual(
      metrics.map(({ dimensions }) => dimensions),
      [[service], [service, { name: 'Route', value: '/pay' }], []],
    );
    for (const { namespace, name, datum } of metrics) {
      assert.deepEqual([namespace, name], ['Shop', 'm']);
      assert.deepEqual(datum, { timestamp: NOW, arrived: NOW, unit: 'Seconds', resolution: 1, value: 0.25 });
    }
    assert.deepEqual(invalid, []);
  });

  it('are a number, a list of numbers, a distribution, or statistics alone', () => {
    const statistics = { sampleCount: 3, sum: 6, minimum: 1, maximum: 3 };
    const sent = { Count: 3, Sum: 6, Min: 1, Max: 3 };
    assert.deepEqual(numbersOf(2.5), given({ value: 2.5 }));
    assert.deepEqual(numbersOf([1, 2, 2]), given({ values: [1, 2, 2] }));
    assert.deepEqual(numbersOf([5]), given({ values: [5] }));
    assert.deepEqual(
      numbersOf({ Values: [1, 2.5], Counts: [1, 2], ...sent }),
      given({ values: [1, 2.5], counts: [1, 2], statistics }),
    );
    assert.deepEqual(numbersOf({ Values: [], Counts: [], ...sent }), given({ statistics }));
    assert.deepEqual(numbersOf(sent), given({ statistics }));
  });

  it('are not what is no number, out of range, or a distribution of two lengths', () => {
    const unusable = ['1', null, [], [1, 'x'], 2 ** 361, { Values: [1], Counts: [1, 2] }, { Sum: 1 }, undefined];
    for (const m of unusable) assert.equal(numbersOf(m), undefined, JSON.stringify(m));
    assert.deepEqual(numbersOf(2 ** 360), given({ value: 2 ** 360 }));
  });

  it('are up to 100 values', () => {
    assert.equal(numbersOf(Array(100).fill(1))?.values?.length, 100);
    assert.equal(numbersOf(Array(101).fill(1)), undefined);
  });

  it('are up to 100 in a directive; more are all left out', () => {
    const metricsOf = (count: number) => read(event({ Metrics: Array(count).fill({ Name: 'm' }) }));
    assert.equal(metricsOf(100).metrics.length, 100);
    const { metrics, invalid } = metricsOf(101);
    assert.equal(metrics.length, 0);
    assert.equal(invalid.length, 1);
  });

  it('have up to 30 dimensions; a set that breaks a rule is left out, the others stay', () => {
    const names = Array.from({ length: 31 }, (_, index) => `d${index}`);
    const members = Object.fromEntries(names.map((name) => [name, 'x']));
    const sets = [names.slice(1), names, ['absent'], [5], ['m']];
    const { metrics, invalid } = read(event({ Dimensions: sets }, members));
    assert.deepEqual(
      metrics.map(({ dimensions }) => dimensions.length),
      [30],
    );
    assert.equal(invalid.length, 4);
  });

  it('are from 14 days back to 2 hours ahead', () => {
    for (const [timestamp, taken] of [
      [NOW - 14 * DAY, 1],
      [NOW - 14 * DAY - 1, 0],
      [NOW + 2 * HOUR, 1],
      [NOW + 2 * HOUR + 1, 0],
      ['now', 0],
    ] as const) {
      assert.equal(read(event({}, {}, timestamp)).metrics.length, taken, String(timestamp));
    }
  });

  it('need a namespace, a list of metrics with names, and units that CloudWatch has', () => {
    const broken: Directive[] = [
      { Namespace: '' },
      { Namespace: 5 },
      { Metrics: 'm' },
      { Metrics: [{}] },
      { Metrics: [{ Name: 'm', Unit: 's' }] },
      { Metrics: [{ Name: 'm', StorageResolution: 10 }] },
      { Dimensions: 'Service' },
    ];
    for (const directive of broken) {
      const { metrics, invalid } = read(event(directive));
      assert.deepEqual([metrics.length, invalid.length], [0, 1], JSON.stringify(directive));
    }
  });

  it('are not looked for in other events', () => {
    for (const message of ['', 'text "CloudWatchMetrics"', '{"CloudWatchMetrics":[]}', '[1]', '{"_aws":{}}']) {
      assert.equal(readEmbeddedMetrics(message, NOW), undefined, message);
    }
  });
});

describe('PutLogEvents with embedded metrics', () => {
  const studio = runningStudio(() => ({ now: () => NOW }));
  const put = async (messages: string[], logGroupClass: LogGroupClass = 'STANDARD') => {
    const client = new CloudWatchLogsClient(clientConfiguration(studio()));
    const target = { logGroupName: '/metrics/shop', logStreamName: 's' };
    await client.send(new CreateLogGroupCommand({ ...target, logGroupClass }));
    await client.send(new CreateLogStreamCommand(target));
    const logEvents = messages.map((message) => ({ timestamp: NOW, message }));
    const answer = await client.send(new PutLogEventsCommand({ ...target, logEvents }));
    client.destroy();
    return answer;
  };
  const series = async () =>
    ((await getJson(studio(), '/api/metrics')).metrics as { namespace: string; name: string; received: number }[]).map(
      ({ namespace, name, received }) => [namespace, name, received],
    );

  it('publishes them, and keeps the events', async () => {
    await put([event({}, { m: 1 }), event({}, { m: 2 }), 'a line']);
    assert.deepEqual(await series(), [['Shop', 'm', 2]]);
    const { total } = await getJson(studio(), '/api/logs?group=%2Fmetrics%2Fshop');
    assert.equal(total, 3);
  });

  it('answers with success where they are invalid, and counts that in AWS/Logs', async () => {
    const answer = await put([event({ Metrics: [{ Name: 'm' }, { Name: 'absent' }] }), event({ Namespace: '' })]);
    assert.equal(answer.rejectedLogEventsInfo, undefined);
    assert.deepEqual(await series(), [
      ['Shop', 'm', 1],
      ['AWS/Logs', 'EMFValidationErrors', 1],
    ]);
    const refused = (await getJson(studio(), '/api/refused')).refused as { items: number; code: string }[];
    assert.deepEqual(
      refused.map(({ items, code }) => [items, code]),
      [[2, 'partial']],
    );
  });

  it('publishes none from a log group of infrequent access', async () => {
    await put([event({})], 'INFREQUENT_ACCESS');
    assert.deepEqual(await series(), []);
  });
});
