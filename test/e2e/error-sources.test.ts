import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from './support/aws.js';
import { ROOT } from './support/process.js';

/** What is asked of an event here. */
interface Told {
  type: string;
  mechanism: string;
  severity: string;
  route?: string | undefined;
  status?: number | undefined;
}

const FRAMEWORKS: [fixture: string, mechanism: string][] = [
  ['express4.cjs', 'express'],
  ['express5.cjs', 'express'],
  ['esm.mjs', 'express'],
  ['fastify.cjs', 'fastify'],
  ['koa.cjs', 'koa'],
  ['hapi.cjs', 'hapi'],
  ['nest.cjs', 'nest'],
];
/** Neither a decision for tracing nor one against it may lose an error. */
const SAMPLERS = ['always_on', 'always_off'];

describe('every error is told once, with its request', () => {
  const on = stage();
  let folder = '';
  const env = (more: Record<string, string>) => on.aws.env({ NODE_PATH: join(ROOT, 'node_modules'), ...more });

  before(() => {
    // Under the name by which applications have it, which its patches go by.
    folder = mkdtempSync(join(tmpdir(), 'monitoring-express4-'));
    cpSync(join(ROOT, 'node_modules/express4'), join(folder, 'node_modules/express'), { recursive: true });
    const app = JSON.stringify(join(ROOT, 'test/e2e/fixtures/express-app.cjs'));
    writeFileSync(join(folder, 'express4.cjs'), `require(${app})(require('express'));\n`);
  });
  after(() => rmSync(folder, { recursive: true }));

  async function told(): Promise<Told[]> {
    const errors = await on.aws.errors();
    return errors.map(({ attributes, severityText }) => {
      const { exception, http, error } = attributes as unknown as {
        exception: { type: string };
        http?: { route?: string; response?: { status_code: number } };
        error: { mechanism: string };
      };
      const { route, response } = http ?? {};
      return {
        type: exception.type,
        mechanism: error.mechanism,
        severity: severityText,
        route,
        status: response?.status_code,
      };
    });
  }

  for (const sampler of SAMPLERS) {
    for (const [fixture, mechanism] of FRAMEWORKS) {
      it(`in ${fixture}, ${sampler}, also where the application answers it itself`, async () => {
        const file = fixture === 'express4.cjs' ? join(folder, fixture) : fixture;
        const app = on.start(file, { env: env({ OTEL_TRACES_SAMPLER: sampler }) });
        const url = await app.url();
        const statuses: number[] = [];
        for (const path of ['/broken', '/answered']) statuses.push((await fetch(url + path)).status);
        assert.deepEqual(statuses, [500, 203]);
        app.kill('SIGTERM');
        await app.ended();
        const severity = 'ERROR';
        assert.deepEqual(await told(), [
          { type: 'TypeError', mechanism, severity, route: '/broken', status: 500 },
          { type: 'RangeError', mechanism, severity, route: '/answered', status: 203 },
        ]);
        const spans = await on.aws.spans();
        const recorded = spans.map(({ events }) => events.filter(({ name }) => name === 'exception').length);
        assert.deepEqual(recorded, sampler === 'always_on' ? [1, 1] : []);
      });
    }

    it(`of loggers, the console and captureError, ${sampler}`, async () => {
      const app = on.start('loggers.cjs', {
        env: on.aws.env({ OTEL_TRACES_SAMPLER: sampler, MONITORING_CONSOLE_ERRORS: 'true' }),
      });
      const url = await app.url();
      const ways = [
        'pino',
        'pino-fatal',
        'pino-text',
        'pino-warn',
        'winston',
        'bunyan',
        'bunyan-fatal',
        'console',
        'capture',
        'all',
      ];
      for (const way of ways) await fetch(`${url}/${way}`);
      app.kill('SIGTERM');
      const { stderr } = await app.ended();
      const event = (mechanism: string, severity = 'ERROR', type = 'RangeError') => ({
        type,
        mechanism,
        severity,
        route: undefined,
        status: 203,
      });
      assert.deepEqual(await told(), [
        event('pino'),
        event('pino', 'FATAL'),
        event('pino', 'ERROR', 'pino.error'),
        event('winston'),
        event('bunyan'),
        event('bunyan', 'FATAL'),
        event('console.error'),
        event('captureError'),
        event('pino'),
      ]);
      assert.match(stderr, /order failed RangeError: wrong: \/console\n {4}at /, 'the console writes what it did');
    });
  }

  it('not of the console, nor as warnings of the process, unless that is asked for', async () => {
    const app = on.start('loggers.cjs', { env: on.aws.env() });
    await fetch(`${await app.url()}/console`);
    app.kill('SIGTERM');
    await app.ended();
    assert.deepEqual(await told(), []);
  });

  for (const [asked, expected] of [
    ['true', [{ type: 'ShopWarning', mechanism: 'warning', severity: 'WARN' }]],
    ['false', []],
  ] as const) {
    it(`of process warnings with MONITORING_PROCESS_WARNINGS=${asked}`, async () => {
      const app = on.start('warns.cjs', { env: on.aws.env({ MONITORING_PROCESS_WARNINGS: asked }) });
      const { stderr } = await app.ended();
      assert.match(stderr, /ShopWarning: stock is low/);
      const events = (await told()).map(({ type, mechanism, severity }) => ({ type, mechanism, severity }));
      assert.deepEqual(events, expected);
    });
  }

  it('of worker threads, whether the application listens for it or dies of it', async () => {
    const app = on.start('worker-errors.cjs', { env: on.aws.env(), args: ['die'] });
    const { code, stdout } = await app.ended();
    assert.deepEqual([code, stdout], [1, 'rejected in a worker\n']);
    const events = (await told()).map(({ type, mechanism, severity }) => ({ type, mechanism, severity }));
    assert.deepEqual(events, [
      { type: 'RangeError', mechanism: 'worker_thread', severity: 'ERROR' },
      { type: 'TypeError', mechanism: 'uncaughtException', severity: 'FATAL' },
    ]);
  });

  for (const fixture of ['express4.cjs', 'express5.cjs']) {
    it(`in ${fixture} with its route, where a handler at a path of its own answers it`, async () => {
      const app = on.start(fixture === 'express4.cjs' ? join(folder, fixture) : fixture, { env: env({}) });
      assert.equal((await fetch(`${await app.url()}/mounted/7`)).status, 503);
      app.kill('SIGTERM');
      await app.ended();
      assert.deepEqual(await told(), [
        { type: 'SyntaxError', mechanism: 'express', severity: 'ERROR', route: '/mounted/:id', status: 503 },
      ]);
      assert.deepEqual(Object.keys(await on.aws.requests()), ['GET /mounted/:id']);
    });
  }

  for (const way of ['exit', 'end']) {
    it(`that its worker threads capture, when the process comes to its ${way}`, async () => {
      const app = on.start('worker-captures.cjs', { env: on.aws.env(), args: [way] });
      const { code, stdout, stderr } = await app.ended();
      assert.equal(code, 0, stderr);
      assert.equal(stdout, 'captured: true,false; module ended; reported, then thrown\n');
      const events = (await on.aws.errors()) as unknown as { attributes: Record<string, Record<string, unknown>> }[];
      const byMessage = new Map(events.map(({ attributes }) => [attributes.exception?.message, attributes]));
      assert.deepEqual([...byMessage.keys()].sort(), ['no till', 'reported, then thrown', 'till 7 is stuck']);
      assert.equal(events.length, 3);
      const { exception, error } = byMessage.get('till 7 is stuck') ?? {};
      assert.deepEqual([exception?.type, exception?.code, error?.mechanism], ['TillError', 'E_TILL', 'captureError']);
      assert.match(String(exception?.stacktrace), /^Error: till 7 is stuck\n {4}at capture \(.*worker-captures\.cjs:/);
      const causes = exception?.cause as { path: string; type: string; message: string }[];
      assert.deepEqual(
        causes.map(({ path, type, message }) => [path, type, message]),
        [
          ['cause', 'AggregateError', 'two parts'],
          ['cause.cause', 'Error', 'no power'],
          ['cause.errors[0]', 'RangeError', 'drawer'],
          ['cause.errors[1]', 'TypeError', 'printer'],
        ],
      );
      const { threadId, ...context } = (error?.context ?? {}) as Record<string, unknown>;
      assert.deepEqual(context, { password: '[redacted]', print: '[function]', order: 7 });
      assert.ok(Number(threadId) > 0);
      assert.deepEqual(byMessage.get('no till')?.exception, { type: 'string', message: 'no till' });
      assert.ok(!JSON.stringify(events).includes('hunter2'));
    });
  }

  it('of worker threads, not where nothing monitors', async () => {
    const app = on.start('worker-captures.cjs', { env: on.aws.env({ OTEL_SDK_DISABLED: 'true' }) });
    const { stdout } = await app.ended();
    assert.match(stdout, /captured: false,false;/);
  });

  it('of a module that is not found, with the functions that required it', async () => {
    const missing = on.start('requires-missing.cjs', { env: on.aws.env() });
    const { stdout } = await missing.ended();
    assert.match(stdout, /at inner \(.*requires-missing\.cjs:3:3\)\n {4}at outer \(/);
  });

  it('leads from its trace to the log group that it is in', async () => {
    const app = on.start('express5.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }) });
    await fetch(`${await app.url()}/broken`);
    app.kill('SIGTERM');
    await app.ended();
    const [[error], [span]] = [await on.aws.errors(), await on.aws.spans()];
    assert.ok(error && span);
    assert.equal(error.traceId, span.traceId);
    assert.equal(error.xrayTraceId, `1-${span.traceId.slice(0, 8)}-${span.traceId.slice(8)}`);
    assert.deepEqual(span.resource?.['aws.log.group.names'], ['/shop/errors']);
  });
});
