import {
  type Attributes,
  type Context,
  isSpanContextValid,
  type Link,
  type SpanKind,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import { NOT_SAMPLED } from '../reservoir-sampler.js';
import type { TraceBudget } from './trace-budget.js';

/** Takes what the wrapped sampler takes, as far as the budget of what is decided here goes. Asks the budget about nothing else. */
export class BudgetedSampler implements Sampler {
  readonly #sampler: Sampler;
  readonly #budget: TraceBudget;

  constructor(sampler: Sampler, budget: TraceBudget) {
    this.#sampler = sampler;
    this.#budget = budget;
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const wanted = this.#sampler.shouldSample(context, traceId, spanName, spanKind, attributes, links);
    return wanted.decision === SamplingDecision.NOT_RECORD ? wanted : this.#budget.admit(spanKind);
  }

  toString(): string {
    return this.#sampler.toString();
  }
}

/** Follows a parent in another process that is sampled, up to the second ceiling. */
export class FollowingSampler implements Sampler {
  readonly #budget: TraceBudget;

  constructor(budget: TraceBudget) {
    this.#budget = budget;
  }

  shouldSample(context: Context, _traceId: string, _spanName: string, spanKind: SpanKind): SamplingResult {
    return this.#budget.follow(context, spanKind);
  }

  toString(): string {
    return 'Following';
  }
}

/** Follows a parent in this process that is sampled, as long as the trace does not grow for ever. */
export class GrowingSampler implements Sampler {
  readonly #budget: TraceBudget;

  constructor(budget: TraceBudget) {
    this.#budget = budget;
  }

  shouldSample(context: Context, _traceId: string, _spanName: string, spanKind: SpanKind): SamplingResult {
    return this.#budget.grow(context, spanKind);
  }

  toString(): string {
    return 'Growing';
  }
}

/**
 * For samplers that ask no parent: what this process has decided on a trace holds for all spans of the trace, or the budget would leave
 * halves of traces.
 */
export class WholeTraceSampler implements Sampler {
  readonly #root: Sampler;
  readonly #budget: TraceBudget;

  constructor(root: Sampler, budget: TraceBudget) {
    this.#root = root;
    this.#budget = budget;
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const parent = trace.getSpanContext(context);
    if (parent === undefined || parent.isRemote || !isSpanContextValid(parent)) {
      return this.#root.shouldSample(context, traceId, spanName, spanKind, attributes, links);
    }
    return parent.traceFlags & TraceFlags.SAMPLED ? this.#budget.grow(context, spanKind) : NOT_SAMPLED;
  }

  toString(): string {
    return this.#root.toString();
  }
}
