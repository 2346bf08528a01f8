import type { Clock } from './clock.js';
import type { ClockSkew } from './clock-skew.js';

/** What tests put in place of an exporter's surroundings. The published types leave this constructor argument out. */
export interface Internals {
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the jitter of retries. */
  readonly random?: () => number;
  /** Shared by exporters of one process, so that a clock that is off is said once. */
  readonly skew?: ClockSkew;
}
