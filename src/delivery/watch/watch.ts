import { diag } from '@opentelemetry/api';
import { BEAT, HEAP_LIMIT, HEAP_USED, type PlainLogRecord } from '../../wire/messages.js';
import type { MarkerFile } from '../left-behind/boot-marker.js';
import type { MemoryNearLimit } from '../left-behind/left-behind.js';
import type { Recovery } from '../left-behind/recovery.js';
import { LoopWatch } from './loop-watch.js';
import { type MemoryUse, MemoryWatch } from './memory-watch.js';
import { eventLoopBlocked, memoryNearLimit } from './process-events.js';

export interface WatchOptions {
  state: Int32Array;
  /** Whether this runs in another thread than the application, and can see its event loop stand. */
  isApart: boolean;
  containerMemory(): MemoryUse | undefined;
  deliver(record: PlainLogRecord): void;
  marker: MarkerFile | undefined;
  recovery: Recovery | undefined;
  /** Epoch milliseconds. */
  now(): number;
}

/** Milliseconds. */
const TICK = 1000;
/** V8 may give up a heap 2.6 s after nine tenths of it were used, of which the application's thread takes two to tell of them. */
const HEAP_TICK = 250;
const MARKER_EVERY = 10;
const RECOVERY_EVERY = 60;

/** Looks after the application's process from the worker: its memory, its event loop, its boot marker, and what others left. */
export class Watch {
  private readonly loop = new LoopWatch(2 * TICK);
  private readonly container = new MemoryWatch('container');
  private readonly heap = new MemoryWatch('heap');
  private timers: NodeJS.Timeout[] = [];
  private ticks = 0;

  constructor(private readonly options: WatchOptions) {}

  start(): void {
    this.timers = [
      setInterval(() => this.guarded(() => this.tick()), TICK).unref(),
      setInterval(() => this.guarded(() => this.lookAtHeap()), HEAP_TICK).unref(),
    ];
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  tick(): void {
    const { state, isApart, containerMemory, deliver, marker, recovery } = this.options;
    const now = this.options.now();
    this.ticks += 1;
    this.noteNearLimit(this.container.offer(containerMemory(), now));
    this.lookAtHeap();
    const still = isApart ? this.loop.tick(Atomics.load(state, BEAT), now) : undefined;
    if (still !== undefined) {
      deliver(eventLoopBlocked(still, now));
      marker?.note({ blockedSince: now - still });
    }
    if (this.ticks % MARKER_EVERY === 0) marker?.beat(now);
    if (this.ticks % RECOVERY_EVERY === 0) recovery?.look();
  }

  private lookAtHeap(): void {
    const { state, now } = this.options;
    const heap = { used: Atomics.load(state, HEAP_USED) * 1024, limit: Atomics.load(state, HEAP_LIMIT) * 1024 };
    this.noteNearLimit(this.heap.offer(heap, now()));
  }

  private guarded(look: () => void): void {
    try {
      look();
    } catch (error) {
      diag.error(`watching the process failed: ${String(error)}`);
    }
  }

  private noteNearLimit(nearLimit: MemoryNearLimit | undefined): void {
    if (nearLimit === undefined) return;
    this.options.deliver(memoryNearLimit(nearLimit));
    this.options.marker?.note({ nearLimit });
  }
}
