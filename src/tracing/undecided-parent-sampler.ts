import type { Attributes, Context, Link, SpanKind } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import { NOT_SAMPLED } from './reservoir-sampler.js';
import { leavesDecision } from './xray-propagator.js';

/** For spans of a remote parent that is not sampled: not sampled either, unless the parent has left the decision to us. */
export class UndecidedParentSampler implements Sampler {
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
    if (!leavesDecision(context)) return NOT_SAMPLED;
    return this.#root.shouldSample(context, traceId, spanName, spanKind, attributes, links);
  }

  toString(): string {
    return `UndecidedParent{${this.#root.toString()}}`;
  }
}
