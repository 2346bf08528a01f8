import { getHeapStatistics } from 'node:v8';
import { isMainThread, type ResourceLimits } from 'node:worker_threads';

/**
 * Of the worker, in which nothing but buffers lives for long. As large as V8 lets it become by itself, the young generation would hold
 * up to 30 MB of garbage, and buffers as much again, of which the collector knows little.
 */
export const WORKER_LIMITS = { maxYoungGenerationSizeMb: 6 } as const satisfies ResourceLimits;

/**
 * Bytes that the old generation may hold: V8 gives all threads the same. What it tells is the sum of both generations, of which only the
 * young one of the worker is known; so in a process without one this is too much by the young one.
 */
export function oldGenerationLimit(): number {
  const young = isMainThread ? 0 : WORKER_LIMITS.maxYoungGenerationSizeMb * 1_048_576;
  return getHeapStatistics().heap_size_limit - young;
}
