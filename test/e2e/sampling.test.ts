import assert from 'node:assert/strict';
import { stage } from './support/aws.js';
import { ourLines } from './support/process.js';

interface Report {
  ruleName: string;
  requestCount: number;
  sampledCount: number;
  borrowCount: number;
}

const SAMPLER = { OTEL_TRACES_SAMPLER: 'xray' };

describe('a preloaded application that samples by the rules of the account', () => {
  const on = stage();
  afterEach(() => setRules({ rules: [] }));

  async function setRules(settings: { rules: Record<string, unknown>[]; unprocessed?: Record<string, string> }) {
    const response = await fetch(new URL('/api/sampling-rules', on.aws.studio.url), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
    });
    assert.equal(response.status, 200);
  }

  async function reports(): Promise<Record<string, Omit<Report, 'ruleName'>>> {
    const { statistics } = await on.aws.get<{ statistics: (Report & { clients: number })[] }>('/api/sampling-rules');
    return Object.fromEntries(
      statistics.map(({ ruleName, requestCount, sampledCount, borrowCount }) => [
        ruleName,
        { requestCount, sampledCount, borrowCount },
      ]),
    );
  }

  /** Made after `since`, epoch milliseconds. */
  const calls = async (action: string, since = 0) =>
    (await on.aws.get<{ calls: { action: string; at: number }[] }>('/api/calls?limit=5000')).calls.filter(
      (call) => call.action === action && call.at > since,
    ).length;

  async function until(what: string, condition: () => Promise<boolean>, seconds = 40): Promise<void> {
    for (const end = Date.now() + seconds * 1000; !(await condition()); ) {
      if (Date.now() > end) assert.fail(`in ${seconds} s it did not happen: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const visit = async (url: string, path: string, count: number) => {
    for (let index = 0; index < count; index++) await (await fetch(url + path)).text();
  };

  it('follows them, reports what it counted to the last request, and follows a change while it runs', async function () {
    this.timeout(120_000);
    const all = {
      RuleName: 'all',
      Priority: 1,
      FixedRate: 1,
      ReservoirSize: 0,
      ServiceName: 'SHOP',
      URLPath: '/traced/*',
    };
    const none = { RuleName: 'none', Priority: 2, FixedRate: 0, ReservoirSize: 0 };
    await setRules({ rules: [all, none] });
    const app = on.start('bare-http.cjs', { env: on.aws.env(SAMPLER) });
    const url = await app.url();
    await until('the rules are read', async () => (await calls('GetSamplingRules')) > 0);
    // The answer is on its way to the application.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await visit(url, '/traced/one', 5);
    await visit(url, '/other', 20);

    await until('the counts are reported', async () => Object.keys(await reports()).length === 2);
    assert.deepEqual(await reports(), {
      all: { requestCount: 5, sampledCount: 5, borrowCount: 0 },
      none: { requestCount: 20, sampledCount: 0, borrowCount: 0 },
    });

    await setRules({ rules: [{ ...none, FixedRate: 1 }], unprocessed: { none: '500' } });
    const changed = Date.now();
    await visit(url, '/other', 1);
    await until('the change is noticed', async () => (await calls('GetSamplingRules', changed)) > 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await visit(url, '/traced/one', 7);
    await setRules({ rules: [{ ...none, FixedRate: 1 }] });
    await until('what was not processed is reported again', async () => (await reports()).none?.requestCount === 28);
    assert.deepEqual((await reports()).none, { requestCount: 28, sampledCount: 7, borrowCount: 0 });

    app.kill('SIGTERM');
    await app.ended();
    assert.equal((await on.aws.spans()).length, 12);
  });

  it('from a proxy that answers unsigned', async () => {
    await setRules({ rules: [{ RuleName: 'none', FixedRate: 0, ReservoirSize: 0, Priority: 1 }] });
    const argument = `endpoint=${on.aws.studio.url},polling_interval=10`;
    const app = on.start('bare-http.cjs', { env: on.aws.env({ ...SAMPLER, OTEL_TRACES_SAMPLER_ARG: argument }) });
    const url = await app.url();
    await until('the rules are read', async () => (await calls('GetSamplingRules')) > 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await visit(url, '/', 3);
    app.kill('SIGTERM');
    const { stderr } = await app.ended();
    assert.deepEqual(await on.aws.spans(), []);
    assert.match(
      stderr,
      /traces to xray \(sampling rules from 127\.0\.0\.1:\d+, until then 1\/s,0\.05; without a bound\)/,
    );
  });

  for (const [what, kind] of [
    ['refuses', 'denied'],
    ['hangs', 'hang'],
  ] as const) {
    it(`goes by the reservoir where the service ${what}, says so at most once, and ends as it would`, async () => {
      on.aws.studio.faults.add({ kind, action: 'GetSamplingRules' });
      const app = on.start('bare-http.cjs', { env: on.aws.env(SAMPLER) });
      const url = await app.url();
      await until('the service is asked', async () => (await calls('GetSamplingRules')) > 0 || kind === 'hang');
      await visit(url, '/', 1);
      app.kill('SIGTERM');
      const start = Date.now();
      const { signal, stderr } = await app.ended();
      assert.equal(signal, 'SIGTERM');
      assert.ok(Date.now() - start < 4000, `${Date.now() - start} ms`);
      assert.equal((await on.aws.spans()).length, 1);
      const said = ourLines(stderr).filter((line) => line.includes("sampling rules can't be read"));
      assert.equal(said.length, kind === 'denied' ? 1 : 0, stderr);
      if (kind === 'denied') assert.match(said[0] ?? '', /xray:GetSamplingRules/);
    });
  }

  it('ends by itself while an answer is awaited', async () => {
    on.aws.studio.faults.add({ kind: 'hang', action: 'GetSamplingRules' });
    const app = on.start('capture.cjs', { env: on.aws.env(SAMPLER) });
    const { code, stdout } = await app.ended();
    assert.deepEqual([code, stdout], [0, 'flushed: true\n']);
  });
});
