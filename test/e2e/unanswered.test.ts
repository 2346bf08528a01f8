import assert from 'node:assert/strict';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalAws } from './support/aws.js';
import { HostileEndpoint } from './support/hostile-endpoint.js';
import { Application, ourLines } from './support/process.js';

const SETTINGS = {
  OTEL_TRACES_SAMPLER: 'always_on',
  MONITORING_TRACE_BUDGET: 'none',
  OTEL_METRIC_EXPORT_INTERVAL: '1000',
  OTEL_BSP_SCHEDULE_DELAY: '500',
  MONITORING_METRIC_DIMENSIONS: 'lite',
};

/** Milliseconds that the lines of a process and of its tests may add to what is measured, on a machine that is busy. */
const SLACK = 1500;

const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });

function ask(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
}

describe('a service whose endpoint does not answer everything', () => {
  let endpoint: HostileEndpoint;
  let app: Application;

  beforeEach(async () => {
    endpoint = await new HostileEndpoint().start();
  });
  afterEach(async () => {
    await app.dispose();
    await endpoint.close();
  });

  async function start(settings: Record<string, string> = {}): Promise<string> {
    app = new Application('bare-http.cjs', { env: { ...LocalAws.settings(endpoint.url), ...SETTINGS, ...settings } });
    return app.url();
  }

  /** So many requests a second, one after the other; the number made. */
  async function load(url: string, seconds: number, rate = 100): Promise<number> {
    const begin = performance.now();
    let made = 0;
    while (performance.now() - begin < seconds * 1000) {
      await ask(url);
      made += 1;
      const early = begin + (made * 1000) / rate - performance.now();
      if (early > 0) await sleep(early);
    }
    return made;
  }

  /** Milliseconds from SIGTERM to the end. */
  async function end(): Promise<number> {
    const began = performance.now();
    app.kill('SIGTERM');
    await app.ended();
    return performance.now() - began;
  }

  it('delivers every span though two requests hang, within the time of the shutdown', async () => {
    const url = await start();
    let hung = 0;
    const begin = performance.now();
    endpoint.behave = (kind) => {
      if (kind !== 'traces' || performance.now() - begin < 2000 || hung >= 2) return 'take';
      hung += 1;
      return 'hang';
    };
    const made = await load(url, 8);
    const duration = await end();
    assert.equal(hung, 2);
    report(`spans ${endpoint.spans.size} of ${made}, end after ${seconds(duration)}`);
    assert.equal(endpoint.spans.size, made);
    assert.ok(duration < 5000 + SLACK, `${duration} ms`);
  });

  it('delivers the metrics of a request that hangs just before SIGTERM, once', async () => {
    const url = await start({ OTEL_METRIC_EXPORT_INTERVAL: '2000' });
    const made = await load(url, 3.5);
    let hung = 0;
    endpoint.behave = (kind) => {
      if (kind !== 'metrics' || hung >= 1) return 'take';
      hung += 1;
      return 'hang';
    };
    while (hung === 0) await sleep(5);
    const duration = await end();
    report(`requests ${endpoint.requests} of ${made}, end after ${seconds(duration)}`);
    assert.equal(endpoint.requests, made);
    assert.ok(duration < 5000 + SLACK, `${duration} ms`);
  });

  it('counts each request once though the endpoint hangs for longer than requests may take', async () => {
    const url = await start({ MONITORING_REQUEST_TIMEOUT: '1000' });
    const hangs = Number(process.env.TEST_HANG_SECONDS ?? 5);
    endpoint.behave = () => 'hang';
    const made = await load(url, hangs, 70 / hangs);
    endpoint.behave = () => 'take';
    const answered = performance.now();
    while (endpoint.requests < made && performance.now() - answered < 20_000) await sleep(20);
    const recovered = performance.now() - answered;
    await end();
    report(`requests ${endpoint.requests} of ${made}, ${seconds(recovered)} after the endpoint answers again`);
    assert.equal(endpoint.requests, made);
    assert.equal(endpoint.spans.size, made);
  });

  it('counts a request twice at most though the endpoint takes it and resets the connection, four times', async () => {
    const url = await start();
    await ask(url);
    endpoint.behave = (kind, call) => (kind === 'metrics' && call <= 4 ? 'take and reset' : 'take');
    const begin = performance.now();
    while (endpoint.calls.metrics < 5 && performance.now() - begin < 30_000) await sleep(20);
    await end();
    report(`1 request counted ${endpoint.requests} times; ${endpoint.calls.metrics} calls`);
    assert.ok(endpoint.requests === 1 || endpoint.requests === 2, String(endpoint.requests));
    assert.match(app.stderr, /may have been taken/);
  });

  it('loses nothing small at an endpoint that refuses everything for its size, and asks it seldom', async () => {
    const url = await start();
    endpoint.behave = (kind) => (kind === 'probe' ? 'take' : 413);
    const made = await load(url, 6, 150);
    const { metrics, traces } = endpoint.calls;
    endpoint.behave = () => 'take';
    const duration = await end();
    report(`requests ${endpoint.requests}, spans ${endpoint.spans.size} of ${made}; ${metrics + traces} calls refused`);
    assert.equal(endpoint.requests, made);
    assert.equal(endpoint.spans.size, made);
    assert.ok(metrics + traces <= 80, `${metrics + traces} calls`);
    assert.ok(duration < 5000 + SLACK, `${duration} ms`);
  });

  for (const hours of [-3, 3]) {
    it(`has its times corrected, and is told so once, on a host whose clock is ${hours} hours off`, async () => {
      endpoint.clockOffset = hours * 3_600_000;
      const url = await start();
      const made = await load(url, 3);
      await end();
      assert.equal(endpoint.requests, made);
      assert.equal(endpoint.spans.size, made);
      const distances = endpoint.timestamps.map((time) => Math.abs(time - endpoint.now()));
      assert.ok(Math.max(...distances) < 60_000, `${Math.max(...distances)} ms`);
      const said = ourLines(app.stderr).filter((line) => line.includes('clock is 180 minutes'));
      assert.equal(said.length, 1, app.stderr);
    });
  }

  it('is not told that errors are kept where there is none', async () => {
    const { url } = endpoint;
    await endpoint.close();
    endpoint = await new HostileEndpoint().start();
    app = new Application('ends.cjs', { env: LocalAws.settings(url), args: ['naturally'] });
    const { stderr } = await app.ended();
    report(ourLines(stderr).at(-1) ?? 'no line');
    assert.doesNotMatch(stderr, /errors? .*kept|kept .*errors?/);
    assert.match(stderr, /ECONNREFUSED/);
  });
});

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

/** Figures for who measures, not for who tests. */
function report(line: string): void {
  if (process.env.TEST_FIGURES) console.log(`      ${line}`);
}
