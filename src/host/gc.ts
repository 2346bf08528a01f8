import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import type { Meter } from '@opentelemetry/api';

const TYPES: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** Records how long each garbage collection took, in seconds, by kind. Returns what ends it. */
export function recordGarbageCollections(meter: Meter): () => void {
  const durations = meter.createHistogram('v8js.gc.duration', {
    unit: 's',
    description: 'Garbage collection duration by kind, one of major, minor, incremental or weakcb',
    advice: { explicitBucketBoundaries: [0.01, 0.1, 1, 10] },
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      durations.record(entry.duration / 1000, { 'v8js.gc.type': TYPES[kindOf(entry)] ?? 'unknown' });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

function kindOf({ detail }: PerformanceEntry & { readonly detail?: unknown }): number {
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? Number(detail.kind) : -1;
}
