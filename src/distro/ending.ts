import type { Configuration } from '../config/configuration.js';
import type { Channel } from '../delivery/application/channel.js';
import { installLifecycle, type Lifecycle } from '../delivery/application/lifecycle.js';
import { nextTurn } from '../delivery/application/next-turn.js';
import { removeStatusSocket } from '../delivery/worker/status-socket.js';
import type { ErrorReporter } from '../errors/error-reporter.js';
import type { WorkerThreadsSource } from '../errors/worker-threads-source.js';
import type { Measuring } from './measuring.js';
import type { Tracing } from './tracing.js';

export interface EndingParts {
  configuration: Configuration;
  channel: Channel;
  errors: ErrorReporter;
  workerThreads: WorkerThreadsSource;
  measuring: Measuring;
  tracing: Tracing;
  /** Starts the host metrics where they have not started, so that a short process which did something has them. */
  host: () => unknown;
  /** Says the start line where it has not been said. */
  announce: () => void;
}

/** Delivers the last telemetry at every way in which the process ends. */
export function installEnding(parts: EndingParts): Lifecycle {
  const { configuration, channel, errors, workerThreads, measuring, tracing, host, announce } = parts;
  const handOverErrors = () => {
    announce();
    workerThreads.drain();
    errors.releaseHeld();
    errors.flushSummaries();
  };
  return installLifecycle({
    process,
    channel,
    shutdownTimeout: configuration.shutdownTimeout,
    handOverErrors,
    handOverSync() {
      handOverErrors();
      tracing.spans.handOver();
      if (measuring.enabled) measuring.reader.postSources();
    },
    onEnd() {
      if (configuration.runFolder) removeStatusSocket(configuration.runFolder, process.pid);
    },
    async handOverLast() {
      handOverErrors();
      tracing.spans.handOver();
      const { enabled, reader } = measuring;
      if (channel.hasPosted() || (enabled && reader.isFresh())) host();
      else if (enabled) return reader.collectWhatWasDone();
      if (enabled) await reader.collectAndPost();
    },
    async handOver() {
      handOverErrors();
      host();
      const collected = measuring.enabled ? measuring.reader.collectAndPost() : undefined;
      // In the turn of the loop after the collection, which is the longest.
      await nextTurn();
      tracing.spans.handOver();
      await collected;
    },
  });
}
