/** A server under the request layer alone, or with everything that sees errors beside it. */
import * as http from 'node:http';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { hrTime } from '@opentelemetry/core';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { installConsoleSource } from '../../src/errors/console-source.js';
import { createErrorReporter } from '../../src/errors/error-reporter.js';
import { ErrorLimiter } from '../../src/errors/limit.js';
import { installProcessSources } from '../../src/errors/process-sources.js';
import { captureServerFault } from '../../src/errors/server-fault.js';
import { installWorkerThreadsSource } from '../../src/errors/worker-threads-source.js';
import { createRedactor } from '../../src/redaction/redactor.js';
import { RequestAggregate } from '../../src/requests/request-aggregate.js';
import { currentRequest } from '../../src/requests/request-record.js';
import { installRequestLayer } from '../../src/requests/server-layer.js';
import { withDecision } from '../../src/tracing/decided-sampler.js';
import { RequestIdGenerator } from '../../src/tracing/id-generator.js';
import { createPropagator } from '../../src/tracing/propagation.js';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const reporter = createErrorReporter({
  logger: () => ({ emit: () => undefined, enabled: () => true }),
  currentRequest,
  activeSpan: () => trace.getActiveSpan(),
  redactor: createRedactor(),
  limiter: new ErrorLimiter({ now: Date.now }),
  now: Date.now,
  root: process.cwd(),
  after: (ms, callback) => void setTimeout(callback, ms).unref(),
  uptime: () => process.uptime(),
  rss: () => process.memoryUsage.rss(),
  heapUsed: () => process.memoryUsage().heapUsed,
  drawId: () => '0'.repeat(32),
  runtimeVersion: process.versions.node,
});
const withErrors = process.argv[2] === 'errors';
if (withErrors) {
  installProcessSources(reporter, { warnings: true, onFatal: () => undefined });
  installWorkerThreadsSource(reporter, () => false);
  installConsoleSource(reporter);
}
installRequestLayer({
  modules: { http },
  tracer: () => trace.getTracer('bench'),
  onRequestSpan: () => undefined,
  sampler: new AlwaysOffSampler(),
  withDecision,
  idGenerator: new RequestIdGenerator(),
  propagator: createPropagator(['xray', 'tracecontext', 'baggage']),
  aggregate: new RequestAggregate({ startTime: hrTime(), temporality: 'delta' }),
  ...(withErrors && {
    onServerFault: (record) => captureServerFault(reporter, record),
    onErrorAnswered: (record) => reporter.answered(record),
  }),
});
context.with(ROOT_CONTEXT, () => {
  const server = http.createServer((_request, response) => response.end('ok'));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening on a port');
    console.log(`http://127.0.0.1:${address.port}/`);
  });
});
