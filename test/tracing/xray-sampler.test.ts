import assert from 'node:assert/strict';
import { type Attributes, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { AlwaysOffSampler, AlwaysOnSampler, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { RULES_LIFETIME, XRaySampler } from '../../src/tracing/xray-sampler.js';
import type { SamplingRule, SamplingTargets } from '../../src/wire/sampling-rules.js';
import { rule } from './sampling-rules.js';

const LOW = `65f0c0de0000000000${'0'.repeat(14)}`;
const HIGH = `65f0c0de0000000000${'f'.repeat(14)}`;

function fixture(rules: SamplingRule[], fallback: Sampler = new AlwaysOffSampler()) {
  const clock = { now: 50_000 };
  const sampler = new XRaySampler({ fallback, service: { name: 'shop' }, now: () => clock.now });
  if (rules.length > 0) sampler.useRules({ rules, readAt: 0 });
  const takes = (attributes: Attributes = {}, traceId = HIGH) =>
    sampler.shouldSample(ROOT_CONTEXT, traceId, 'GET', SpanKind.SERVER, attributes, []).decision ===
    SamplingDecision.RECORD_AND_SAMPLED;
  const many = (count: number) => Array.from({ length: count }, () => takes()).filter(Boolean).length;
  return { clock, sampler, takes, many };
}

const answer = (targets: SamplingTargets['targets'], unprocessed: SamplingTargets['unprocessed'] = []) => ({
  targets,
  unprocessed,
});

/** Which of the named rules takes a request: each traces everything. */
function winner(rules: Partial<SamplingRule>[], attributes: Attributes = {}): string | undefined {
  const { sampler, takes, clock } = fixture(rules.map((given) => rule({ fixedRate: 1, ...given })));
  takes(attributes);
  clock.now += 10_000;
  return sampler.dueStatistics()[0]?.ruleName;
}

describe('XRaySampler', () => {
  it('asks the fallback until there are rules', () => {
    const { takes, sampler } = fixture([], new AlwaysOnSampler());
    assert.equal(sampler.hasRules, false);
    assert.equal(takes(), true);
    sampler.useRules({ rules: [rule()], readAt: 0 });
    assert.equal(sampler.hasRules, true);
    assert.equal(takes(), false);
  });

  it('asks the fallback again when the rules are an hour old, and not a millisecond sooner', () => {
    const { clock, takes, sampler } = fixture([rule()], new AlwaysOnSampler());
    clock.now += RULES_LIFETIME - 1;
    assert.equal(takes(), false);
    clock.now += 1;
    assert.equal(takes(), true);
    assert.equal(sampler.hasRules, false);
    sampler.useRules({ rules: [rule()], readAt: 0 });
    assert.equal(takes(), false);
  });

  it('takes none of the reservoir of requests for background work, which has one a second', () => {
    const { takes, sampler } = fixture([rule({ reservoirSize: 1, fixedRate: 0 })]);
    const polls = Array.from({ length: 5 }, () =>
      sampler.shouldSample(ROOT_CONTEXT, HIGH, 'pg.query', SpanKind.CLIENT, {}, []),
    );
    const taken = polls.filter(({ decision }) => decision === SamplingDecision.RECORD_AND_SAMPLED);
    assert.deepEqual([taken.length, takes(), takes()], [1, true, false]);
  });

  it('asks the fallback where no rule matches', () => {
    assert.equal(fixture([rule({ urlPath: '/x' })], new AlwaysOnSampler()).takes({ 'url.path': '/y' }), true);
  });

  it('goes by priority, then by name, the default rule last', () => {
    assert.equal(
      winner([
        { name: 'b', priority: 2 },
        { name: 'c', priority: 1 },
        { name: 'a', priority: 3 },
      ]),
      'c',
    );
    assert.equal(winner([{ name: 'b' }, { name: 'B' }, { name: 'a' }]), 'B');
    assert.equal(
      winner([
        { name: 'Default', priority: 1 },
        { name: 'z', priority: 9999 },
      ]),
      'z',
    );
    assert.equal(
      winner([{ name: 'Default' }, { name: 'z', method: 'GET' }], { 'http.request.method': 'PUT' }),
      'Default',
    );
  });

  it('leaves out rules of other services', () => {
    assert.equal(
      winner([
        { name: 'other', serviceName: 'other', priority: 1 },
        { name: 'mine', serviceName: 'SHOP' },
      ]),
      'mine',
    );
  });

  it('borrows one request a second of a reservoir until it has a quota, then goes by the rate', () => {
    const { clock, takes, many } = fixture([rule({ reservoirSize: 50, fixedRate: 0.5 })]);
    assert.equal(takes(), true);
    assert.equal(many(20), 0);
    assert.equal(takes({}, LOW), true);
    clock.now += 999;
    assert.equal(takes(), false);
    clock.now += 1;
    assert.equal(takes(), true);
  });

  it('borrows nothing of a rule without a reservoir', () => {
    assert.equal(fixture([rule({ reservoirSize: 0 })]).takes(), false);
  });

  it('takes its quota each second, as long as it holds, then borrows again', () => {
    const { clock, sampler, many } = fixture([rule({ reservoirSize: 50 })]);
    sampler.useTargets([], answer([{ ruleName: 'rule', quota: 3, quotaFor: 4000 }]));
    clock.now += 1000;
    assert.equal(many(20), 3);
    clock.now += 1000;
    assert.equal(many(20), 3);
    clock.now += 1999;
    assert.equal(many(20), 3);
    clock.now += 1;
    assert.equal(many(20), 0, 'spent a millisecond ago');
    clock.now += 1000;
    assert.equal(many(20), 1);
  });

  it('counts as borrowed what it takes of the reservoir without a quota, from the millisecond in which that ends', () => {
    const { clock, sampler, takes } = fixture([rule({ reservoirSize: 50 })]);
    sampler.useTargets([], answer([{ ruleName: 'rule', quota: 1, quotaFor: 20_000 }]));
    const borrowed = () => sampler.dueStatistics()[0]?.borrowCount;
    clock.now += 19_999;
    assert.equal(takes(), true);
    assert.equal(borrowed(), 0);
    clock.now += 1000;
    assert.equal(takes(), true);
    assert.equal(borrowed(), 1);
    sampler.useTargets([], answer([{ ruleName: 'rule', quota: 1, quotaFor: 20_000 }]));
    clock.now += 20_000;
    assert.equal(takes(), true);
    assert.equal(borrowed(), 2);
  });

  it('takes nothing of the reservoir while its quota is 0', () => {
    const { clock, sampler, many } = fixture([rule({ reservoirSize: 50 })]);
    sampler.useTargets([], answer([{ ruleName: 'rule', quota: 0, quotaFor: 10_000 }]));
    clock.now += 5000;
    assert.equal(many(5), 0);
  });

  it('takes over the rate of a target, and the rate of a rule that was changed', () => {
    const { sampler, takes } = fixture([rule({ fixedRate: 0 })]);
    sampler.useTargets([], answer([{ ruleName: 'rule', fixedRate: 1 }]));
    assert.equal(takes(), true);
    sampler.useRules({ rules: [rule({ fixedRate: 0 })], readAt: 0 });
    assert.equal(takes(), true, 'the same rule, read again');
    sampler.useRules({ rules: [rule({ fixedRate: 0.5 })], readAt: 0 });
    assert.equal(takes(), false);
    assert.equal(takes({}, LOW), true);
  });

  it('counts requests, sampled and borrowed ones, and reports them ten seconds later', () => {
    const { clock, sampler, takes } = fixture([rule({ reservoirSize: 1, fixedRate: 0.5 })]);
    takes();
    takes();
    takes({}, LOW);
    clock.now += 9999;
    assert.deepEqual(sampler.dueStatistics(), []);
    assert.equal(sampler.untilReport(), 1);
    clock.now += 1;
    assert.deepEqual(sampler.dueStatistics(), [{ ruleName: 'rule', requestCount: 3, sampledCount: 2, borrowCount: 1 }]);
  });

  it('does not report rules that matched nothing', () => {
    const { clock, sampler } = fixture([rule()]);
    clock.now += 60_000;
    assert.deepEqual(sampler.dueStatistics(), []);
    assert.equal(sampler.untilReport(), Number.POSITIVE_INFINITY);
  });

  it('reports again after the interval that the service asks for, between one second and ten minutes', () => {
    for (const [interval, expected] of [
      [20_000, 20_000],
      [1000, 1000],
      [1, 1000],
      [600_000, 600_000],
      [86_400_000, 600_000],
    ] as const) {
      const { sampler, takes } = fixture([rule()]);
      sampler.useTargets([], answer([{ ruleName: 'rule', interval }]));
      takes();
      assert.equal(sampler.untilReport(), expected);
    }
  });

  describe('keeps its counts', () => {
    const reported = (sampler: XRaySampler) => sampler.dueStatistics()[0]?.requestCount ?? 0;

    it('when the report fails, and adds what comes meanwhile', () => {
      const { clock, sampler, many } = fixture([rule()]);
      many(3);
      clock.now += 10_000;
      sampler.keep(sampler.dueStatistics());
      many(2);
      assert.equal(reported(sampler), 0, 'not at once again');
      clock.now += 10_000;
      assert.equal(reported(sampler), 5);
    });

    for (const [code, left] of [
      ['500', 3],
      ['503', 3],
      ['429', 3],
      ['408', 3],
      ['InternalFailure', 3],
      ['', 3],
      ['400', 0],
      ['404', 0],
    ] as const) {
      it(`${left ? '' : 'no longer '}when the service did not process them: ${JSON.stringify(code)}`, () => {
        const { clock, sampler, many } = fixture([rule()]);
        many(3);
        clock.now += 10_000;
        const due = sampler.dueStatistics();
        sampler.useTargets(due, answer([], [{ ruleName: 'rule', errorCode: code, message: '' }]));
        clock.now += 10_000;
        assert.equal(reported(sampler), left);
      });
    }

    it('of what came while the report was on its way', () => {
      const { clock, sampler, many } = fixture([rule()]);
      many(3);
      clock.now += 10_000;
      const due = sampler.dueStatistics();
      many(4);
      sampler.useTargets(due, answer([{ ruleName: 'rule' }]));
      clock.now += 10_000;
      assert.equal(reported(sampler), 4);
    });

    it('when the rules are read again, and forgets those of a rule that is gone', () => {
      const { clock, sampler, many } = fixture([rule()]);
      many(3);
      sampler.useRules({ rules: [rule({ priority: 7 })], readAt: 0 });
      clock.now += 10_000;
      assert.equal(reported(sampler), 3);
      sampler.useRules({ rules: [rule({ name: 'other' })], readAt: 0 });
      assert.equal(reported(sampler), 0);
      sampler.useTargets([{ ruleName: 'rule', requestCount: 3, sampledCount: 0, borrowCount: 0 }], answer([]));
    });
  });

  it('reports every request once, whatever fails on the way', () => {
    const events = fc.constantFrom('request', 'tick', 'report', 'fail', 'refresh', 'late');
    fc.assert(
      fc.property(fc.array(events, { maxLength: 200 }), (script) => {
        const { clock, sampler, takes } = fixture([rule({ reservoirSize: 2, fixedRate: 0.5 })]);
        let [made, sampled, reported, reportedSampled] = [0, 0, 0, 0];
        const request = () => {
          made += 1;
          if (takes({}, made % 2 ? LOW : HIGH)) sampled += 1;
        };
        const report = (fails: boolean, late: boolean) => {
          const due = sampler.dueStatistics();
          if (late) request();
          if (fails) return sampler.keep(due);
          for (const statistics of due) {
            reported += statistics.requestCount;
            reportedSampled += statistics.sampledCount;
            assert.ok(statistics.borrowCount <= statistics.sampledCount);
          }
          sampler.useTargets(due, answer([{ ruleName: 'rule', quota: 1, quotaFor: 10_000 }]));
        };
        for (const event of script) {
          if (event === 'request') request();
          else if (event === 'tick') clock.now += 4000;
          else if (event === 'refresh') sampler.useRules({ rules: [rule({ fixedRate: 0.5 })], readAt: 0 });
          else report(event === 'fail', event === 'late');
        }
        clock.now += 20_000;
        report(false, false);
        assert.deepEqual([reported, reportedSampled], [made, sampled]);
      }),
    );
  });

  it('never takes more of the reservoir than its rate allows, whatever the service assigns', () => {
    const step = fc.record({ wait: fc.nat(1500), quota: fc.option(fc.nat(6)), quotaFor: fc.nat(5000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const { clock, sampler, many } = fixture([rule({ reservoirSize: 9 })]);
        const highest = Math.max(1, ...steps.map(({ quota }) => quota ?? 0));
        const start = clock.now;
        let taken = 0;
        for (const { wait, quota, quotaFor } of steps) {
          clock.now += wait;
          if (quota !== null) sampler.useTargets([], answer([{ ruleName: 'rule', quota, quotaFor }]));
          taken += many(10);
          assert.ok(taken <= highest * (1 + (clock.now - start) / 1000) + 1e-6);
        }
      }),
    );
  });

  it('reads attributes only where a rule of this service asks for them', () => {
    const reads = (rules: SamplingRule[]) => fixture(rules).sampler.readsAttributes;
    assert.equal(reads([]), false);
    assert.equal(reads([rule(), rule({ name: 'Default' })]), false);
    assert.equal(reads([rule({ urlPath: '/x', serviceName: 'other' }), rule({ name: 'Default' })]), false);
    assert.equal(reads([rule({ urlPath: '/x' })]), true);
  });

  it('says what it is', () => {
    assert.equal(String(fixture([rule()]).sampler), 'XRay{1 rules,AlwaysOffSampler}');
  });
});
