import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import { BEAT, HEAP_LIMIT, HEAP_USED, kibibytes } from '../../wire/messages.js';

/** Milliseconds. */
const INTERVAL = 500;
/** Part of the limit from which the used heap is looked at more closely. */
const SUSPICIOUS = 0.9;
/** Looks in a row with a suspicious heap and no collection that would tell what of it is garbage. */
const PATIENCE = 4;

export interface HeapSource {
  /** Bytes of the old generation that are used. */
  read(): number;
  /** Calls back after each major collection. */
  observe(onMajor: () => void): { stop(): void };
}

/**
 * The application's sign of life, and how much of its heap is used, for the worker to read. What counts of a heap is what a major collection leaves;
 * before one, the used size may be mostly garbage. Collections are observed only while the size is near the limit.
 */
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private observed: { stop(): void } | undefined;
  private suspicious = 0;

  constructor(
    private readonly state: Int32Array,
    private readonly heap: HeapSource = v8Heap,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.beat(), INTERVAL).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.unobserve();
  }

  beat(): void {
    Atomics.add(this.state, BEAT, 1);
    const used = this.heap.read();
    const limit = Atomics.load(this.state, HEAP_LIMIT) * 1024;
    if (limit === 0) return;
    if (used < SUSPICIOUS * limit) {
      this.suspicious = 0;
      this.unobserve();
      this.tell(used);
      return;
    }
    this.suspicious += 1;
    this.observed ??= this.heap.observe(() => {
      this.suspicious = 0;
      this.tell(this.heap.read());
    });
    if (this.suspicious >= PATIENCE) this.tell(used);
  }

  private tell(used: number): void {
    Atomics.store(this.state, HEAP_USED, kibibytes(used));
  }

  private unobserve(): void {
    this.observed?.stop();
    this.observed = undefined;
  }
}

const v8Heap: HeapSource = {
  read() {
    const old = getHeapSpaceStatistics().filter(({ space_name: name }) => !/^(new_|read_only_|shared_)/.test(name));
    return old.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
  },
  observe(onMajor) {
    const observer = new PerformanceObserver((list) => {
      if (list.getEntries().some(isMajor)) onMajor();
    });
    observer.observe({ entryTypes: ['gc'] });
    return { stop: () => observer.disconnect() };
  },
};

function isMajor({ detail }: PerformanceEntry & { readonly detail?: unknown }): boolean {
  const kind = typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined;
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
