import type { FailureKind } from './errors.js';

/** Delay of the first retry, milliseconds; doubled for each failure that follows. */
const FIRST_DELAY = { retry: 500, unanswered: 500, missing: 500, throttled: 1000, denied: 30_000 } as const;
type Delayed = keyof typeof FIRST_DELAY;

/** Retries are never further apart than this, milliseconds. */
export const MAX_DELAY = 60_000;

/** Full jitter: anywhere between now and the doubled delay, so that a fleet does not come back in step. */
export function backoff(kind: FailureKind, failures: number, random: () => number, retryAfter = 0): number {
  const first = kind in FIRST_DELAY ? FIRST_DELAY[kind as Delayed] : FIRST_DELAY.retry;
  const ceiling = Math.min(MAX_DELAY, first * 2 ** Math.min(failures - 1, 30));
  return Math.max(1, random() * ceiling, retryAfter);
}
