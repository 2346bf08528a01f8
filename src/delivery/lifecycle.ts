import { diag } from '@opentelemetry/api';

/** What delivery needs of the process it runs in; the real `process`, or a test's. */
export type ProcessLike = Pick<NodeJS.Process, 'pid' | 'on' | 'off' | 'kill' | 'listenerCount'>;

export interface LifecycleOptions {
  process: ProcessLike;
  channel: {
    /** Whether something was posted that has neither arrived nor been given up by a flush that ran out of time. */
    pending(): boolean;
    flush(timeout: number): Promise<boolean>;
    flushSync(timeout: number): boolean;
  };
  /** Collects everything and hands it over; may wait for asynchronous metric callbacks. */
  handOver(): Promise<void>;
  /** Hands over what can be read without waiting. */
  handOverSync(): void;
  /** Milliseconds a flush that does not block the application may take. */
  shutdownTimeout: number;
}

export interface Lifecycle {
  /** Delivers all there is; true: it arrived within `timeout` ms. */
  flush(timeout?: number): Promise<boolean>;
  /** The process is about to die of an error: delivers what it can, blocking. */
  fatal(): void;
  uninstall(): void;
}

type StopSignal = 'SIGTERM' | 'SIGINT';
const STOP_SIGNALS: StopSignal[] = ['SIGTERM', 'SIGINT'];

/** Milliseconds for which a dying process may be held up in all: what its operator will not notice. */
const BLOCKING_BUDGET = 2000;
/** Of which the fatal error itself may take this much, so that 'exit' has some left. */
const FATAL_BUDGET = 1500;
/** Milliseconds between collections while the application drains, so that little is left for its last moment. */
const DRAIN_INTERVAL = 500;

/**
 * Delivers the last telemetry at every way in which a process ends, and changes none of them: its exit code, its
 * signal and the time the application takes to drain stay its own.
 */
export function installLifecycle(options: LifecycleOptions): Lifecycle {
  const { process, channel, handOver, handOverSync, shutdownTimeout } = options;
  let blockingLeft = BLOCKING_BUDGET;
  let drained = false;
  let stopping = false;
  let draining: NodeJS.Timeout | undefined;

  async function flush(timeout = shutdownTimeout): Promise<boolean> {
    await handOver();
    return channel.flush(timeout);
  }

  function flushSync(budget: number): void {
    handOverSync();
    if (!channel.pending()) return;
    const start = Date.now();
    channel.flushSync(Math.min(budget, blockingLeft));
    blockingLeft = Math.max(0, blockingLeft - (Date.now() - start));
  }

  // A signal that nobody else listens to must still end the process, by that signal; one that the application
  // handles is its own business. As PID 1, Node ignores the signal for want of a listener, and so it stays.
  async function onSignal(signal: StopSignal): Promise<void> {
    const alone = process.listenerCount(signal) <= 1;
    if (!alone || process.pid === 1) {
      draining ??= setInterval(() => void handOver(), DRAIN_INTERVAL).unref();
      await flush();
      return;
    }
    // A second signal while the first one's flush runs is somebody who does not want to wait.
    if (!stopping) {
      stopping = true;
      await flush();
    }
    for (const each of STOP_SIGNALS) process.off(each, listeners[each]);
    process.kill(process.pid, signal);
  }

  const guarded = (signal: StopSignal) => () => {
    onSignal(signal).catch((error) => diag.error(`flush at ${signal} failed: ${String(error)}`));
  };
  const listeners: Record<StopSignal, () => void> = { SIGTERM: guarded('SIGTERM'), SIGINT: guarded('SIGINT') };

  function onBeforeExit(): void {
    if (drained) return;
    drained = true;
    flush().catch((error) => diag.error(`flush before exit failed: ${String(error)}`));
  }

  function onExit(): void {
    flushSync(BLOCKING_BUDGET);
  }

  for (const signal of STOP_SIGNALS) process.on(signal, listeners[signal]);
  process.on('beforeExit', onBeforeExit);
  process.on('exit', onExit);

  return {
    flush,
    fatal: () => flushSync(FATAL_BUDGET),
    uninstall() {
      clearInterval(draining);
      for (const signal of STOP_SIGNALS) process.off(signal, listeners[signal]);
      process.off('beforeExit', onBeforeExit);
      process.off('exit', onExit);
    },
  };
}
