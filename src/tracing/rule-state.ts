import { SpanKind } from '@opentelemetry/api';
import { SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import { TokenBucket } from '../limits/token-bucket.js';
import type { SamplingRule, SamplingStatistics, SamplingTarget } from '../wire/sampling-rules.js';
import { NOT_SAMPLED } from './reservoir-sampler.js';
import { inRatio } from './trace-id-ratio.js';

/** Decides whether a trace that a rule would take is taken: the budget may have no room for it. */
export type Admit = (spanKind: SpanKind) => SamplingResult;

/** Until the service has given a quota, and again once it has run out, a process takes this many a second of the reservoir. */
const BORROWED_PER_SECOND = 1;
/** Milliseconds between two reports of a rule unless the service says otherwise, and the bounds of what it may say. */
export const REPORT_INTERVAL = 10_000;
const MIN_INTERVAL = 1000;
const MAX_INTERVAL = 600_000;

/** What one rule does with the requests that it matches: reservoir, rate, and the counts that the service has not taken note of. */
export class RuleState {
  #rule: SamplingRule;
  readonly #reservoir: TokenBucket;
  /** Of traces that no request starts, which take none of what the service assigns. */
  readonly #background: TokenBucket;
  #fixedRate: number;
  #quotaUntil = Number.NEGATIVE_INFINITY;
  #interval = REPORT_INTERVAL;
  #reportAt: number;
  #requests = 0;
  #sampled = 0;
  #borrowed = 0;

  /** @param now milliseconds of a clock that never goes back, as everywhere here */
  constructor(rule: SamplingRule, now: number) {
    this.#rule = rule;
    this.#fixedRate = rule.fixedRate;
    this.#reservoir = new TokenBucket(borrowingRate(rule));
    this.#background = new TokenBucket(borrowingRate(rule));
    this.#reportAt = now + REPORT_INTERVAL;
  }

  /** The rule as it was read again. What the service assigned stays until it assigns something else, unless its rate was changed. */
  update(rule: SamplingRule): void {
    if (rule.fixedRate !== this.#rule.fixedRate) this.#fixedRate = rule.fixedRate;
    this.#rule = rule;
  }

  /**
   * Counts a request, or background work, and decides on it. What is not admitted takes nothing of the reservoir and counts as not sampled,
   * so that the service hears what was really taken.
   */
  decide(traceId: string, now: number, spanKind: SpanKind, admit: Admit): SamplingResult {
    this.#requests += 1;
    const isRequest = spanKind === SpanKind.SERVER;
    const borrows = !isRequest || now >= this.#quotaUntil;
    const reservoir = isRequest ? this.#reservoir : this.#background;
    if (borrows) reservoir.setRate(borrowingRate(this.#rule), now);
    const isReserved = reservoir.has(now);
    if (!isReserved && !inRatio(traceId, this.#fixedRate)) return NOT_SAMPLED;
    const result = admit(spanKind);
    if (result.decision === SamplingDecision.NOT_RECORD) return result;
    if (isReserved) reservoir.take(now);
    if (isReserved && borrows) this.#borrowed += 1;
    this.#sampled += 1;
    return result;
  }

  assign({ fixedRate, quota, quotaFor = 0, interval }: SamplingTarget, now: number): void {
    if (fixedRate !== undefined) this.#fixedRate = fixedRate;
    if (interval !== undefined) this.#interval = Math.min(Math.max(interval, MIN_INTERVAL), MAX_INTERVAL);
    this.#reportAt = now + this.#interval;
    if (quota === undefined || quotaFor <= 0) return;
    this.#reservoir.setRate(quota, now);
    this.#quotaUntil = now + quotaFor;
  }

  /** When it is to be reported; a rule without requests is not. */
  get reportAt(): number {
    return this.#requests > 0 ? this.#reportAt : Number.POSITIVE_INFINITY;
  }

  statistics(): SamplingStatistics {
    return {
      ruleName: this.#rule.name,
      requestCount: this.#requests,
      sampledCount: this.#sampled,
      borrowCount: this.#borrowed,
    };
  }

  /** The service took note of these; what came since stays. */
  acknowledge({ requestCount, sampledCount, borrowCount }: SamplingStatistics): void {
    this.#requests -= requestCount;
    this.#sampled -= sampledCount;
    this.#borrowed -= borrowCount;
  }

  /** They could not be reported: in the next round. */
  postpone(now: number): void {
    this.#reportAt = now + this.#interval;
  }
}

function borrowingRate({ reservoirSize }: SamplingRule): number {
  return reservoirSize > 0 ? BORROWED_PER_SECOND : 0;
}
