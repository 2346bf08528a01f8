import { diag } from '@opentelemetry/api';
import { amount, describeLosses } from '../../wire/ledger.js';
import type { LedgerEntry } from '../../wire/messages.js';
import type { Kept } from './channel.js';

/** What delivery needs of the process it runs in; the real `process`, or a test's. */
export type ProcessLike = Pick<
  NodeJS.Process,
  'pid' | 'platform' | 'on' | 'off' | 'kill' | 'exit' | 'listenerCount' | 'getMaxListeners' | 'setMaxListeners'
>;

export interface LifecycleOptions {
  process: ProcessLike;
  channel: {
    /** Whether anything was posted since the process started. */
    hasPosted(): boolean;
    /** Whether something was posted that has neither arrived nor been given up by a flush that ran out of time. */
    pending(): boolean;
    flush(timeout: number): Promise<boolean>;
    flushSync(timeout: number): boolean;
    /** Puts errors that have not arrived on disk. */
    keepErrors(): Kept;
    ledger: { entries(): LedgerEntry[] };
    /** Why the last flush did not deliver everything, each failure once. */
    troubles(): readonly string[];
    /** The process ends now: enters what waits as lost, but for the errors that are on disk. */
    closeLedger(errors: Kept): LedgerEntry[];
    /** Nothing needs to tell of this end at the next start. */
    endCleanly(): void;
  };
  /** Collects everything and hands it over; may wait for asynchronous metric callbacks. */
  handOver(): Promise<void>;
  /** The same as the process ends: hands over nothing of a process that did nothing and has handed over nothing before. */
  handOverLast(): Promise<void>;
  /** Hands over what can be read without waiting. */
  handOverSync(): void;
  /** Hands over the errors alone. */
  handOverErrors(): void;
  /** The process ends now: the last thing that is done in it. */
  onEnd?(): void;
  /** Milliseconds that the end of the process may be held up while there is an event loop; all its flushes share them. */
  shutdownTimeout: number;
  /** Milliseconds by a clock that never goes back. */
  now?: () => number;
  /** Listeners to each signal that only end the process where nobody else listens; default: those of `signal-exit`. */
  politeListeners?: () => number;
}

export interface Lifecycle {
  /** Delivers all there is; true: it arrived within `timeout` ms, of which metric callbacks of the application may take half. */
  flush(timeout?: number): Promise<boolean>;
  /** The process is about to die of an error: delivers what it can, blocking. */
  fatal(): void;
  /** The process may be about to die of an error: the listener that the application has for it can throw. Blocks for a moment. */
  survivable(): void;
  /** Monitoring ends, and the process goes on: what has not arrived by now is entered as at the end of the process. */
  close(): void;
  uninstall(): void;
}

type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';
const STOP_SIGNALS: StopSignal[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** The exit code on Windows after Ctrl-C or the end of the console, without a listener: STATUS_CONTROL_C_EXIT of ntstatus.h. */
const CONTROL_C_EXIT = 0xc000013a;

/** Milliseconds for which a dying process may be blocked in all: what its operator will not notice. */
const BLOCKING_BUDGET = 2000;
/** Of which the fatal error itself may take this much, so that 'exit' has some left. */
const FATAL_BUDGET = 1500;
/** Milliseconds for an error that the process may survive, and between two of them for which it is held up. */
const SURVIVABLE_BUDGET = 250;
const SURVIVABLE_EVERY = 10_000;
/** Milliseconds between collections while the application drains, so that little is left for its last moment. */
const DRAIN_INTERVAL = 500;

/**
 * Delivers the last telemetry at every way in which a process ends, and changes none of them: its exit code, its
 * signal and the time the application takes to drain stay its own.
 */
export function installLifecycle(options: LifecycleOptions): Lifecycle {
  return new ProcessEnd(options);
}

/**
 * `signal-exit`, which many command line libraries bring along, ends the process when all that listen to a signal are copies of itself: with
 * ours beside them each would leave it to the other. Its copies of version 3 and of version 4 count themselves in one place each.
 */
function signalExitListeners(): number {
  const emitters = [
    Reflect.get(process, '__signal_exit_emitter__'),
    Reflect.get(globalThis, Symbol.for('signal-exit emitter')),
  ] as ({ count?: unknown } | undefined)[];
  return emitters.reduce((sum, emitter) => sum + (typeof emitter?.count === 'number' ? emitter.count : 0), 0);
}

class ProcessEnd implements Lifecycle {
  private readonly now: () => number;
  private readonly listeners: Record<StopSignal, () => void>;
  private blockingLeft = BLOCKING_BUDGET;
  private flushingLeft: number;
  private lastSurvived = Number.NEGATIVE_INFINITY;
  private endedOnce = false;
  private stopping = false;
  private draining: NodeJS.Timeout | undefined;

  constructor(private readonly options: LifecycleOptions) {
    const { process } = options;
    this.now = options.now ?? (() => performance.now());
    this.flushingLeft = options.shutdownTimeout;
    this.listeners = {
      SIGTERM: () => this.guarded('SIGTERM', this.onSignal('SIGTERM')),
      SIGINT: () => this.guarded('SIGINT', this.onSignal('SIGINT')),
      SIGHUP: () => this.guarded('SIGHUP', this.onSignal('SIGHUP')),
    };
    // One of each is ours: the application has as many as before until Node warns.
    const maximum = process.getMaxListeners();
    if (maximum > 0) process.setMaxListeners(maximum + 1);
    for (const signal of STOP_SIGNALS) process.on(signal, this.listeners[signal]);
    process.on('beforeExit', this.onBeforeExit);
    process.on('exit', this.onExit);
  }

  async flush(timeout = this.options.shutdownTimeout): Promise<boolean> {
    return this.flushAfter(this.options.handOver, timeout);
  }

  private async flushAfter(handOver: () => Promise<void>, timeout: number): Promise<boolean> {
    const start = this.now();
    const complete = await this.handOverWithin(handOver, timeout / 2);
    if (!this.options.channel.hasPosted()) return complete;
    const delivered = await this.options.channel.flush(Math.max(0, timeout - (this.now() - start)));
    return complete && delivered;
  }

  /** False: metric callbacks of the application take longer. What needs none of them is handed over then. */
  private async handOverWithin(handOver: () => Promise<void>, limit: number): Promise<boolean> {
    const { handOverSync } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), limit);
    });
    const complete = await Promise.race([handOver().then(() => true), passed]).finally(() => clearTimeout(timer));
    if (!complete) handOverSync();
    return complete;
  }

  fatal(): void {
    this.flushDying(FATAL_BUDGET);
  }

  survivable(): void {
    const now = this.now();
    if (now - this.lastSurvived < SURVIVABLE_EVERY) return;
    this.lastSurvived = now;
    this.flushBlocking(SURVIVABLE_BUDGET);
  }

  uninstall(): void {
    const { process } = this.options;
    clearInterval(this.draining);
    const maximum = process.getMaxListeners();
    if (maximum > 0) process.setMaxListeners(maximum - 1);
    for (const signal of STOP_SIGNALS) process.off(signal, this.listeners[signal]);
    process.off('beforeExit', this.onBeforeExit);
    process.off('exit', this.onExit);
  }

  // A signal that nobody else listens to must still end the process, by that signal; one that the application
  // handles is its own business. As PID 1, Node ignores the signal for want of a listener, and so it stays.
  private async onSignal(signal: StopSignal): Promise<void> {
    const { process, handOverLast, politeListeners = signalExitListeners } = this.options;
    this.keepErrorsAtOnce();
    const polite = politeListeners();
    const alone = process.listenerCount(signal) <= 1 + polite;
    if (!alone || (process.pid === 1 && polite === 0)) {
      this.draining ??= setInterval(() => void handOverLast(), DRAIN_INTERVAL).unref();
      if (!(await this.flushOnTheWayOut())) this.sayWaiting();
      return;
    }
    // A second signal while the first one's flush runs is somebody who does not want to wait.
    if (!this.stopping) {
      this.stopping = true;
      await this.flushOnTheWayOut();
      // The application went on serving meanwhile.
      this.flushDying(BLOCKING_BUDGET);
    }
    this.end();
    for (const each of STOP_SIGNALS) process.off(each, this.listeners[each]);
    // Windows has no signals to die of: what stands for SIGHUP there can't be sent (ENOSYS).
    if (process.platform === 'win32') {
      process.off('exit', this.onExit);
      process.exit(CONTROL_C_EXIT);
    } else process.kill(process.pid, signal);
  }

  private readonly onBeforeExit = (): void => {
    if (this.endedOnce) return;
    this.endedOnce = true;
    this.guarded(
      'the end',
      this.flushOnTheWayOut().then(() => {}),
    );
  };

  private readonly onExit = (): void => {
    try {
      this.flushDying(BLOCKING_BUDGET);
      this.end();
    } catch (error) {
      diag.error(`the last delivery, at the end, failed: ${String(error)}`);
    }
  };

  close(): void {
    this.uninstall();
    this.end();
  }

  /** Whoever sends a stop signal may kill the process a moment later: the errors are on disk before anything is waited for. */
  private keepErrorsAtOnce(): void {
    this.options.handOverErrors();
    this.options.channel.keepErrors();
  }

  /** Errors that are neither delivered nor on disk are told of by what the next start finds. */
  private end(): void {
    const { channel, onEnd } = this.options;
    const errors = channel.keepErrors();
    if (errors !== 'failed') channel.endCleanly();
    this.sayTotals(errors);
    onEnd?.();
  }

  /** A flush that takes its time from what all flushes on the way out share; true: all was delivered. */
  private async flushOnTheWayOut(): Promise<boolean> {
    const start = this.now();
    const complete = await this.flushAfter(this.options.handOverLast, this.flushingLeft);
    this.flushingLeft = Math.max(0, this.flushingLeft - (this.now() - start));
    return complete;
  }

  /** What of `budget` is left of all that a dying process may be blocked for. */
  private flushDying(budget: number): void {
    const start = this.now();
    this.flushBlocking(Math.min(budget, this.blockingLeft));
    this.blockingLeft = Math.max(0, this.blockingLeft - (this.now() - start));
  }

  /** On disk first: whatever ends the process while it waits, the errors are there. */
  private flushBlocking(budget: number): boolean {
    const { channel, handOverSync } = this.options;
    const deadline = this.now() + budget;
    handOverSync();
    if (!channel.pending()) return true;
    channel.keepErrors();
    return channel.flushSync(Math.max(0, deadline - this.now()));
  }

  /** The application ends the process itself, later: its last line has the totals. */
  private sayWaiting(): void {
    const { channel } = this.options;
    const kept = channel.keepErrors() === 'kept';
    const waiting = channel.ledger.entries().filter((entry) => entry.waiting > 0);
    if (waiting.length === 0) return;
    const amounts = waiting.map((entry) => amount(entry.signal, entry.waiting)).join(', ');
    diag.warn(`not yet delivered, while the process ends: ${amounts}${kept ? '; the errors are on disk' : ''}`);
  }

  /** The last line: what is lost, by signal and reason, and what the next start will deliver. */
  private sayTotals(errors: Kept): void {
    const entries = this.options.channel.closeLedger(errors);
    const onDisk = entries.find(({ signal, waiting }) => signal === 'logs' && waiting > 0)?.waiting ?? 0;
    const losses = describeLosses(entries);
    const parts = [
      ...(losses === undefined ? [] : [losses]),
      ...(onDisk > 0 ? [`${amount('logs', onDisk)} kept on disk for the next start`] : []),
    ];
    if (parts.length === 0) return;
    const troubles = this.options.channel.troubles();
    if (troubles.length > 0) parts.push(`the last failures: ${troubles.join('; ')}`);
    const isCutShort = onDisk > 0 || entries.some(({ lost }) => lost.shutdown !== undefined);
    const prefix = isCutShort ? 'the process ends before all telemetry was delivered: ' : '';
    diag.warn(`${prefix}${parts.join('; ')}`);
  }

  private guarded(when: string, work: Promise<void>): void {
    work.catch((error) => diag.error(`the last delivery, at ${when}, failed: ${String(error)}`));
  }
}
