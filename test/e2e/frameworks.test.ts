import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE, KEY } from '../requests/localhost-certificate.js';
import { stage } from './support/aws.js';
import { Application } from './support/process.js';

interface Case {
  fixture: string;
  route: string;
  flags?: string[];
}

const IMPORT = ['--import', '@org/monitoring/register'];

const CASES: Case[] = [
  { fixture: 'fastify.cjs', route: '/items/:id' },
  { fixture: 'koa.cjs', route: '/items/:id' },
  { fixture: 'hapi.cjs', route: '/items/{id}' },
  { fixture: 'nest.cjs', route: '/items/:id' },
  { fixture: 'esm.mjs', route: '/items/:id' },
  { fixture: 'esm.mjs', route: '/items/:id', flags: IMPORT },
];

/** The statuses; 0 where the application died instead of answering. */
async function visit(url: string, paths: string[]): Promise<number[]> {
  const statuses: number[] = [];
  const lost = { status: 0 };
  for (const path of paths) statuses.push((await fetch(url + path).catch(() => lost)).status);
  return statuses;
}

describe('a preloaded application', () => {
  const on = stage();

  for (const fixture of ['express4.cjs', 'express5.cjs']) {
    it(`in ${fixture} reports exactly the requests that were made, by route template`, async () => {
      const app = on.start(fixture, { env: on.aws.env() });
      const url = await app.url();
      await visit(url, [
        '/',
        '/',
        '/',
        '/customers/1/orders/2',
        '/customers/3/orders/4',
        '/nowhere',
        '/.env',
        '/unavailable',
      ]);
      app.kill('SIGTERM');
      await app.ended();
      assert.deepEqual(await on.aws.requests(), {
        'GET /': { count: 3, faults: 0 },
        'GET /customers/:customer/orders/:order': { count: 2, faults: 0 },
        'GET unmatched': { count: 2, faults: 0 },
        'GET /unavailable': { count: 1, faults: 1 },
      });
    });
  }

  it('in Express 5 reports each error once, with its stack, its route and its trace', async () => {
    const app = on.start('express5.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }) });
    const url = await app.url();
    const paths = ['/thrown', '/passed', '/customers/1/orders/2/broken', '/handled', '/refused', '/unavailable'];
    assert.deepEqual(await visit(url, paths), [500, 500, 500, 500, 403, 503]);
    app.kill('SIGTERM');
    await app.ended();
    const errors = await on.aws.errors();
    assert.deepEqual(
      errors.map(({ attributes }) => [attributes.exception.type, attributes.http?.route]),
      [
        ['RangeError', '/thrown'],
        ['Error', '/passed'],
        ['TypeError', '/customers/:customer/orders/:order/broken'],
        ['Error', '/handled'],
        ['HTTP 503', '/unavailable'],
      ],
    );
    const [thrown] = errors;
    assert.ok(thrown);
    assert.match(
      thrown.attributes.exception.stacktrace,
      /RangeError: thrown in a handler\n\s+at .*express-app\.cjs:\d+/,
    );
    assert.equal(thrown.xrayTraceId, `1-${thrown.traceId.slice(0, 8)}-${thrown.traceId.slice(8)}`);
    const span = (await on.aws.spans()).find(({ traceId }) => traceId === thrown.traceId);
    assert.equal(span?.name, 'GET /thrown');
  });

  it('tells no secret of an error or a URL, to any of the three services', async () => {
    const app = on.start('secrets.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }) });
    await visit(await app.url(), ['/passed?token=s3cr3t-in-url&page=2', '/thrown']);
    await app.ended();
    const [spans, errors] = [await on.aws.spans(), await on.aws.errors()];
    assert.deepEqual([spans.length, errors.length], [2, 2]);
    assert.doesNotMatch(JSON.stringify([spans, errors]), /s3cr3t/);
    assert.match(JSON.stringify(spans), /page=2/);
    for (const { events } of spans) assert.equal(events.filter(({ name }) => name === 'exception').length, 1);
  });

  it('gives errors of unsampled requests trace ids as well', async () => {
    const app = on.start('express5.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_off' }) });
    await visit(await app.url(), ['/thrown']);
    app.kill('SIGTERM');
    await app.ended();
    assert.deepEqual(await on.aws.spans(), []);
    const [error] = await on.aws.errors();
    assert.match(error?.xrayTraceId ?? '', /^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  });

  for (const { fixture, route, flags } of CASES) {
    it(`in ${fixture}${flags ? ` with ${flags[0]}` : ''} reports routes and errors`, async () => {
      const app = on.start(fixture, { env: on.aws.env(), ...(flags && { flags }) });
      assert.deepEqual(await visit(await app.url(), ['/items/1', '/items/2', '/broken']), [200, 200, 500]);
      app.kill('SIGTERM');
      await app.ended();
      assert.deepEqual(await on.aws.requests(), {
        [`GET ${route}`]: { count: 2, faults: 0 },
        'GET /broken': { count: 1, faults: 1 },
      });
      const errors = await on.aws.errors();
      assert.deepEqual(
        errors.map(({ attributes }) => [attributes.exception.type, attributes.http?.route]),
        [['TypeError', '/broken']],
      );
    });
  }

  it('over HTTP/2 and HTTPS reports its requests as well', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-tls-'));
    const certificate = join(folder, 'certificate.json');
    writeFileSync(certificate, JSON.stringify({ key: KEY, cert: CERTIFICATE }));
    for (const [fixture, args] of [
      ['http2.cjs', []],
      ['https.mjs', [certificate]],
    ] as const) {
      on.aws.clear();
      const { code, stderr } = await new Application(fixture, { env: on.aws.env(), args: [...args] }).ended();
      assert.equal(code, 0, stderr);
      assert.deepEqual(await on.aws.requests(), { 'GET unmatched': { count: 1, faults: 0 } }, fixture);
    }
    rmSync(folder, { recursive: true });
  });

  it('measured the slow way, by the upstream instrumentation, reports the same requests', async () => {
    const app = on.start('express5.cjs', { env: on.aws.env({ MONITORING_REQUEST_PATH: 'full' }) });
    const url = await app.url();
    await visit(url, ['/', '/', '/customers/1/orders/2', '/unavailable']);
    app.kill('SIGTERM');
    await app.ended();
    assert.deepEqual(await on.aws.requests(), {
      'GET /': { count: 2, faults: 0 },
      'GET /customers/:customer/orders/:order': { count: 1, faults: 0 },
      'GET /unavailable': { count: 1, faults: 1 },
    });
  });

  for (const path of ['short', 'full']) {
    it(`that measures its requests itself counts each once, on the ${path} way, and is told`, async () => {
      const app = on.start('measures-itself.cjs', { env: on.aws.env({ MONITORING_REQUEST_PATH: path }) });
      await visit(await app.url(), ['/', '/', '/']);
      app.kill('SIGTERM');
      const { stderr } = await app.ended();
      const counts = Object.values(await on.aws.requests()).map(({ count }) => count);
      assert.deepEqual(counts, [3]);
      assert.equal(
        stderr.match(/http\.server\.request\.duration is recorded by @hono\/otel as well/g)?.length,
        1,
        stderr,
      );
    });
  }

  it('continues the trace of its caller, W3C and X-Ray, and keeps its decision', async () => {
    const app = on.start('bare-http.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }) });
    const url = await app.url();
    const w3c = '4bf92f3577b34da6a3ce929d0e0e4736';
    await fetch(url, { headers: { traceparent: `00-${w3c}-00f067aa0ba902b7-01` } });
    await fetch(url, {
      headers: { 'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1' },
    });
    await fetch(url, { headers: { traceparent: `00-${w3c.replace('4', '5')}-00f067aa0ba902b7-00` } });
    app.kill('SIGTERM');
    await app.ended();
    const traces = (await on.aws.spans()).map(({ traceId }) => traceId);
    assert.deepEqual(traces.sort(), [w3c, '5759e988bd862e3fe1be46a994272793'].sort());
  });

  it('traces and measures outgoing calls, by http and by fetch, and none of its own', async () => {
    const app = on.start('outgoing.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }) });
    await visit(await app.url(), ['/http', '/fetch']);
    app.kill('SIGTERM');
    await app.ended();
    const spans = await on.aws.spans();
    assert.equal(spans.length, 6, 'two requests, two calls, two requests that the calls made');
    assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 2);
    const { metrics } = await on.aws.get<{
      metrics: { name: string; received: number; latest: { statistics?: { sampleCount?: number; count?: number } } }[];
    }>('/api/metrics?name=http.client.request.duration');
    assert.ok(metrics.length > 0);
    const counts = metrics.map(({ latest }) => latest.statistics?.count ?? latest.statistics?.sampleCount);
    assert.ok(
      counts.every((count) => count === 2),
      JSON.stringify(metrics),
    );
  });

  it('reports what its code reports, redacted, and its own instruments', async () => {
    const app = on.start('capture.cjs', { env: on.aws.env() });
    const { stdout, code } = await app.ended();
    assert.equal(stdout, 'flushed: true\n');
    assert.equal(code, 0);
    const [error] = await on.aws.errors();
    assert.equal(error?.body, 'handled myself');
    assert.ok(JSON.stringify(error).includes('"orderId":7'));
    assert.ok(!JSON.stringify(error).includes('hunter2'));
    assert.ok((await on.aws.metricNames()).includes('assignments'));
  });
});
