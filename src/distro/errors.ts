import { getHeapStatistics } from 'node:v8';
import { logs, trace } from '@opentelemetry/api';
import type { Configuration } from '../config/configuration.js';
import type { Lifecycle } from '../delivery/application/lifecycle.js';
import { installConsoleSource } from '../errors/console-source.js';
import { createErrorReporter, type ErrorReporter } from '../errors/error-reporter.js';
import { ErrorLimiter } from '../errors/limit.js';
import { installProcessSources } from '../errors/process-sources.js';
import { currentWork, type Jobs } from '../jobs/jobs.js';
import type { Redactor } from '../redaction/redactor.js';
import { currentRequest } from '../requests/request-record.js';
import type { RequestLayer } from '../requests/server-layer.js';
import { workingDirectory } from '../resource/identity.js';
import { RequestIdGenerator } from '../tracing/id-generator.js';
import { ERRORS_SCOPE } from '../wire/scopes.js';
import { VERSION } from './names.js';
import type { Started } from './started.js';

const SUMMARY_INTERVAL = 60_000;

export function createErrors(redactor: Redactor): ErrorReporter {
  const ids = new RequestIdGenerator();
  return createErrorReporter({
    logger: () => logs.getLogger(ERRORS_SCOPE, VERSION),
    currentRequest,
    activeSpan: () => trace.getActiveSpan(),
    currentWork,
    redactor,
    limiter: new ErrorLimiter({ now: Date.now }),
    now: Date.now,
    // Second and 96 random bits, without Node's crypto, which takes 4 ms to load.
    drawId: () => ids.drawTraceId(),
    root: workingDirectory(),
    ownFolder: __dirname,
    after: (ms, callback) => void setTimeout(callback, ms).unref(),
    uptime: () => process.uptime(),
    rss: () => process.memoryUsage.rss(),
    heapUsed: () => getHeapStatistics().used_heap_size,
    runtimeVersion: process.versions.node,
  });
}

/** Errors that reach the process or its console, and the counts of those that the limit held back. */
export function installErrorSources(
  { errors: asked }: Configuration,
  errors: ErrorReporter,
  requests: RequestLayer | undefined,
  jobs: Jobs,
  lifecycle: Lifecycle,
  started: Started,
): void {
  const summaries = setInterval(() => errors.flushSummaries(), SUMMARY_INTERVAL).unref();
  started.add(summaries, clearInterval);
  if (asked.console) started.add(installConsoleSource(errors), (source) => source.uninstall());
  const sources = installProcessSources(errors, {
    warnings: asked.warnings,
    onFatal(error) {
      const request = currentRequest();
      if (request) requests?.fail(request, request.error);
      jobs.fail(error);
      lifecycle.fatal();
    },
    onSurvivable: () => lifecycle.survivable(),
    requestOfThrown: () => requests?.escapedFrom(),
  });
  started.add(sources, (each) => each.uninstall());
}
