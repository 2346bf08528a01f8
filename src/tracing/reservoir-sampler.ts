import type { Context } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import { inRatio } from './trace-id-ratio.js';

const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const NOT_SAMPLED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

const SECOND = 1000;

export interface ReservoirOptions {
  /** Traces per second taken before the ratio applies; 0 or more, may be a fraction. */
  perSecond: number;
  /** Fraction, 0..1, of what the reservoir leaves. */
  ratio: number;
  /** A clock that never goes back, in milliseconds. */
  now: () => number;
}

/**
 * X-Ray's sampling rule for traces that start here: so many a second, then a fraction of the rest.
 *
 * The reservoir is full at the start, so the first trace of a process is always taken, and it never holds more than one second's worth
 * (at least one trace).
 */
export class ReservoirSampler implements Sampler {
  readonly #perSecond: number;
  readonly #ratio: number;
  readonly #now: () => number;
  readonly #capacity: number;
  #available: number;
  #updated: number;

  constructor({ perSecond, ratio, now }: ReservoirOptions) {
    this.#perSecond = perSecond;
    this.#ratio = ratio;
    this.#now = now;
    this.#capacity = perSecond > 0 ? Math.max(1, perSecond) : 0;
    this.#available = this.#capacity;
    this.#updated = now();
  }

  shouldSample(_context: Context, traceId: string): SamplingResult {
    return this.#take() || inRatio(traceId, this.#ratio) ? SAMPLED : NOT_SAMPLED;
  }

  toString(): string {
    return `Reservoir{${this.#perSecond}/s,${this.#ratio}}`;
  }

  #take(): boolean {
    const now = this.#now();
    const gained = ((now - this.#updated) / SECOND) * this.#perSecond;
    this.#updated = now;
    this.#available = Math.min(this.#capacity, this.#available + gained);
    if (this.#available < 1) return false;
    this.#available -= 1;
    return true;
  }
}
