import { isMainThread } from 'node:worker_threads';
import { type Distro, RUNNING_DISTRO, type StartOptions } from './running-distro.js';

export type { StartOptions } from './running-distro.js';

function running(): Distro | undefined {
  return (globalThis as Record<symbol, Distro | undefined>)[RUNNING_DISTRO];
}

/**
 * Starts monitoring from code, where `--require @org/monitoring/register` can't be used. Call it before anything that
 * shall be traced is loaded. Does nothing when it runs already. Never throws.
 */
export function start(options: StartOptions = {}): void {
  if (running()) return;
  try {
    const preload: { start(options: StartOptions): void } = require('./preload.cjs');
    preload.start(options);
  } catch (error) {
    process.stderr.write(`[monitoring] could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/**
 * Reports an error that the application handled itself, with the request in which it happened. One error object makes
 * one event, however often it is reported.
 * @param context further facts, redacted and bounded before they are sent
 * In a worker thread it is handed to the main thread, which reports it.
 * @returns whether an event was made of it, or it was handed over; false when monitoring does not run
 */
export function captureError(error: unknown, context?: Record<string, unknown>): boolean {
  const distro = running();
  if (distro) return distro.captureError(error, context);
  return isMainThread ? false : captureInThread(error, context);
}

function captureInThread(error: unknown, context: Record<string, unknown> | undefined): boolean {
  const thread: { captureError: Distro['captureError'] } = require('./thread.cjs');
  return thread.captureError(error, context);
}

/**
 * Runs work that no request starts: a run of a schedule, a message of a queue, a command. The run has a root span by the sampler, an exact
 * `monitoring.job.duration` (seconds) and, when it fails, an error event with the job's name. Calls and queries of the run are below its span.
 * @param name names few things, such as `send invoices`: each of the first 200 names is a series, further ones are measured as `_OTHER`
 * @param run called once, at once; it may return a promise
 * @returns what `run` returns; what `run` throws or rejects with goes on to the caller. Without monitoring, `run` is called all the same
 */
export function runJob<T>(name: string, run: () => T): T {
  const distro = running();
  return distro ? distro.runJob(name, run) : run();
}

/**
 * Delivers what has been collected so far.
 * @param timeout milliseconds; default `MONITORING_SHUTDOWN_TIMEOUT`
 * @returns whether all of it arrived in time
 */
export async function flush(timeout?: number): Promise<boolean> {
  return (await running()?.flush(timeout)) ?? false;
}

/** Delivers what has been collected and stops collecting, for the rest of the process's life. */
export async function shutdown(): Promise<void> {
  await running()?.shutdown();
}
