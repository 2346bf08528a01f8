import assert from 'node:assert/strict';
import { join } from 'node:path';
import { stage } from './support/aws.js';
import { Application, type Ended, ROOT } from './support/process.js';

/** How the same program ends without us. */
async function bare(fixture: string, args: string[]): Promise<Ended> {
  return new Application(fixture, { flags: [], args }).ended();
}

/** Before Node 24, contexts are kept by async hooks, which add a frame of Node's own to stacks. */
function withoutOurs(stderr: string): string {
  const lines = stderr.split('\n');
  return lines
    .filter((line) => !line.startsWith('[monitoring]') && !line.includes('process.callbackTrampoline'))
    .join('\n');
}

describe('a process that ends', () => {
  const on = stage();

  const hello = async () => (await on.aws.requests())['GET unmatched']?.count;

  it('dies of SIGTERM as without us, its last interval delivered', async () => {
    const app = on.start('bare-http.cjs', { env: on.aws.env() });
    const url = await app.url();
    for (let i = 0; i < 5; i++) await (await fetch(url)).text();
    app.kill('SIGTERM');
    const { code, signal } = await app.ended();
    assert.deepEqual({ code, signal }, { code: null, signal: 'SIGTERM' });
    assert.equal(await hello(), 5);
  });

  it('dies of SIGINT as without us', async () => {
    const app = on.start('bare-http.cjs', { env: on.aws.env() });
    await (await fetch(await app.url())).text();
    app.kill('SIGINT');
    assert.equal((await app.ended()).signal, 'SIGINT');
    assert.equal(await hello(), 1);
  });

  for (const [how, args, code] of [
    ['by itself', [], 0],
    ['by process.exit', ['0'], 0],
    ['by process.exit with a code', ['4'], 4],
  ] as const) {
    it(`drains after SIGTERM and ends ${how}, the requests it drained delivered`, async () => {
      const app = on.start('graceful.cjs', { env: on.aws.env(), args: [...args] });
      const url = await app.url();
      await (await fetch(url)).text();
      const slow = fetch(`${url}/slow`).then((response) => response.text());
      await new Promise((resolve) => setTimeout(resolve, 200));
      app.kill('SIGTERM');
      assert.equal(await slow, 'done');
      const ended = await app.ended();
      assert.deepEqual([ended.code, ended.signal], [code, null]);
      assert.match(ended.stdout, /drained/);
      assert.equal(await hello(), 2);
    });
  }

  for (const way of ['naturally', 'exit', 'throw', 'reject', 'survive']) {
    it(`${way}: ends as without us, its request and its call delivered`, async () => {
      const expected = await bare('ends.cjs', [way]);
      const app = on.start('ends.cjs', { env: on.aws.env(), args: [way] });
      const ended = await app.ended();
      assert.deepEqual([ended.code, ended.signal], [expected.code, expected.signal]);
      const requests = await on.aws.requests();
      const served = Object.values(requests).reduce((sum, { count }) => sum + count, 0);
      assert.equal(served, 1, JSON.stringify(requests));
      assert.ok((await on.aws.metricNames()).includes('http.client.request.duration'));
    });
  }

  for (const [way, type] of [
    ['throw', 'uncaughtException'],
    ['reject', 'unhandledRejection'],
    ['survive', 'uncaughtException'],
  ] as const) {
    it(`${way}: the error is delivered and Node's own message stays`, async () => {
      const expected = await bare('ends.cjs', [way]);
      const app = on.start('ends.cjs', { env: on.aws.env(), args: [way] });
      const ended = await app.ended();
      assert.equal(withoutOurs(ended.stderr), expected.stderr);
      const errors = await on.aws.errors();
      assert.deepEqual(
        errors.map(({ attributes }) => attributes.exception.type),
        ['RangeError'],
        type,
      );
      assert.equal(errors[0]?.severityText, way === 'survive' ? 'ERROR' : 'FATAL');
    });
  }

  for (const way of ['handler', 'listener']) {
    it(`tells the request whose ${way} has thrown, and Node prints little of ours`, async () => {
      const app = on.start('thrown.cjs', { env: on.aws.env(), args: [way] });
      const ended = await app.ended();
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, new RegExp(`^TypeError: out of the ${way}\n {4}at `, 'm'));
      assert.ok(
        ended.stderr.split('\n').every((line) => line.length < 400),
        ended.stderr,
      );
      const errors = await on.aws.errors();
      assert.deepEqual(
        errors.map(({ body, attributes }) => [body, attributes.http?.request?.method, attributes.url?.path]),
        [[`out of the ${way}`, 'POST', '/orders']],
      );
    });
  }

  for (const version of ['signal-exit', 'signal-exit3']) {
    it(`lets ${version} clean up at SIGTERM, and ends`, async () => {
      const library = join(ROOT, 'node_modules', version);
      const expected = await bare('signal-exit.cjs', [library]);
      const ended = await on.start('signal-exit.cjs', { env: on.aws.env(), args: [library] }).ended();
      assert.deepEqual([ended.signal, ended.stdout], ['SIGTERM', 'cleaned up at SIGTERM\n']);
      assert.deepEqual([ended.signal, ended.stdout], [expected.signal, expected.stdout]);
    });
  }

  it('sends nothing and waits for nobody where it did nothing', async () => {
    on.aws.studio.faults.add({ kind: 'hang' });
    const { code, stdout } = await on.start('hello.cjs', { env: on.aws.env() }).ended();
    assert.deepEqual([code, stdout], [0, 'hello\n']);
    on.aws.studio.faults.clear();
    assert.deepEqual(await on.aws.metricNames(), []);
  });

  it('delivers the one counter of a short process, and the host with it', async () => {
    await on.start('counts-once.cjs', { env: on.aws.env() }).ended();
    const names = await on.aws.metricNames();
    assert.ok(names.includes('orders') && names.includes('process.memory.usage'), names.join());
  });

  it('delivers an error thrown while the application loads', async () => {
    const app = on.start('throws-at-load.cjs', { env: on.aws.env() });
    assert.equal((await app.ended()).code, 1);
    assert.deepEqual(
      (await on.aws.errors()).map(({ body }) => body),
      ['nothing works'],
    );
  });

  it('is held up for two seconds at the most when AWS hangs', async () => {
    on.aws.studio.faults.add({ kind: 'hang' });
    const app = on.start('throws-at-load.cjs', { env: on.aws.env() });
    const start = Date.now();
    const { code } = await app.ended();
    const took = Date.now() - start;
    assert.equal(code, 1);
    assert.ok(took < 3500, `${took} ms, of which up to 1 s is the start of two threads`);
  });

  it('is held up at SIGTERM for the shutdown time-out when AWS hangs', async () => {
    on.aws.studio.faults.add({ kind: 'hang' });
    const app = on.start('bare-http.cjs', { env: on.aws.env({ MONITORING_SHUTDOWN_TIMEOUT: '700' }) });
    await (await fetch(await app.url())).text();
    const start = Date.now();
    app.kill('SIGTERM');
    assert.equal((await app.ended()).signal, 'SIGTERM');
    const took = Date.now() - start;
    assert.ok(took >= 600 && took < 2500, `${took} ms`);
  });

  it('is held up for one shutdown time-out and the blocking two seconds when it drains and AWS hangs', async () => {
    on.aws.studio.faults.add({ kind: 'hang' });
    const app = on.start('graceful.cjs', { env: on.aws.env({ MONITORING_SHUTDOWN_TIMEOUT: '1000' }) });
    await (await fetch(await app.url(), { headers: { connection: 'close' } })).text();
    const start = Date.now();
    app.kill('SIGTERM');
    const { code, stderr } = await app.ended();
    const took = Date.now() - start;
    assert.equal(code, 0);
    assert.ok(took < 3600, `${took} ms`);
    assert.match(stderr, /before all telemetry was delivered/);
  });

  it('delivers the requests that it served while it was delivering, too', async () => {
    on.aws.studio.faults.add({ kind: 'delay', delayMs: 300 });
    const app = on.start('bare-http.cjs', { env: on.aws.env() });
    const url = await app.url();
    await (await fetch(url)).text();
    app.kill('SIGTERM');
    let served = 1;
    try {
      for (;;) {
        await (await fetch(url, { headers: { connection: 'close' } })).text();
        served += 1;
      }
    } catch {
      // The process has ended.
    }
    await app.ended();
    assert.ok(served > 1, 'it went on serving');
    const counted = (await hello()) ?? 0;
    assert.ok(served - counted <= 1, `${served} were served, ${counted} counted`);
  });
});
