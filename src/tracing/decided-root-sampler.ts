import type { Attributes, Context, Link, SpanKind } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import { NOT_SAMPLED, SAMPLED } from './reservoir-sampler.js';
import { rootDecision } from './xray-propagator.js';

/** For spans without a parent: a decision that came with the id of the trace (`Root=…;Sampled=0`) is followed. */
export class DecidedRootSampler implements Sampler {
  readonly #root: Sampler;

  constructor(root: Sampler) {
    this.#root = root;
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const decision = rootDecision(context);
    if (decision !== undefined) return decision ? SAMPLED : NOT_SAMPLED;
    return this.#root.shouldSample(context, traceId, spanName, spanKind, attributes, links);
  }

  toString(): string {
    return this.#root.toString();
  }
}
