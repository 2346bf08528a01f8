import { trace } from '@opentelemetry/api';
import type { ErrorReporter } from '../errors/error-reporter.js';
import { captureServerFault } from '../errors/server-fault.js';
import type { HostMetrics } from '../host/host-metrics.js';
import type { Redactor } from '../redaction/redactor.js';
import { requestSpanBytes } from '../requests/request-span-bytes.js';
import { installRequestLayer, type RequestLayer } from '../requests/server-layer.js';
import { withDecision } from '../tracing/decided-sampler.js';
import { rootTraceId } from '../tracing/xray-propagator.js';
import { REQUESTS_SCOPE } from '../wire/scopes.js';
import type { Measuring } from './measuring.js';
import { VERSION } from './names.js';
import type { Tracing } from './tracing.js';

export interface RequestParts {
  measuring: Measuring;
  tracing: Tracing;
  host: () => HostMetrics;
  errors: ErrorReporter;
  redactor: Redactor;
}

/** The server layer: decides on each request, times it, and makes its span. */
export function installRequests({ measuring, tracing, host, errors, redactor }: RequestParts): RequestLayer {
  return installRequestLayer({
    modules: {},
    tracer: () => trace.getTracer(REQUESTS_SCOPE, VERSION),
    onSampled: (span, decision) => tracing.budget?.requestStarted(span, decision),
    onRequestSpan(span, decision) {
      tracing.spans.takeRequest(span);
      tracing.budget?.requestEnded(decision, requestSpanBytes(span));
    },
    sampler: tracing.sampler,
    // Rules come and go while the application runs.
    get samplerReadsAttributes() {
      return tracing.xray?.readsAttributes ?? false;
    },
    withDecision,
    idGenerator: tracing.idGenerator,
    propagator: tracing.propagator,
    rootTraceId,
    aggregate: measuring.aggregate,
    get readings() {
      return host().readings;
    },
    describeError: (error) => errors.redacted(error),
    redactQuery: (query) => redactor.query(query),
    onServerFault: (record) => captureServerFault(errors, record),
    onErrorAnswered: (record) => errors.answered(record),
  });
}
