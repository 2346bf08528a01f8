import type { Context } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import { TokenBucket } from '../limits/token-bucket.js';
import { inRatio } from './trace-id-ratio.js';

export const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
export const NOT_SAMPLED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

export interface ReservoirOptions {
  /** Traces per second taken before the ratio applies; 0 or more, may be a fraction. */
  perSecond: number;
  /** Fraction, 0..1, of what the reservoir leaves. */
  ratio: number;
  /** A clock that never goes back, in milliseconds. */
  now: () => number;
}

/** X-Ray's default rule for traces that start here: so many a second, then a fraction of the rest. The first trace is always taken. */
export class ReservoirSampler implements Sampler {
  readonly #options: ReservoirOptions;
  readonly #reservoir: TokenBucket;

  constructor(options: ReservoirOptions) {
    this.#options = options;
    this.#reservoir = new TokenBucket(options.perSecond);
  }

  shouldSample(_context: Context, traceId: string): SamplingResult {
    const { now, ratio } = this.#options;
    return this.#reservoir.take(now()) || inRatio(traceId, ratio) ? SAMPLED : NOT_SAMPLED;
  }

  toString(): string {
    return `Reservoir{${this.#options.perSecond}/s,${this.#options.ratio}}`;
  }
}
