import type { Attributes, Context, Link, SpanKind } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import {
  inOrder,
  type SamplingRule,
  type SamplingRules,
  type SamplingStatistics,
  type SamplingTargets,
} from '../wire/sampling-rules.js';
import { RequestFacts } from './request-facts.js';
import { SAMPLED } from './reservoir-sampler.js';
import { concerns, RuleMatcher, type SampledService } from './rule-matcher.js';
import { type Admit, RuleState } from './rule-state.js';

/** Rules that could not be read again for so long are no longer what the account wants. Milliseconds. */
export const RULES_LIFETIME = 3_600_000;

export interface XRaySamplerOptions {
  /** Decides while there are no rules, and for what no rule matches. */
  fallback: Sampler;
  service: SampledService;
  /** Asked for each trace that a rule would take; default: every one is taken. */
  admit?: Admit;
  /** A clock that never goes back, in milliseconds. */
  now: () => number;
  /** Milliseconds that rules hold; default {@link RULES_LIFETIME}. */
  lifetime?: number;
}

interface Rule {
  matcher: RuleMatcher;
  state: RuleState;
}

/**
 * Decides by the account's sampling rules, as X-Ray documents it: the first rule that matches, in order of priority, takes the request
 * by its reservoir, else by its rate. It asks nobody: rules and targets are brought to it.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sampling.html
 */
export class XRaySampler implements Sampler {
  readonly #options: XRaySamplerOptions;
  readonly #lifetime: number;
  readonly #admit: Admit;
  readonly #states = new Map<string, RuleState>();
  #rules: readonly Rule[] = [];
  #validUntil = Number.NEGATIVE_INFINITY;
  #readsAttributes = false;

  constructor(options: XRaySamplerOptions) {
    this.#options = options;
    this.#lifetime = options.lifetime ?? RULES_LIFETIME;
    this.#admit = options.admit ?? (() => SAMPLED);
  }

  /** Whether any rule looks at the request. Most accounts' rules don't, and reading its attributes costs more than deciding. */
  get readsAttributes(): boolean {
    return this.#readsAttributes;
  }

  /** Whether the rules are those of the account, not the fallback. */
  get hasRules(): boolean {
    return this.#options.now() < this.#validUntil;
  }

  shouldSample(
    context: Context,
    traceId: string,
    spanName: string,
    spanKind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const now = this.#options.now();
    const state = now < this.#validUntil ? this.#match(attributes) : undefined;
    if (state !== undefined) return state.decide(traceId, now, spanKind, this.#admit);
    return this.#options.fallback.shouldSample(context, traceId, spanName, spanKind, attributes, links);
  }

  /** Puts rules in force. One that was there before keeps its counts and its quota. */
  useRules({ rules, resourceArn }: SamplingRules): void {
    const now = this.#options.now();
    const service = { ...this.#options.service, ...(resourceArn !== undefined && { resourceArn }) };
    const inForce = inOrder(rules).filter((rule) => concerns(rule, service));
    const gone = new Set(this.#states.keys());
    this.#rules = inForce.map((rule) => {
      gone.delete(rule.name);
      return { matcher: new RuleMatcher(rule, service.resourceArn !== undefined), state: this.#stateOf(rule, now) };
    });
    for (const name of gone) this.#states.delete(name);
    this.#readsAttributes = this.#rules.some(({ matcher }) => matcher.readsRequest);
    this.#validUntil = now + this.#lifetime;
  }

  /** Milliseconds until something is due to be reported; 0 or less: now. Infinity as long as there were no requests. */
  untilReport(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { reportAt } of this.#states.values()) earliest = Math.min(earliest, reportAt);
    return earliest - this.#options.now();
  }

  /** What is due to be reported now. */
  dueStatistics(): SamplingStatistics[] {
    const now = this.#options.now();
    return [...this.#states.values()].filter((state) => state.reportAt <= now).map((state) => state.statistics());
  }

  /** Takes over what the service said of `reported`. What it did not take for a cause of its own is kept for the next report. */
  useTargets(reported: readonly SamplingStatistics[], { targets, unprocessed }: SamplingTargets): void {
    const now = this.#options.now();
    const kept = new Set(unprocessed.filter(({ errorCode }) => mayPass(errorCode)).map(({ ruleName }) => ruleName));
    for (const statistics of reported) {
      const state = this.#states.get(statistics.ruleName);
      state?.postpone(now);
      if (!kept.has(statistics.ruleName)) state?.acknowledge(statistics);
    }
    for (const target of targets) this.#states.get(target.ruleName)?.assign(target, now);
  }

  /** The report failed as a whole: all of it is kept. */
  keep(reported: readonly SamplingStatistics[]): void {
    const now = this.#options.now();
    for (const { ruleName } of reported) this.#states.get(ruleName)?.postpone(now);
  }

  toString(): string {
    return `XRay{${this.#rules.length} rules,${this.#options.fallback.toString()}}`;
  }

  #match(attributes: Attributes): RuleState | undefined {
    if (!this.#readsAttributes) return this.#rules[0]?.state;
    const facts = new RequestFacts(attributes);
    for (const { matcher, state } of this.#rules) if (matcher.matches(facts)) return state;
    return undefined;
  }

  #stateOf(rule: SamplingRule, now: number): RuleState {
    const known = this.#states.get(rule.name);
    known?.update(rule);
    const state = known ?? new RuleState(rule, now);
    this.#states.set(rule.name, state);
    return state;
  }
}

/** A 4xx will be said again of the same statistics, unless it is for haste; everything else may pass. */
function mayPass(errorCode: string): boolean {
  return !/^4\d\d$/.test(errorCode) || errorCode === '429' || errorCode === '408';
}
