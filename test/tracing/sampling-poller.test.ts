import assert from 'node:assert/strict';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { SamplingPoller } from '../../src/tracing/sampling-poller.js';
import { XRaySampler } from '../../src/tracing/xray-sampler.js';
import type { SamplingStatistics, SamplingTargets } from '../../src/wire/sampling-rules.js';
import { FakeClock } from '../exporters/aws/fake-clock.js';
import { rule } from './sampling-rules.js';

const SECOND = 1000;

function fixture({ rulesInterval, ruleCount = 1 }: { rulesInterval?: number; ruleCount?: number } = {}) {
  const clock = new FakeClock(0);
  const said: string[] = [];
  const service = {
    rules: Array.from({ length: ruleCount }, (_, index) =>
      rule({ name: `r${index}`, urlPath: `/${index}`, fixedRate: 1 }),
    ),
    readAt: () => clock.now(),
    fail: undefined as Error | undefined,
    answer: {} as Partial<SamplingTargets>,
    readings: [] as number[],
    reports: [] as SamplingStatistics[][],
  };
  const sampler = new XRaySampler({
    fallback: new AlwaysOffSampler(),
    service: { name: 'shop' },
    now: () => clock.now(),
  });
  const poller = new SamplingPoller({
    sampler,
    rulesInterval,
    source: {
      async rules() {
        service.readings.push(clock.now());
        if (service.fail) throw service.fail;
        return { rules: service.rules, readAt: service.readAt() };
      },
      async targets(statistics) {
        service.reports.push(statistics);
        if (service.fail) throw service.fail;
        return { targets: [], unprocessed: [], ...service.answer };
      },
    },
    onNotice: (level, text) => said.push(`${level}: ${text}`),
    random: () => 0,
    after: (delay, run) => clock.after(delay, run, false),
  });
  const request = (path = '/0') =>
    sampler.shouldSample(ROOT_CONTEXT, 'f'.repeat(32), 'GET', SpanKind.SERVER, { 'url.path': path }, []);
  return { clock, said, service, sampler, poller, request };
}

describe('SamplingPoller', () => {
  it('reads the rules at once, then every five minutes', async () => {
    const { clock, poller, service, sampler } = fixture();
    poller.start();
    await clock.settle();
    assert.equal(sampler.hasRules, true);
    await clock.advance(600 * SECOND);
    assert.deepEqual(service.readings, [0, 300 * SECOND, 600 * SECOND]);
  });

  it('reads them as often as the settings say', async () => {
    const { clock, poller, service } = fixture({ rulesInterval: 20 * SECOND });
    poller.start();
    await clock.advance(40 * SECOND);
    assert.deepEqual(service.readings, [0, 20 * SECOND, 40 * SECOND]);
  });

  it('tries again after 10 s, then after twice as long, no longer than the interval, and says so', async () => {
    const { clock, poller, service, said } = fixture();
    service.fail = new Error('AccessDenied: not you');
    poller.start();
    await clock.advance(700 * SECOND);
    assert.deepEqual(
      service.readings.map((at) => at / SECOND),
      [0, 10, 30, 70, 150, 310, 610],
    );
    assert.equal(
      said[0],
      "warn: OTEL_TRACES_SAMPLER=xray: the sampling rules can't be read, sampling goes on by the reservoir: AccessDenied: not you",
    );
    service.fail = undefined;
    await clock.advance(300 * SECOND);
    assert.equal(said.at(-1), 'info: OTEL_TRACES_SAMPLER=xray: sampling by the 1 rules of the account again');
  });

  it('goes on with the rules it has for an hour, then says that it falls back', async () => {
    const { clock, poller, service, said, sampler } = fixture();
    poller.start();
    await clock.settle();
    service.fail = new Error('ECONNREFUSED');
    await clock.advance(3599 * SECOND);
    assert.equal(sampler.hasRules, true);
    assert.match(said.at(-1) ?? '', /those read before hold on/);
    await clock.advance(301 * SECOND);
    assert.equal(sampler.hasRules, false);
    assert.match(said.at(-1) ?? '', /goes on by the reservoir/);
  });

  it('reports what was counted every ten seconds, and nothing where nothing was', async () => {
    const { clock, poller, service, request } = fixture();
    poller.start();
    await clock.settle();
    request();
    request();
    await clock.advance(30 * SECOND);
    assert.deepEqual(service.reports, [[{ ruleName: 'r0', requestCount: 2, sampledCount: 2, borrowCount: 0 }]]);
    request();
    await clock.advance(10 * SECOND);
    assert.equal(service.reports.length, 2);
    assert.equal(service.reports[1]?.[0]?.requestCount, 1);
  });

  for (const [rules, reports] of [
    [25, [25]],
    [26, [25, 1]],
    [60, [25, 25, 10]],
  ] as const) {
    it(`reports ${rules} rules in ${reports.length} calls`, async () => {
      const { clock, poller, service, request } = fixture({ ruleCount: rules });
      poller.start();
      await clock.settle();
      for (let index = 0; index < rules; index++) request(`/${index}`);
      await clock.advance(10 * SECOND);
      assert.deepEqual(
        service.reports.map(({ length }) => length),
        reports,
      );
    });
  }

  it('keeps what could not be reported for the next report', async () => {
    const { clock, poller, service, request, said } = fixture();
    poller.start();
    await clock.settle();
    request();
    service.fail = new Error('HTTP 503');
    await clock.advance(10 * SECOND);
    request();
    service.fail = undefined;
    await clock.advance(10 * SECOND);
    assert.deepEqual(
      service.reports.map(([statistics]) => statistics?.requestCount),
      [1, 2],
    );
    assert.match(said[0] ?? '', /can't be reported, they are kept: HTTP 503/);
  });

  it('reports no sooner for having failed', async () => {
    const { clock, poller, service, request } = fixture();
    poller.start();
    await clock.settle();
    request();
    service.fail = new Error('HTTP 503');
    await clock.advance(30 * SECOND);
    assert.equal(service.reports.length, 3);
  });

  it('says which statistics the service did not take', async () => {
    const { clock, poller, service, request, said } = fixture();
    service.answer = { unprocessed: [{ ruleName: 'r0', errorCode: '500', message: 'try later' }] };
    poller.start();
    await clock.settle();
    request();
    await clock.advance(20 * SECOND);
    assert.match(said[0] ?? '', /"r0": 500 try later/);
    assert.equal(service.reports.length, 2);
  });

  it('reads the rules again when they were changed since they were read', async () => {
    const { clock, poller, service, request } = fixture();
    service.readAt = () => 1_000_000;
    poller.start();
    await clock.settle();
    request();
    service.answer = { lastModification: 999_999 };
    await clock.advance(10 * SECOND);
    assert.equal(service.readings.length, 1);
    request();
    service.answer = { lastModification: 1_000_000 };
    service.readAt = () => 1_010_000;
    await clock.advance(10 * SECOND);
    assert.equal(service.readings.length, 2);
    request();
    await clock.advance(10 * SECOND);
    assert.equal(service.readings.length, 2);
  });

  it('holds nothing alive and stops when told to', async () => {
    const { clock, poller, service, request } = fixture();
    poller.start();
    await clock.settle();
    assert.equal(clock.holding, 0);
    request();
    poller.stop();
    assert.equal(clock.pending, 0);
    await clock.advance(600 * SECOND);
    assert.deepEqual([service.readings.length, service.reports.length], [1, 0]);
  });
});
