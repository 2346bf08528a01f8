import { getHeapStatistics } from 'node:v8';

/** Bytes. */
export interface HeapReading {
  readonly used: number;
  readonly limit: number;
  /** All that was ever allocated, which no collection takes back; Node 26 and later. */
  readonly allocated: number | undefined;
}

export function readHeap(): HeapReading {
  const statistics: ReturnType<typeof getHeapStatistics> & { total_allocated_bytes?: number } = getHeapStatistics();
  return {
    used: statistics.used_heap_size,
    limit: statistics.heap_size_limit,
    allocated: statistics.total_allocated_bytes,
  };
}

/**
 * Bytes by which the heap grew. From allocations where V8 counts them; else from the used size, and then undefined when
 * that shrank: a collection ran, the growth is unknown, and one negative value would take CloudWatch the percentiles of
 * the whole metric.
 */
export function heapGrowth(from: HeapReading, to: HeapReading): number | undefined {
  if (from.allocated !== undefined && to.allocated !== undefined) return Math.max(0, to.allocated - from.allocated);
  return to.used >= from.used ? to.used - from.used : undefined;
}
