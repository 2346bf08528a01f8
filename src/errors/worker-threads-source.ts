/** Errors of which the application's own worker threads die. */

import { errorMonitor } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { CapturesErrors } from './captured.js';

/**
 * Reports an error that ends a worker thread and that the application listens for. Where it does not, the error
 * becomes an uncaught exception of this thread, and is reported as that.
 *
 * @param isOurs whether a worker is the distro's own
 */
export function installWorkerThreadsSource(
  reporter: CapturesErrors,
  isOurs: (worker: Worker) => boolean,
  target: NodeJS.Process = process,
): { uninstall(): void } {
  const onWorker = (worker: Worker): void => {
    if (isOurs(worker)) return;
    // Listening for `error` itself would take the error from the application.
    worker.on(errorMonitor, (error: unknown) => {
      if (worker.listenerCount('error') === 0) return;
      reporter.capture(error, { mechanism: 'worker_thread', handled: true, context: { threadId: worker.threadId } });
    });
  };
  target.on('worker', onWorker);
  return { uninstall: () => void target.off('worker', onWorker) };
}
