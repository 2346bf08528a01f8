import assert from 'node:assert/strict';
import { INVALID_SPAN_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, createAlwaysRecordSampler, type Sampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { isNotSampledHere } from '../../src/tracing/not-sampled.js';

const NOT_SAMPLED: SpanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 };

function started(sampler?: Sampler) {
  return new TracerProvider({ ...(sampler && { sampler }) }).getTracer('test').startSpan('job');
}

describe('isNotSampledHere', () => {
  it('is true of what the SDK has not sampled', () => {
    assert.equal(isNotSampledHere(started(new AlwaysOffSampler())), true);
    assert.equal(isNotSampledHere(trace.wrapSpanContext(NOT_SAMPLED)), true);
  });

  it('is false of what is sampled, recorded, made elsewhere, or no span at all', () => {
    assert.equal(isNotSampledHere(started()), false);
    assert.equal(isNotSampledHere(started(createAlwaysRecordSampler(new AlwaysOffSampler()))), false);
    for (const context of [
      { ...NOT_SAMPLED, traceFlags: 1 },
      { ...NOT_SAMPLED, isRemote: true },
      { ...NOT_SAMPLED, spanId: '0'.repeat(16) },
      { ...NOT_SAMPLED, traceId: '' },
      INVALID_SPAN_CONTEXT,
    ])
      assert.equal(isNotSampledHere(trace.wrapSpanContext(context)), false, JSON.stringify(context));
  });
});
