import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { clientConfiguration, getJson, runningStudio } from './running.js';

const NOW = Date.UTC(2026, 10, 22, 12);
const TRACE = '5e1b41515ac6c58f5b5dbf7f2c1d5a4f';

describe('The JSON API', () => {
  const studio = runningStudio(() => ({ now: () => NOW }));
  const get = (path: string) => getJson(studio(), path);
  const put = (data: MetricDatum[]) =>
    new CloudWatchClient(clientConfiguration(studio())).send(
      new PutMetricDataCommand({ Namespace: 'N', MetricData: data }),
    );
  const postOtlp = (signal: string, body: unknown) =>
    fetch(`${studio().url}/v1/${signal}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });

  const dimensions = (route: string, method: string) =>
    Object.entries({ Service: 'api', Environment: 'prod', 'http.route': route, 'http.request.method': method }).map(
      ([Name, Value]) => ({ Name, Value }),
    );

  it('tells the requests of each route from the datums that arrived', async () => {
    const duration = (route: string, method: string, Values: number[], Counts: number[]): MetricDatum => ({
      MetricName: 'http.server.request.duration',
      Dimensions: dimensions(route, method),
      Unit: 'Seconds',
      Values,
      Counts,
    });
    await put([
      duration('/a/:id', 'GET', [0.01, 0.02], [98, 1]),
      duration('/a/:id', 'GET', [0.5], [1]),
      duration('/b', 'POST', [1], [7]),
      { MetricName: 'http.server.fault', Dimensions: dimensions('/b', 'POST'), Values: [0, 1], Counts: [5, 2] },
      { MetricName: 'http.server.error', Dimensions: dimensions('/a/:id', 'GET'), Values: [0, 1], Counts: [97, 3] },
      { MetricName: 'http.server.request.duration', Dimensions: dimensions('/b', 'POST').slice(0, 2), Value: 1 },
    ]);
    const identity = { source: 'cloudwatch', service: 'api', environment: 'prod' };
    assert.deepEqual(await get('/api/requests'), {
      requests: [
        {
          ...identity,
          method: 'GET',
          route: '/a/:id',
          other: false,
          count: 100,
          errors: 3,
          faults: 0,
          average: 0.015,
          p50: 0.01,
          p99: 0.02,
          maximum: 0.5,
        },
        {
          ...identity,
          method: 'POST',
          route: '/b',
          other: false,
          count: 7,
          errors: 0,
          faults: 2,
          average: 1,
          p50: 1,
          p99: 1,
          maximum: 1,
        },
      ],
    });
  });

  it('tells the requests that came as cumulative OTLP histograms once', async () => {
    const point = (count: number, status: number) => ({
      attributes: [
        { key: 'http.route', value: { stringValue: '/c' } },
        { key: 'http.request.method', value: { stringValue: 'GET' } },
        { key: 'http.response.status_code', value: { intValue: status } },
      ],
      startTimeUnixNano: '1',
      timeUnixNano: String(count),
      count: String(count),
      sum: count,
      min: 0.9,
      max: 1.1,
      scale: 3,
      positive: { offset: 0, bucketCounts: [String(count)] },
    });
    const send = (...dataPoints: object[]) =>
      postOtlp('metrics', {
        resourceMetrics: [
          {
            resource: { attributes: [{ key: 'service.name', value: { stringValue: 'api' } }] },
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'http.server.request.duration',
                    unit: 's',
                    exponentialHistogram: { aggregationTemporality: 2, dataPoints },
                  },
                ],
              },
            ],
          },
        ],
      });
    await send(point(2, 200));
    await send(point(5, 200), point(1, 503));
    const { requests } = (await get('/api/requests')) as { requests: Record<string, unknown>[] };
    assert.equal(requests.length, 1);
    assert.deepEqual(
      [requests[0]?.source, requests[0]?.service, requests[0]?.route, requests[0]?.count, requests[0]?.faults],
      ['otlp', 'api', '/c', 6, 1],
    );
    assert.ok(Math.abs(Number(requests[0]?.p50) - 2 ** (0.5 / 8)) < 1e-9);
  });

  it('lists series with their latest datum and their data with statistics', async () => {
    await put([{ MetricName: 'm', Dimensions: [{ Name: 'a', Value: 'b' }], Values: [1, 2], Counts: [1, 3] }]);
    const { metrics } = (await get('/api/metrics?namespace=N&name=m')) as { metrics: Record<string, unknown>[] };
    assert.equal(metrics.length, 1);
    assert.deepEqual(metrics[0]?.dimensions, { a: 'b' });
    const data = await get('/api/metrics/data?namespace=N&name=m&dim.a=b&stat=p50&stat=Sum&period=60');
    assert.deepEqual(data.statistics, { p50: [[NOW, 2]], Sum: [[NOW, 7]] });
    assert.deepEqual(data.datums, [
      { timestamp: NOW, arrived: NOW, unit: 'None', resolution: 60, values: [1, 2], counts: [1, 3] },
    ]);
    assert.deepEqual((await get(`/api/metrics/data?series=${metrics[0]?.id}`)).datums, data.datums);
    assert.deepEqual(await get('/api/metrics/data?namespace=N&name=m'), { error: 'No such series.' });
    assert.deepEqual(await get('/api/metrics?namespace=Other'), { total: 0, metrics: [] });
  });

  it('gives the events of a log group, filtered', async () => {
    const client = new CloudWatchLogsClient(clientConfiguration(studio()));
    const target = { logGroupName: '/g', logStreamName: 's' };
    await client.send(new CreateLogGroupCommand(target));
    await client.send(new CreateLogStreamCommand(target));
    const logEvents = [
      { timestamp: NOW, message: '{"n":1}' },
      { timestamp: NOW + 1, message: '{"n":2}' },
    ];
    await client.send(new PutLogEventsCommand({ ...target, logEvents }));
    const { groups } = (await get('/api/logs')) as { groups: unknown[] };
    assert.deepEqual(groups, [
      { name: '/g', retentionInDays: null, streams: [{ name: 's', events: 2, storedBytes: 66 }] },
    ]);
    const filter = encodeURIComponent('{ $.n = 2 }');
    const { events, total } = (await get(`/api/logs?group=/g&filter=${filter}`)) as {
      events: { message: string }[];
      total: number;
    };
    assert.deepEqual([total, events[0]?.message], [1, '{"n":2}']);
    assert.match(String((await get('/api/logs?group=/none')).error), /No log group/);
    assert.match(String((await get('/api/logs?group=/g&filter=%7Bx')).error), /filter pattern/);
  });

  it('gives traces by either notation of their id', async () => {
    const span = (spanId: string, extra: object) => ({ traceId: TRACE, spanId, name: spanId, ...extra });
    await postOtlp('traces', {
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'api' } }] },
          scopeSpans: [
            {
              spans: [
                span('00000000000000b2', {
                  parentSpanId: '00000000000000a1',
                  startTimeUnixNano: '1700000000010000000',
                  endTimeUnixNano: '1700000000020000000',
                  status: { code: 2 },
                }),
                span('00000000000000a1', {
                  startTimeUnixNano: '1700000000000000000',
                  endTimeUnixNano: '1700000000025500000',
                  attributes: [{ key: 'http.route', value: { stringValue: '/pay' } }],
                }),
              ],
            },
          ],
        },
      ],
    });
    const summary = {
      traceId: TRACE,
      xrayTraceId: '1-5e1b4151-5ac6c58f5b5dbf7f2c1d5a4f',
      start: 1_700_000_000_000,
      durationMs: 25.5,
      name: '00000000000000a1',
      route: '/pay',
      method: null,
      status: null,
      services: ['api'],
      error: true,
    };
    assert.deepEqual(await get('/api/traces'), { total: 1, traces: [{ ...summary, spans: 2 }] });
    assert.equal((await get('/api/traces?route=/pay&error=true&minDurationMs=25.5&service=api')).total, 1);
    assert.equal((await get('/api/traces?minDurationMs=25.6')).total, 0);
    const byXray = await get('/api/traces/1-5e1b4151-5ac6c58f5b5dbf7f2c1d5a4f');
    assert.deepEqual(byXray, await get(`/api/traces/${TRACE}`));
    assert.deepEqual(
      (byXray.spans as { name: string }[]).map(({ name }) => name),
      ['00000000000000a1', '00000000000000b2'],
    );
    assert.equal((await get('/api/spans?name=00000000000000b2')).total, 1);
    assert.match(String((await get('/api/traces/ffff')).error), /No trace/);
  });

  it('tells the calls, what was refused, and the whole in figures', async () => {
    await put([{ MetricName: 'm', Value: 1 }]);
    await assert.rejects(put([{ MetricName: 'm', Value: Number.NaN }]));
    const { calls } = (await get('/api/calls?action=PutMetricData')) as { calls: Record<string, unknown>[] };
    assert.deepEqual(
      calls.map(({ status, items }) => [status, items]),
      [
        [200, 1],
        [400, 1],
      ],
    );
    assert.equal((await get('/api/calls?service=logs')).total, 0);
    const { refused } = (await get('/api/refused')) as { refused: Record<string, unknown>[] };
    assert.deepEqual(refused, [
      {
        at: NOW,
        service: 'cloudwatch',
        action: 'PutMetricData',
        code: 'InvalidParameterValue',
        message: 'The value NaN for parameter MetricData.member.1.Value is invalid.',
        status: 400,
        items: 1,
      },
    ]);
    const summary = await get('/api/summary');
    assert.deepEqual(summary.held, { datums: 1, points: 0, spans: 0, events: 0, records: 0 });
    assert.deepEqual([summary.calls, summary.refused, summary.metricSeries], [2, 1, 1]);
  });

  it('forgets the data on demand', async () => {
    await put([{ MetricName: 'm', Value: 1 }]);
    const answer = await fetch(`${studio().url}/api/data`, { method: 'DELETE' });
    assert.equal(answer.status, 200);
    assert.equal((await get('/api/metrics')).total, 0);
    assert.equal((await get('/api/calls')).total, 0);
  });

  it('gives at most the limit, the newest', async () => {
    for (const Value of [1, 2, 3]) await put([{ MetricName: 'm', Value }]);
    const { datums, total } = (await get('/api/metrics/data?namespace=N&name=m&limit=2')) as {
      datums: { value: number }[];
      total: number;
    };
    assert.deepEqual([total, datums.map(({ value }) => value)], [3, [2, 3]]);
    for (const limit of ['0', '5001', '1.5', 'x']) {
      assert.match(String((await get(`/api/metrics?limit=${limit}`)).error), /limit must be/);
    }
    assert.equal((await get('/api/metrics?limit=5000')).total, 1);
  });

  it('tells what there is to ask for, and nothing else', async () => {
    const { api } = (await get('/')) as { api: string[] };
    assert.ok(api.includes('/api/summary'));
    const status = async (path: string, method = 'GET') => (await fetch(`${studio().url}${path}`, { method })).status;
    assert.equal(await status('/api/none'), 404);
    assert.equal(await status('/elsewhere'), 404);
    assert.equal(await status('/api/summary', 'DELETE'), 405);
    assert.equal(await status('/api/constructor'), 404);
  });
});

describe('Requests from elsewhere', () => {
  const studio = runningStudio();

  const status = (headers: Record<string, string>, method = 'GET', path = '/api/summary') =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest({ port: studio().port, host: '127.0.0.1', path, method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
      sent.end();
    });

  for (const host of ['127.0.0.1', '127.0.0.1:80', 'localhost:1234', '[::1]:5', '127.1.2.3']) {
    it(`are answered for the host ${host}`, async () => {
      assert.equal(await status({ host }), 200);
    });
  }

  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'evil.example:80',
  ]) {
    it(`are refused for the host ${JSON.stringify(host)}: a page may have rebound its name to loopback`, async () => {
      assert.equal(await status({ host }), 403);
    });
  }

  it('are refused from other origins and other sites, to telemetry as well', async () => {
    const host = `127.0.0.1:${studio().port}`;
    assert.equal(await status({ host, origin: `http://${host}` }), 200);
    assert.equal(await status({ host, origin: 'http://evil.example' }), 403);
    assert.equal(await status({ host, origin: 'null' }, 'POST', '/v1/traces'), 403);
    assert.equal(await status({ host, 'sec-fetch-site': 'cross-site' }), 403);
    assert.equal(await status({ host, 'sec-fetch-site': 'none' }), 200);
  });

  it('are not invited by any CORS header', async () => {
    const response = await fetch(`${studio().url}/api/summary`);
    assert.deepEqual(
      [...response.headers.keys()].filter((name) => name.startsWith('access-control')),
      [],
    );
  });
});
