import assert from 'node:assert/strict';
import { DiagLogLevel, diag, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace';
import type { SamplerName } from '../../src/config/configuration.js';
import { createSampler } from '../../src/tracing/create-sampler.js';

const HIGH = `65f0c0de0000000000${'f'.repeat(14)}`;

function create(name: SamplerName, ratio = 0, reservoirPerSecond = 0): Sampler {
  return createSampler({ name, ratio, reservoirPerSecond }, () => 0);
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

describe('createSampler', () => {
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

  it('falls back to the reservoir for xray, and says so', () => {
    const said: string[] = [];
    const note = (text: string) => void said.push(text);
    diag.setLogger({ error: note, warn: note, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
    try {
      const sampler = create('xray', 0, 1);
      assert.deepEqual([takes(sampler), takes(sampler)], [true, false]);
    } finally {
      diag.disable();
    }
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /^OTEL_TRACES_SAMPLER=xray: .*reservoir \(1\/s, then 0\)/);
  });
});
