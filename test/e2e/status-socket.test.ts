import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessSnapshot, TestErrorReport } from '../../src/delivery/worker/status-socket.js';
import { stage } from './support/aws.js';

/** What the socket says, once it is there. */
async function ask(path: string, request = ''): Promise<ProcessSnapshot & Partial<TestErrorReport>> {
  for (;;) {
    try {
      let text = '';
      for await (const chunk of connect(path).end(request)) text += chunk;
      return JSON.parse(text || '{}');
    } catch (error) {
      const early =
        error instanceof Error && 'code' in error && ['ENOENT', 'ECONNREFUSED'].includes(String(error.code));
      if (!early) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('the status socket of a running process', () => {
  const world = stage();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-run-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const start = (fixture: string, env: Record<string, string> = {}) =>
    world.start(fixture, { env: world.aws.env({ MONITORING_RUN_FOLDER: folder, ...env }) });
  const socketOf = (pid: number | undefined) => join(folder, `${pid}.sock`);

  it('tells settings, identity, destinations and what was instrumented, and no secret', async () => {
    const app = start('express5.cjs', {
      MONITORING_MAX_SERIES: '77',
      AWS_SECRET_ACCESS_KEY: 'planted-secret-of-aws',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=planted-secret-of-otlp',
    });
    const url = await app.url();
    await (await fetch(`${url}/`)).text();
    const snapshot = await ask(socketOf(app.child.pid));
    assert.equal(snapshot.pid, app.child.pid);
    assert.equal(snapshot.thread, 'worker');
    assert.equal(snapshot.resource['service.name'], 'shop');
    const destinations = snapshot.delivery.destinations.map(({ signal, name }) => `${signal} ${name}`);
    assert.deepEqual(destinations, ['metrics cloudwatch', 'traces xray', 'logs cloudwatch']);
    assert.equal(snapshot.delivery.region, 'us-west-2');
    const setting = snapshot.application?.settings.find(({ name }) => name === 'MONITORING_MAX_SERIES');
    assert.deepEqual([setting?.value, setting?.origin], ['77', 'environment']);
    const instrumented = snapshot.application?.instrumentations ?? [];
    assert.ok(instrumented.includes('@org/monitoring/express'), instrumented.join());
    assert.deepEqual(snapshot.application?.loadedTooEarly, []);
    assert.doesNotMatch(JSON.stringify(snapshot), /planted-secret/);
  });

  it('is said to be missing where the folder has too long a path for one', async () => {
    const long = join(folder, 'x'.repeat(100));
    const app = start('express5.cjs', { MONITORING_RUN_FOLDER: long });
    await app.url();
    for (const end = Date.now() + 10_000; !app.stderr.includes('no status socket') && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.match(app.stderr, /can't ask this process, it has no status socket: .*too long.*MONITORING_RUN_FOLDER/);
  });

  it('has the process capture an error and deliver it', async () => {
    const app = start('express5.cjs');
    const key = '0123456789abcdef';
    const report = await ask(socketOf(app.child.pid), `test error ${key} 5000`);
    assert.deepEqual([report.captured, report.delivered, report.pid], [true, true, app.child.pid]);
    const [event, ...others] = await world.aws.errors();
    assert.deepEqual([event?.attributes.exception.type, others], ['MonitoringTestError', []]);
    assert.ok(JSON.stringify(event).includes(key));
  });

  it('says that the event loop is held, and that AWS did not take it in time', async () => {
    const held = start('blocked.cjs');
    await ask(socketOf(held.child.pid));
    held.kill('SIGUSR2');
    while (!held.stdout.includes('blocked')) await new Promise((resolve) => setTimeout(resolve, 10));
    const silent = await ask(socketOf(held.child.pid), 'test error 0123456789abcdef 500');
    assert.deepEqual([silent.captured, silent.delivered], [undefined, false]);
    world.aws.studio.faults.add({ kind: 'denied' });
    const denied = start('express5.cjs');
    const report = await ask(socketOf(denied.child.pid), 'test error 0123456789abcdef 500');
    assert.deepEqual([report.captured, report.delivered], [true, false]);
  });

  it('answers nothing to what is no request, and closes on one that is too long', async () => {
    const app = start('express5.cjs');
    const path = socketOf(app.child.pid);
    await ask(path);
    for (const request of ['test error xyz 1', 'test error 0123456789abcdef 99999', 'exit', 'x'.repeat(100_000)])
      await ask(path, request).then(
        (answer) => assert.deepEqual(answer, {}),
        (error) => assert.match(String(error), /ECONNRESET|EPIPE/),
      );
    assert.equal((await ask(path, 'snapshot')).pid, app.child.pid);
  });

  it("is this user's alone", async () => {
    const app = start('graceful.cjs');
    await ask(socketOf(app.child.pid));
    assert.equal(statSync(socketOf(app.child.pid)).mode & 0o777, 0o600);
  });

  for (const [end, signal] of [
    ['a signal', 'SIGTERM'],
    ['its own end', undefined],
  ] as const) {
    it(`is gone after ${end}`, async () => {
      const app = start(signal ? 'express5.cjs' : 'graceful.cjs');
      await ask(socketOf(app.child.pid));
      app.kill(signal ?? 'SIGTERM');
      const { code, signal: by } = await app.ended();
      assert.deepEqual([code, by], signal ? [null, signal] : [0, null]);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.endsWith('.sock')),
        [],
      );
    });
  }

  it('takes away what a killed process left', async () => {
    const app = start('graceful.cjs');
    await ask(socketOf(app.child.pid));
    app.kill('SIGKILL');
    await app.ended();
    assert.ok(existsSync(socketOf(app.child.pid)), 'it is left behind');
    writeFileSync(join(folder, 'notes.sock'), 'not ours');
    const next = start('graceful.cjs');
    await ask(socketOf(next.child.pid));
    assert.deepEqual(
      readdirSync(folder)
        .filter((name) => name.endsWith('.sock'))
        .sort(),
      [`${next.child.pid}.sock`, 'notes.sock'].sort(),
    );
  });

  it('answers while the event loop is held, without what only that thread knows', async () => {
    const app = start('blocked.cjs');
    await ask(socketOf(app.child.pid));
    app.kill('SIGUSR2');
    while (!app.stdout.includes('blocked')) await new Promise((resolve) => setTimeout(resolve, 10));
    const snapshot = await ask(socketOf(app.child.pid));
    assert.equal(snapshot.application, undefined);
    assert.equal(snapshot.delivery.destinations.length, 3);
  });

  it('is not there with MONITORING_RUN_FOLDER=none, and the application ends as ever', async () => {
    const app = start('hello.cjs', { MONITORING_RUN_FOLDER: 'none' });
    assert.deepEqual([(await app.ended()).code, readdirSync(folder)], [0, []]);
  });
});
