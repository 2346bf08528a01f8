import { type Context, SpanKind } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import { TokenBucket } from '../limits/token-bucket.js';
import { inRatio } from './trace-id-ratio.js';

export const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
export const NOT_SAMPLED: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/** OpenTelemetry numbers the kinds from 0 on. */
const SPAN_KINDS: readonly SpanKind[] = [
  SpanKind.INTERNAL,
  SpanKind.SERVER,
  SpanKind.CLIENT,
  SpanKind.PRODUCER,
  SpanKind.CONSUMER,
];

export interface ReservoirOptions {
  /** Traces per second of each kind taken before the ratio applies; 0 or more, may be a fraction. */
  perSecond: number;
  /** Fraction, 0..1, of what the reservoir leaves. */
  ratio: number;
  /** A clock that never goes back, in milliseconds. */
  now: () => number;
}

/**
 * X-Ray's default rule for traces that start here: so many a second, then a fraction of the rest. The first trace is always taken.
 * Each kind of span has a reservoir of its own: queries that a pool of connections makes by itself take none from requests.
 */
export class ReservoirSampler implements Sampler {
  readonly #options: ReservoirOptions;
  /** By the kind of the span that starts the trace. */
  readonly #reservoirs: readonly TokenBucket[];

  constructor(options: ReservoirOptions) {
    this.#options = options;
    this.#reservoirs = SPAN_KINDS.map(() => new TokenBucket(options.perSecond));
  }

  shouldSample(_context: Context, traceId: string, _spanName: string, spanKind: SpanKind): SamplingResult {
    const { now, ratio } = this.#options;
    return this.#reservoirs[spanKind]?.take(now()) || inRatio(traceId, ratio) ? SAMPLED : NOT_SAMPLED;
  }

  toString(): string {
    return `Reservoir{${this.#options.perSecond}/s,${this.#options.ratio}}`;
  }
}
