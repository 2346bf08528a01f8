import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { ExportResult } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { type Clock, systemClock } from '../../../exporters/aws/clock.js';
import { Conversion } from '../../../exporters/cloudwatch-metrics/conversion.js';
import { entityOf } from '../../../exporters/cloudwatch-metrics/entity.js';
import { CloudWatchMetricExporter } from '../../../exporters/cloudwatch-metrics/exporter.js';
import { MAX_REQUEST_BYTES } from '../../../exporters/cloudwatch-metrics/limits.js';
import { requestOverhead } from '../../../exporters/cloudwatch-metrics/packing.js';
import { Temporality } from '../../../exporters/cloudwatch-metrics/temporality.js';
import type { LoopbackServer } from '../aws/loopback-server.js';
import { startServer } from '../aws/loopback-server.js';
import { collected, counter, gauge, histogram, RESOURCE, upDownCounter } from './collected.js';
import { exponentialPoint } from './histograms.js';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const TIME = Date.UTC(2026, 10, 22, 12, 0, 0, 123);

/** A reading of everything that has a shape of its own on the wire. */
const EVERYTHING = collected([
  histogram('http.server.request.duration', [
    {
      value: exponentialPoint([0.012, 0.018, 0.25]),
      time: TIME,
      attributes: { 'http.route': '/experiments/:id', 'http.request.method': 'GET', 'http.response.status_code': 200 },
    },
    {
      value: exponentialPoint([1.5]),
      time: TIME,
      attributes: { 'http.route': '/experiments/:id', 'http.request.method': 'GET', 'http.response.status_code': 503 },
    },
  ]),
  upDownCounter('http.server.active_requests', [{ value: 3, time: TIME }], '{request}'),
  gauge('container.memory.utilization', [{ value: 0.5, time: TIME }]),
  gauge('container.memory.working_set', [{ value: 123_456_789, time: TIME }], 'By'),
  counter('orders', [{ value: 2, time: TIME, attributes: { shop: 'Zürich', 'shop.open': true } }], '{order}'),
]);

function accept(response: ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', ...headers });
  response.end('{}');
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type: type, message }));
}

describe('CloudWatchMetricExporter on the wire', () => {
  let server: LoopbackServer;
  const exporters: CloudWatchMetricExporter[] = [];

  beforeEach(async () => {
    server = await startServer((_received, response) => accept(response));
  });
  afterEach(async () => {
    await Promise.all(exporters.splice(0).map((exporter) => exporter.shutdown()));
    await server.close();
  });

  /** @param clock its time stands still unless a test says otherwise, so nothing is sent a second time */
  function start(options = {}, clock: Clock = { ...systemClock, now: () => TIME }): CloudWatchMetricExporter {
    const exporter = new CloudWatchMetricExporter(
      {
        namespace: 'ExperimentationPlatform',
        region: 'us-west-2',
        endpoint: server.url,
        credentials: CREDENTIALS,
        shutdownTimeout: 100,
        ...options,
      },
      { clock },
    );
    exporters.push(exporter);
    return exporter;
  }

  const send = (exporter: CloudWatchMetricExporter, metrics: ResourceMetrics) =>
    new Promise<ExportResult>((resolve) => exporter.export(metrics, resolve));

  const bodies = () => server.received.map(({ body }) => JSON.parse(body.toString()) as Record<string, unknown>);

  it('sends the reviewed body', async () => {
    assert.deepEqual(await send(start(), EVERYTHING), { code: 0 });
    const reviewed = fileURLToPath(new URL('./put-metric-data.json', `file://${__filename}`));
    assert.deepEqual(bodies(), [JSON.parse(readFileSync(reviewed, 'utf8'))]);
    const [received] = server.received;
    assert.equal(received?.headers['x-amz-target'], 'GraniteServiceVersion20100801.PutMetricData');
    assert.match(received?.headers['user-agent'] ?? '', /org-monitoring\/\d+\.\d+\.\d+/);
    assert.match(received?.headers.authorization ?? '', /us-west-2\/monitoring\/aws4_request/);
  });

  for (const [what, entity, service] of [
    ['with an entity', true, RESOURCE['service.name']],
    ['without an entity', false, RESOURCE['service.name']],
    ['with an entity beyond ASCII', true, 'Caf\u00e9 \u6771\u4eac \u{1f680}'],
  ] as const) {
    it(`weighs requests ${what} to the byte`, async () => {
      const attributes = { ...RESOURCE, 'service.name': service };
      const metrics = { ...EVERYTHING, resource: resourceFromAttributes(attributes) };
      await send(start({ entity }), metrics);
      const conversion = new Conversion({
        dimensions: 'standard',
        maxSeries: 500,
        statisticValues: true,
        storageResolution: 60,
        temporality: new Temporality({ maxSeries: 1, ttl: 1, processStart: 0 }),
        onNotice: () => {},
      });
      const items = [...conversion.convert({ metrics, now: TIME, extra: [], onUnfit: () => {} })].flat();
      const overhead = requestOverhead('ExperimentationPlatform', entity ? entityOf(attributes) : undefined);
      const weighed = overhead + items.reduce((sum, { bytes }) => sum + bytes, 0) + items.length - 1;
      assert.equal(server.received[0]?.body.length, weighed);
    });
  }

  it('compresses large requests and keeps each within the limit before compression', async () => {
    const values = Array.from({ length: 500 }, (_, i) => 0.001 * 1.01 ** i);
    const points = Array.from({ length: 700 }, (_, i) => ({
      value: exponentialPoint(values),
      time: TIME,
      attributes: { i },
    }));
    const exporter = start({ maxSeries: 2000 });
    await send(exporter, collected([histogram('work.duration', points)]));
    const sizes = server.received.map(({ body }) => body.length);
    assert.ok(sizes.length >= 2 && sizes.every((size) => size <= MAX_REQUEST_BYTES), `${sizes}`);
    assert.ok(Math.max(...sizes) > MAX_REQUEST_BYTES - 5000);
    assert.ok(server.received.every(({ headers }) => headers['content-encoding'] === 'gzip'));
    assert.equal(exporter.status().counters.find(({ name }) => name === 'sent')?.value, 700);
  });

  it('goes on without an entity that the service reports as invalid while it takes the data', async () => {
    server.handle = (_received, response) => accept(response, { 'X-Amzn-Failure-Message': 'InvalidKeyAttributes' });
    const exporter = start();
    assert.deepEqual(await send(exporter, EVERYTHING), { code: 0 });
    assert.deepEqual(await send(exporter, EVERYTHING), { code: 0 });
    assert.deepEqual(
      bodies().map((body) => Object.keys(body)),
      [
        ['Namespace', 'EntityMetricData', 'StrictEntityValidation'],
        ['Namespace', 'MetricData'],
      ],
    );
    assert.equal(exporter.status().entity, 'refused');
  });

  it("isolates the datum that the service's own wording names", async () => {
    server.handle = ({ body }, response) => {
      const { EntityMetricData } = JSON.parse(body.toString()) as {
        EntityMetricData: { MetricData: { MetricName: string }[] }[];
      };
      const bad = EntityMetricData[0]?.MetricData.findIndex(({ MetricName }) => MetricName === 'orders') ?? -1;
      if (bad === -1) accept(response);
      else
        refuse(
          response,
          400,
          'InvalidParameterValue',
          `The value for parameter EntityMetricData.member.1.MetricData.member.${bad + 1}.Value is invalid.`,
        );
    };
    const exporter = start();
    assert.equal((await send(exporter, EVERYTHING)).code, 1);
    assert.equal(server.received.length, 2);
    assert.equal(exporter.status().counters.find(({ name }) => name === 'dropped')?.value, 1);
  });

  for (const [what, answer, kind] of [
    ['an internal fault', (response: ServerResponse) => refuse(response, 500, 'InternalServiceFault', 'x'), 'retry'],
    [
      'throttling',
      (response: ServerResponse) =>
        refuse(response, 400, 'com.amazon.coral.availability#ThrottlingException', 'Rate exceeded'),
      'throttled',
    ],
    [
      'throttling by its older name',
      (response: ServerResponse) =>
        response
          .writeHead(400, {
            'content-type': 'application/x-amz-json-1.0',
            'x-amzn-query-error': 'Throttling;Sender',
          })
          .end('{"__type":"ThrottlingException","message":"Rate exceeded"}'),
      'throttled',
    ],
    [
      'too many requests',
      (response: ServerResponse) => response.writeHead(429, { 'retry-after': '60' }).end(),
      'throttled',
    ],
    ['a bad gateway', (response: ServerResponse) => response.writeHead(502).end(), 'retry'],
    ['a gateway that waited too long', (response: ServerResponse) => response.writeHead(504).end(), 'retry'],
    [
      'a denial',
      (response: ServerResponse) => refuse(response, 403, 'AccessDeniedException', 'not authorized'),
      'denied',
    ],
    [
      'an expired token',
      (response: ServerResponse) => refuse(response, 403, 'ExpiredTokenException', 'expired'),
      'denied',
    ],
    [
      'an HTML page of a proxy',
      (response: ServerResponse) => response.writeHead(503, { 'content-type': 'text/html' }).end('<html>'),
      'retry',
    ],
    ['a broken connection', (response: ServerResponse) => response.destroy(), 'unanswered'],
    ['a redirect', (response: ServerResponse) => response.writeHead(307, { location: '/' }).end(), 'retry'],
    ['a portal', (r: ServerResponse) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), 'retry'],
    ['a success of two megabytes', (response: ServerResponse) => response.end(Buffer.alloc(2_000_000)), 'retry'],
    [
      'an error of two megabytes',
      (response: ServerResponse) => response.writeHead(503).end(Buffer.alloc(2_000_000)),
      'retry',
    ],
  ] as const) {
    it(`knows ${what} when it sees it, tries once and keeps everything`, async () => {
      server.handle = (_received, response) => void answer(response);
      const exporter = start();
      assert.deepEqual(await send(exporter, EVERYTHING), { code: 0 });
      assert.equal(server.received.length, 1);
      const failed = exporter.status().counters.filter(({ name }) => name === 'failed');
      assert.deepEqual(
        failed.map(({ reason, value }) => [reason, value]),
        [[kind, 1]],
      );
      assert.equal(exporter.status().queue.items, 9);
    });
  }

  for (const [what, answer] of [
    [
      'by the service',
      (response: ServerResponse) =>
        refuse(response, 413, 'RequestEntityTooLarge', 'Request size 47947 exceeded 40960 bytes'),
    ],
    [
      'by a proxy',
      (response: ServerResponse) => response.writeHead(413, { 'content-type': 'text/html' }).end('<html>'),
    ],
  ] as const) {
    it(`halves a request that is found too large ${what}`, async () => {
      server.handle = ({ body }, response) => {
        const { EntityMetricData } = JSON.parse(body.toString()) as { EntityMetricData: { MetricData: unknown[] }[] };
        if ((EntityMetricData[0]?.MetricData.length ?? 0) > 5) answer(response);
        else accept(response);
      };
      const exporter = start();
      assert.deepEqual(await send(exporter, EVERYTHING), { code: 0 });
      assert.equal(server.received.length, 3);
      assert.equal(exporter.status().counters.find(({ name }) => name === 'sent')?.value, 9);
    });
  }

  it('knows an endpoint that nobody listens at', async () => {
    const url = server.url;
    await server.close();
    const exporter = start({ endpoint: url });
    assert.deepEqual(await send(exporter, EVERYTHING), { code: 0 });
    assert.match(exporter.status().queue.trouble ?? '', /ECONNREFUSED/);
    assert.equal(exporter.status().queue.items, 9);
  });

  it('works under the SDK as an ordinary exporter, with percentiles within 4.5 %', async () => {
    const exporter = start({}, systemClock);
    const provider = new MeterProvider({
      resource: resourceFromAttributes(RESOURCE),
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    });
    const meter = provider.getMeter('test');
    const duration = meter.createHistogram('job.duration', { unit: 's' });
    for (let i = 0; i < 1000; i++) duration.record(0.001 * 1000 ** (i / 999));
    const active = meter.createUpDownCounter('jobs', { unit: '{job}' });
    active.add(3);
    await provider.forceFlush();
    active.add(-1);
    await provider.shutdown();
    interface Sent {
      EntityMetricData: {
        MetricData: {
          MetricName: string;
          Value?: number;
          Values: number[];
          Counts: number[];
          StatisticValues: unknown;
        }[];
      }[];
    }
    const datums = server.received.flatMap(
      ({ body }) => (JSON.parse(body.toString()) as Sent).EntityMetricData[0]?.MetricData ?? [],
    );
    assert.deepEqual(
      datums.filter(({ MetricName }) => MetricName === 'jobs').map(({ Value }) => Value),
      [3, 2],
    );
    const [job] = datums.filter(({ MetricName }) => MetricName === 'job.duration');
    assert.ok(job);
    const written = job.Values.flatMap((value, i) => new Array<number>(job.Counts[i] ?? 0).fill(value));
    for (const rank of [500, 900, 990]) {
      assert.ok(Math.abs((written[rank] ?? 0) / (0.001 * 1000 ** (rank / 999)) - 1) < 0.045);
    }
    assert.equal(datums.filter(({ MetricName }) => MetricName === 'job.duration').length, 1);
  });

  it('lets a process end while it holds data for a dead endpoint', async function () {
    this.timeout(15_000);
    const url = server.url;
    await server.close();
    const child = spawn(
      process.execPath,
      ['--require', 'tsx/cjs', fileURLToPath(new URL('./one-export.ts', `file://${__filename}`)), url],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('exit', resolve));
    assert.equal(code, 0);
    assert.match(output, /queued 1/);
  });
});
