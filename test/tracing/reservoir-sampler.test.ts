import assert from 'node:assert/strict';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { ReservoirSampler } from '../../src/tracing/reservoir-sampler.js';

const LOW = `65f0c0de0000000000${'0'.repeat(14)}`;
const HIGH = `65f0c0de0000000000${'f'.repeat(14)}`;

function sampler(perSecond: number, ratio: number) {
  const clock = { now: 5_000 };
  const reservoir = new ReservoirSampler({ perSecond, ratio, now: () => clock.now });
  const takes = (traceId = HIGH, kind = SpanKind.SERVER) =>
    reservoir.shouldSample(ROOT_CONTEXT, traceId, 'GET', kind).decision === SamplingDecision.RECORD_AND_SAMPLED;
  return { clock, takes, reservoir };
}

describe('ReservoirSampler', () => {
  it('takes the first trace of a process', () => {
    assert.equal(sampler(1, 0).takes(), true);
    assert.equal(sampler(0.1, 0).takes(), true);
  });

  it('takes no more than its number in the first second', () => {
    const { takes } = sampler(3, 0);
    assert.deepEqual([takes(), takes(), takes(), takes()], [true, true, true, false]);
  });

  it('takes another one a second later, and not a millisecond sooner', () => {
    const { clock, takes } = sampler(1, 0);
    takes();
    clock.now += 999;
    assert.equal(takes(), false);
    clock.now += 1;
    assert.equal(takes(), true);
  });

  it('saves nothing up over a quiet hour', () => {
    const { clock, takes } = sampler(2, 0);
    clock.now += 3_600_000;
    assert.deepEqual([takes(), takes(), takes()], [true, true, false]);
  });

  it('takes one in two seconds at half a trace a second', () => {
    const { clock, takes } = sampler(0.5, 0);
    takes();
    clock.now += 1_999;
    assert.equal(takes(), false);
    clock.now += 1;
    assert.equal(takes(), true);
  });

  it('decides by the trace id what the reservoir leaves', () => {
    const { takes } = sampler(0, 0.05);
    assert.equal(takes(LOW), true);
    assert.equal(takes(HIGH), false);
  });

  it('takes nothing without a reservoir and at ratio 0', () => {
    assert.equal(sampler(0, 0).takes(LOW), false);
  });

  it('never takes more than one second of it at once plus its rate over any time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(700), { maxLength: 200 }), (perSecond, steps) => {
        const { clock, takes } = sampler(perSecond, 0);
        const start = clock.now;
        let taken = 0;
        for (const step of steps) {
          clock.now += step;
          if (takes()) taken += 1;
          assert.ok(taken <= perSecond + ((clock.now - start) / 1000) * perSecond + 1e-6);
        }
      }),
    );
  });

  it('takes as many requests beside a poller as without one', () => {
    const { clock, takes } = sampler(1, 0);
    let requests = 0;
    let polls = 0;
    for (let milliseconds = 0; milliseconds < 10_000; milliseconds += 50) {
      clock.now += 50;
      if (takes(HIGH, SpanKind.CLIENT)) polls += 1;
      if (milliseconds % 250 === 0 && takes()) requests += 1;
    }
    assert.deepEqual([requests, polls], [10, 10]);
  });

  const KINDS = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER];
  for (const kind of KINDS) {
    it(`has a reservoir for ${SpanKind[kind]} alone`, () => {
      const { takes } = sampler(1, 0);
      for (const other of KINDS) if (other !== kind) assert.ok(takes(HIGH, other));
      assert.deepEqual([takes(HIGH, kind), takes(HIGH, kind)], [true, false]);
    });
  }

  it('says what it is', () => {
    assert.equal(sampler(1, 0.05).reservoir.toString(), 'Reservoir{1/s,0.05}');
  });
});
