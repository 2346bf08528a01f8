/**
 * Errors that reach the process: uncaught exceptions, unhandled rejections and, when asked for, warnings. Nothing here
 * changes what Node does with them: the exit code, stderr and the application's listeners are as without it.
 */

import { diag } from '@opentelemetry/api';
import { isObject, readString } from '../redaction/safe-read.js';
import type { CapturesErrors, FailedRequest } from './captured.js';
import { Occurrence } from './describe.js';

export interface ProcessSourcesOptions {
  /** Default: the global `process`. */
  process?: NodeJS.Process;
  /** After the event of an error of which the process is about to die; synchronous, has to bound its own time. */
  onFatal(error: unknown): void;
  /** After the event of an uncaught error that the application survives, or may not: its listener can throw. */
  onSurvivable?(): void;
  /** The request of an uncaught exception whose context was left as it was thrown; default: that of the current context. */
  requestOfThrown?(): FailedRequest | undefined;
  /** Report process warnings as well; default false. */
  warnings?: boolean;
}

/** Node prints these for rejections, which are reported themselves. */
const REJECTION_WARNINGS = new Set(['UnhandledPromiseRejectionWarning', 'PromiseRejectionHandledWarning']);

export function installProcessSources(reporter: CapturesErrors, options: ProcessSourcesOptions): { uninstall(): void } {
  const target = options.process ?? process;
  const source = new ProcessSource(reporter, target, options);
  const tap = tapEmit(target, (event, args) => harmless(() => source.emitted(event, args)));
  const onUncaught = (error: unknown, origin: string): void => {
    tap.remove();
    harmless(() => source.uncaught(error, origin));
    target.nextTick(() => {
      if (installed) tap.install();
    });
  };
  let installed = true;
  const onWarning = (warning: Error): void => harmless(() => source.warning(warning));
  tap.install();
  target.on('uncaughtExceptionMonitor', onUncaught);
  if (options.warnings === true) target.on('warning', onWarning);
  return {
    uninstall() {
      installed = false;
      tap.remove();
      target.off('uncaughtExceptionMonitor', onUncaught);
      target.off('warning', onWarning);
    },
  };
}

class ProcessSource {
  readonly #reporter: CapturesErrors;
  readonly #process: NodeJS.Process;
  readonly #options: ProcessSourcesOptions;
  /** A rejection nobody listens for: Node either makes an uncaught exception of it next, or lets it be. */
  #pending: { reason: unknown } | undefined;

  constructor(reporter: CapturesErrors, target: NodeJS.Process, options: ProcessSourcesOptions) {
    this.#reporter = reporter;
    this.#process = target;
    this.#options = options;
  }

  uncaught(error: unknown, origin: string): void {
    const dying = this.#isDying();
    const request = origin === 'uncaughtException' ? this.#options.requestOfThrown?.() : undefined;
    const thrown = this.#thrown(error, origin);
    this.#reporter.capture(thrown, { mechanism: origin, handled: false, dying, request });
    if (dying) this.#options.onFatal(thrown);
    else this.#options.onSurvivable?.();
  }

  emitted(event: unknown, args: readonly unknown[]): void {
    if (event === 'unhandledRejection') this.#rejection(args[0]);
    // An exit in the same turn leaves no other time to tell of it.
    else if (event === 'exit') this.#settle();
  }

  warning(warning: Error): void {
    if (REJECTION_WARNINGS.has(warning.name)) return;
    const occurrence = new Occurrence(warning.name, warning.message, warning.stack);
    this.#reporter.capture(occurrence, { mechanism: 'warning', handled: true, severity: 'warn' });
  }

  #rejection(reason: unknown): void {
    this.#settle();
    const pending = { reason };
    this.#pending = pending;
    if (this.#process.listenerCount('unhandledRejection') > 0) {
      this.#settle();
      return;
    }
    this.#process.nextTick(() => {
      if (this.#pending === pending) this.#settle();
    });
  }

  #settle(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return;
    this.#reporter.capture(pending.reason, { mechanism: 'unhandledRejection', handled: false });
  }

  /** What was thrown; of a rejection its reason, rather than the error that Node wraps around one that is none. */
  #thrown(error: unknown, origin: string): unknown {
    const pending = origin === 'unhandledRejection' ? this.#pending : undefined;
    if (pending === undefined) {
      this.#settle();
      return error;
    }
    this.#pending = undefined;
    const isWrapper = isObject(error) && readString(error, 'code') === 'ERR_UNHANDLED_REJECTION';
    return isWrapper ? pending.reason : error;
  }

  /** Node survives an uncaught error only if a listener or the capture callback takes it. */
  #isDying(): boolean {
    return (
      this.#process.listenerCount('uncaughtException') === 0 && !this.#process.hasUncaughtExceptionCaptureCallback()
    );
  }
}

/**
 * Calls `seen` before each event of `target` is emitted. A listener for `unhandledRejection` would make Node think that
 * the application deals with rejections; Node calls `process.emit` afresh for each, so wrapping it sees them all.
 *
 * The wrapper shows as a frame in stacks made by listeners, which Node prints when a listener for uncaught errors
 * throws. So it is taken off while Node deals with an uncaught error: nothing new is to be learned then, not even in
 * strict mode, where the rejection is emitted after the uncaught exception that was made of it.
 */
function tapEmit(
  target: NodeJS.Process,
  seen: (event: unknown, args: readonly unknown[]) => void,
): { install(): void; remove(): void } {
  const own = Object.getOwnPropertyDescriptor(target, 'emit');
  const original = target.emit;
  let active = false;
  const tapped = {
    emit(this: unknown, ...args: unknown[]): unknown {
      if (active) seen(args[0], args.slice(1));
      return Reflect.apply(original, this, args);
    },
  }.emit;
  return {
    install() {
      active = true;
      if (target.emit !== original) return;
      Object.defineProperty(target, 'emit', { value: tapped, writable: true, configurable: true, enumerable: false });
    },
    remove() {
      active = false;
      // Someone may have wrapped ours since; then it stays, and only passes on.
      if (Reflect.get(target, 'emit') !== tapped) return;
      if (own === undefined) Reflect.deleteProperty(target, 'emit');
      else Object.defineProperty(target, 'emit', own);
    },
  };
}

/** Nothing of ours may throw into the runtime's own path; the reporter has said what went wrong. */
function harmless(action: () => unknown): void {
  try {
    action();
  } catch {
    diag.debug('an error source failed');
  }
}
