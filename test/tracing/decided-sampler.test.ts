import assert from 'node:assert/strict';
import { type Context, createTraceState, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  SamplingDecision,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { DecidedSampler, withDecision } from '../../src/tracing/decided-sampler.js';

function decide(context: Context) {
  return new DecidedSampler(new AlwaysOffSampler()).shouldSample(
    context,
    'a'.repeat(32),
    'GET',
    SpanKind.SERVER,
    {},
    [],
  );
}

describe('DecidedSampler', () => {
  it('asks the wrapped sampler where nothing was decided', () => {
    assert.equal(decide(ROOT_CONTEXT).decision, SamplingDecision.NOT_RECORD);
  });

  it('repeats the decision of the context, whole', () => {
    const decision = {
      decision: SamplingDecision.RECORD_AND_SAMPLED,
      attributes: { 'sampling.rule': 'checkout' },
      traceState: createTraceState('a=b'),
    };
    assert.equal(decide(withDecision(ROOT_CONTEXT, decision)), decision);
  });

  it('gives the decision and its attributes and trace state to the span that is started with it', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({
      sampler: new DecidedSampler(new AlwaysOffSampler()),
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    const decision = {
      decision: SamplingDecision.RECORD_AND_SAMPLED,
      attributes: { 'sampling.rule': 'checkout' },
      traceState: createTraceState('a=b'),
    };
    provider.getTracer('test').startSpan('GET', {}, withDecision(ROOT_CONTEXT, decision)).end();
    const [span] = exporter.getFinishedSpans();
    assert.equal(span?.attributes['sampling.rule'], 'checkout');
    assert.equal(span?.spanContext().traceState?.serialize(), 'a=b');
  });

  it('is called by the name of the sampler it wraps', () => {
    assert.equal(new DecidedSampler(new AlwaysOffSampler()).toString(), 'AlwaysOffSampler');
  });
});
