import assert from 'node:assert/strict';
import { type Context, defaultTextMapGetter, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace';
import type { PropagatorName, SamplerConfiguration, SamplerName } from '../../src/config/configuration.js';
import { SAMPLER_NAMES } from '../../src/config/sampler-argument.js';
import { createSampling } from '../../src/tracing/create-sampler.js';
import { createPropagator } from '../../src/tracing/propagation.js';
import { rule } from './sampling-rules.js';

const SERVICE = { name: 'shop' };
const HIGH = `65f0c0de0000000000${'f'.repeat(14)}`;

function create(name: SamplerName, ratio = 0, reservoirPerSecond = 0): Sampler {
  return createSampling({ name, ratio, reservoirPerSecond }, SERVICE, () => 0).sampler;
}

function takes(sampler: Sampler, parent?: { sampled: boolean; isRemote: boolean }): boolean {
  const context = parent
    ? trace.setSpanContext(ROOT_CONTEXT, {
        traceId: HIGH,
        spanId: '1'.repeat(16),
        traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
        isRemote: parent.isRemote,
      })
    : ROOT_CONTEXT;
  const { decision } = sampler.shouldSample(context, HIGH, 'GET', SpanKind.SERVER, {}, []);
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

describe('createSampling', () => {
  it('says whether anything is sampled below a span that is not', () => {
    for (const name of SAMPLER_NAMES) {
      const { sampler, keepsItsWord } = createSampling({ name, ratio: 1, reservoirPerSecond: 1 }, SERVICE, () => 0);
      assert.equal(keepsItsWord, !takes(sampler, { sampled: false, isRemote: false }), name);
    }
  });

  it('makes each sampler that can be named', () => {
    const decisions: Record<string, boolean> = {
      always_on: true,
      always_off: false,
      traceidratio: true,
      parentbased_always_on: true,
      parentbased_always_off: false,
      parentbased_traceidratio: true,
      parentbased_reservoir: true,
    };
    for (const [name, expected] of Object.entries(decisions)) {
      assert.equal(takes(create(name as SamplerName, 1, 0)), expected, name);
    }
  });

  it('takes the first trace by the reservoir and leaves the second to the ratio', () => {
    const sampler = create('parentbased_reservoir', 0, 1);
    assert.deepEqual([takes(sampler), takes(sampler)], [true, false]);
  });

  for (const isRemote of [true, false]) {
    it(`follows a ${isRemote ? 'remote' : 'local'} parent, whatever the reservoir says`, () => {
      assert.equal(takes(create('parentbased_reservoir', 0, 0), { sampled: true, isRemote }), true);
      assert.equal(takes(create('parentbased_reservoir', 1, 1), { sampled: false, isRemote }), false);
    });
  }

  it('does not ask a parent where the name does not say so', () => {
    assert.equal(takes(create('always_on'), { sampled: false, isRemote: true }), true);
    assert.equal(takes(create('always_off'), { sampled: true, isRemote: true }), false);
  });

  it('does not spend the reservoir on requests that have a parent', () => {
    const sampler = create('parentbased_reservoir', 0, 1);
    takes(sampler, { sampled: true, isRemote: true });
    assert.equal(takes(sampler), true);
  });

  it('decides where a parent of X-Ray has left it to us', () => {
    const undecided = (names: PropagatorName[], header: string) =>
      createPropagator(names).extract(ROOT_CONTEXT, { 'x-amzn-trace-id': header }, defaultTextMapGetter);
    const header = 'Root=1-22222222-222222222222222222222222;Parent=2222222222222222;Sampled=';
    const decide = (name: SamplerName, context: Context) =>
      create(name, 0, 1).shouldSample(context, HIGH, 'GET', SpanKind.SERVER, {}, []).decision;
    for (const [sampled, expected] of [
      ['?', SamplingDecision.RECORD_AND_SAMPLED],
      ['0', SamplingDecision.NOT_RECORD],
      ['1', SamplingDecision.RECORD_AND_SAMPLED],
    ] as const) {
      const context = undecided(['xray'], header + sampled);
      assert.equal(decide('parentbased_reservoir', context), expected, sampled);
    }
    assert.equal(decide('parentbased_always_off', undecided(['xray'], `${header}?`)), SamplingDecision.NOT_RECORD);
  });

  describe('for xray', () => {
    const xray = (pollingInterval?: number) => {
      const clock = { now: 0 };
      const configuration = {
        name: 'xray',
        ratio: 0,
        reservoirPerSecond: 1,
        ...(pollingInterval && { pollingInterval }),
      };
      return { clock, ...createSampling(configuration as SamplerConfiguration, SERVICE, () => clock.now) };
    };

    it('goes by the reservoir until the rules are there, then by the rules', () => {
      const { sampler, xray: rules } = xray();
      assert.deepEqual([takes(sampler), takes(sampler)], [true, false]);
      rules?.useRules({ rules: [rule({ fixedRate: 1 })], readAt: 0 });
      assert.deepEqual([takes(sampler), takes(sampler)], [true, true]);
    });

    it('follows a parent, whatever the rules say, and counts no request of it', () => {
      const { clock, sampler, xray: rules } = xray();
      rules?.useRules({ rules: [rule({ fixedRate: 1 })], readAt: 0 });
      assert.equal(takes(sampler, { sampled: false, isRemote: true }), false);
      clock.now = 20_000;
      assert.deepEqual(rules?.dueStatistics(), []);
    });

    it('keeps rules for an hour, or for three readings of them where these are further apart', () => {
      for (const [interval, lifetime] of [
        [undefined, 3_600_000],
        [1_200_000, 3_600_000],
        [1_200_001, 3_600_003],
      ] as const) {
        const { clock, xray: rules } = xray(interval);
        rules?.useRules({ rules: [rule()], readAt: 0 });
        clock.now = lifetime - 1;
        assert.equal(rules?.hasRules, true);
        clock.now = lifetime;
        assert.equal(rules?.hasRules, false);
      }
    });
  });
});
