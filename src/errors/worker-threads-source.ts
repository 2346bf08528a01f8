/** Errors of the application's own worker threads: those that end them, and those that they capture. */

import { errorMonitor } from 'node:events';
import {
  BroadcastChannel,
  type MessagePort,
  receiveMessageOnPort,
  setEnvironmentData,
  type Worker,
} from 'node:worker_threads';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { CapturesErrors } from './captured.js';
import { ERRORS_CHANNEL, fromThreadError, isThreadError } from './thread-errors.js';

export interface WorkerThreadsSource {
  /** Reports at once what worker threads have captured and the event loop has not brought yet. */
  drain(): void;
  uninstall(): void;
}

/**
 * Reports an error that ends a worker thread and that the application listens for. Where it does not, the error
 * becomes an uncaught exception of this thread, and is reported as that. What worker threads capture comes by a channel
 * that is opened when the first of them starts.
 *
 * @param isOurs whether a worker is the distro's own
 */
export function installWorkerThreadsSource(
  reporter: CapturesErrors,
  isOurs: (worker: Worker) => boolean,
  target: NodeJS.Process = process,
): WorkerThreadsSource {
  let channel: BroadcastChannel | undefined;
  const receive = (message: unknown): void => {
    if (!isThreadError(message)) return;
    // Of whatever request this thread is busy with, it is none of its errors.
    context.with(ROOT_CONTEXT, () =>
      reporter.capture(fromThreadError(message), {
        mechanism: 'captureError',
        handled: true,
        always: true,
        context: message.context,
      }),
    );
  };
  const listen = (): void => {
    if (channel !== undefined) return;
    channel = new BroadcastChannel(ERRORS_CHANNEL);
    channel.onmessage = (event) => receive((event as MessageEvent).data);
    channel.unref();
  };
  const onWorker = (worker: Worker): void => {
    if (isOurs(worker)) return;
    listen();
    // Listening for `error` itself would take the error from the application.
    worker.on(errorMonitor, (error: unknown) => {
      if (worker.listenerCount('error') === 0) return;
      const context = { threadId: worker.threadId };
      reporter.capture(error, { mechanism: 'worker_thread', handled: true, always: true, context });
    });
  };
  setEnvironmentData(ERRORS_CHANNEL, true);
  target.on('worker', onWorker);
  return {
    drain() {
      if (channel === undefined) return;
      for (;;) {
        // Node takes one of these too; its types do not know.
        const received = receiveMessageOnPort(channel as unknown as MessagePort);
        if (received === undefined) return;
        receive(received.message);
      }
    },
    uninstall() {
      target.off('worker', onWorker);
      setEnvironmentData(ERRORS_CHANNEL, false);
      channel?.close();
    },
  };
}
