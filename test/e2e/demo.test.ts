import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readProcessTable, withDescendants } from '../../src/guardian/process-table.js';
import { type Studio, startStudio } from '../../src/studio/endpoint.js';
import { ROOT } from './support/process.js';

const DEMO = 'examples/experimentation-platform/demo.mjs';

describe('the demo', function () {
  this.timeout(120_000);

  it('without a terminal runs a while, every request and error arrives, and its last screen has as many errors as faults', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /every request and every error arrived\n$/);
    assert.match(stdout, /ValueError: Test error for monitoring {2}GET \/test-error {2}1-[0-9a-f]{8}-[0-9a-f]{24}/);
    const [, faults] = stdout.match(/GET +\/test-error +\d+ +(\d+)(?![\s\S]*\/test-error +\d+ +\d+ +\d)/) ?? [];
    const [, errors] = stdout.match(/^errors: (\d+)$(?![\s\S]*^errors: )/m) ?? [];
    assert.ok(Number(faults) > 0, stdout);
    assert.equal(errors, faults, stdout);
  });

  describe('that is gone', () => {
    let demo: ChildProcess;
    let started: { pid: number; started: string }[];

    beforeEach(async () => {
      demo = spawn(process.execPath, [DEMO], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
      assert.ok(demo.stdout && demo.pid);
      await once(demo.stdout, 'data');
      started = withDescendants(new Set([demo.pid]), readProcessTable());
      // The guardian, the database and two services.
      assert.equal(started.length, 5);
    });

    for (const signal of ['SIGKILL', 'SIGHUP', 'SIGTERM', 'SIGINT'] as const) {
      it(`after ${signal} leaves no process behind`, async () => {
        demo.kill(signal);
        const isLeft = () => {
          const now = readProcessTable();
          return started.some((one) => now.some(({ pid, started: since }) => pid === one.pid && since === one.started));
        };
        while (isLeft()) await new Promise((resolve) => setTimeout(resolve, 50));
      });
    }
  });
});

describe("the demo's services", function () {
  this.timeout(120_000);
  let studio: Studio;
  let platform: { url: string; stop(): Promise<void> };

  beforeEach(async () => {
    const { startPlatform } = await import('../../examples/experimentation-platform/platform.mjs');
    studio = await startStudio();
    platform = await startPlatform(studio.url);
  });
  afterEach(async () => {
    await platform.stop();
    await studio.close();
  });

  const get = async <T>(path: string): Promise<T> => (await (await fetch(studio.url + path)).json()) as T;

  it('call each other and a database: a trace has depth, the map arrows, the database its metrics; nothing was refused', async () => {
    const response = await fetch(`${platform.url}/experiments/1/conversions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userId: 'user-1' }),
    });
    assert.equal(response.status, 204);
    await fetch(`${platform.url}/test-error`);
    await platform.stop();

    const { edges } = await get<{ edges: { from: string; to: string }[] }>('/api/service-map');
    assert.deepEqual(edges.map(({ from, to }) => `${from} -> ${to}`).sort(), [
      'clients -> experimentation-platform',
      'experimentation-platform -> assignment-service',
      'experimentation-platform -> postgresql',
    ]);
    const { traces } = await get<{ traces: { traceId: string; spans: number; route: string }[] }>('/api/traces');
    const [trace] = traces.filter(({ route }) => route === '/experiments/:id/conversions');
    const { rows } = await get<{ rows: { depth: number; name: string }[] }>(`/api/traces/${trace?.traceId}/waterfall`);
    assert.deepEqual(
      rows.map(({ name }) => name).filter((name) => !name.startsWith('pg-pool')),
      [
        'POST /experiments/:id/conversions',
        'pg.query:SELECT postgres',
        'POST',
        'POST /assignments',
        'pg.query:INSERT postgres',
      ],
    );
    assert.equal(Math.max(...rows.map(({ depth }) => depth)), 2);
    const { metrics } = await get<{ metrics: { name: string; dimensions: Record<string, string> }[] }>('/api/metrics');
    assert.ok(
      metrics.some(({ name, dimensions }) => name === 'db.client.operation.duration' && dimensions['db.system.name']),
    );
    const pipeline = await get<{ refused: unknown[]; madeOnDemand: number }>('/api/pipeline');
    assert.deepEqual(pipeline.refused, []);
    assert.ok(pipeline.madeOnDemand > 0, 'the log group was made on demand');
  });

  it('count an error once whose first delivery was answered too late', async () => {
    studio.faults.add({ kind: 'delay', service: 'logs', action: 'PutLogEvents', delayMs: 3500, times: 1 });
    await fetch(`${platform.url}/test-error`);
    await platform.stop();
    const events = async () =>
      (await get<{ events: unknown[] }>(`/api/logs?group=${encodeURIComponent('/experimentation-platform/errors')}`))
        .events;
    while ((await events()).length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal((await get<{ total: number }>('/api/errors')).total, 1);
  });
});
