import type { Attributes, Context, Link, SpanKind } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import { NOT_SAMPLED } from './reservoir-sampler.js';
import { rootDecision } from './xray-propagator.js';

/** For spans without a parent: a decision that came with the id of the trace (`Root=…;Sampled=0`) is followed. */
export class DecidedRootSampler implements Sampler {
  readonly #root: Sampler;
  readonly #following: Sampler;

  /**
   * @param root decides where no decision came
   * @param following decides where the trace is to be sampled
   */
  constructor(root: Sampler, following: Sampler) {
    this.#root = root;
    this.#following = following;
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
    if (decision === false) return NOT_SAMPLED;
    const sampler = decision ? this.#following : this.#root;
    return sampler.shouldSample(context, traceId, spanName, spanKind, attributes, links);
  }

  toString(): string {
    return this.#root.toString();
  }
}
