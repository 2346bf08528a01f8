import { type Attributes, type Context, createContextKey, type Link, type SpanKind } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';

const DECISION = createContextKey('@org/monitoring sampling decision');

/** A context in which {@link DecidedSampler} answers `decision`. Start one span with it; never make it the active context. */
export function withDecision(context: Context, decision: SamplingResult): Context {
  return context.setValue(DECISION, decision);
}

/** The decision that {@link withDecision} has put into the context. */
export function decisionIn(context: Context): SamplingResult | undefined {
  return context.getValue(DECISION) as SamplingResult | undefined;
}

/** The sampler of the tracer provider: repeats the decision that the context carries, and asks the wrapped one where it carries none. */
export class DecidedSampler implements Sampler {
  readonly #sampler: Sampler;

  constructor(sampler: Sampler) {
    this.#sampler = sampler;
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const decision = decisionIn(context);
    if (decision !== undefined) return decision;
    return this.#sampler.shouldSample(context, traceId, spanName, spanKind, attributes, links);
  }

  toString(): string {
    return this.#sampler.toString();
  }
}
