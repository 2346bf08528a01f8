import { join } from 'node:path';
import { logs, trace } from '@opentelemetry/api';
import type { ErrorReporter } from '../errors/error-reporter.js';
import { captureLogRecord } from '../errors/logger-source.js';
import type { FrameworkHooks } from '../instrumentation/framework-hooks.js';
import { type InstalledInstrumentations, installInstrumentations } from '../instrumentation/install.js';
import type { LambdaHooks } from '../instrumentation/lambda-hooks.js';
import type { Jobs } from '../jobs/jobs.js';
import { knownMethod } from '../requests/method.js';
import { recordOf } from '../requests/request-record.js';
import type { RequestLayer } from '../requests/server-layer.js';
import { UnsampledSpan } from '../requests/unsampled-span.js';
import type { Identity } from '../resource/identity.js';
import { isNotSampledHere } from '../tracing/not-sampled.js';
import type { Measuring } from './measuring.js';
import { once } from './once.js';
import type { Settings } from './settings.js';
import type { Tracing } from './tracing.js';

export interface InstrumentationParts {
  settings: Settings;
  identity: Identity;
  measuring: Measuring;
  tracing: Tracing;
  errors: ErrorReporter;
  jobs: Jobs;
  lambda: LambdaHooks;
  watchServers: ServerWatch;
}

/** What is patched: OpenTelemetry's instrumentations, our own of frameworks and loggers, and the built-in servers. */
export function instrument(parts: InstrumentationParts): InstalledInstrumentations {
  const { settings, identity, measuring, tracing, errors, jobs, lambda, watchServers } = parts;
  const { configuration } = settings.reading;
  return installInstrumentations({
    ...configuration.instrumentations,
    requestPath: configuration.requestPath,
    load: (name) => require(join(__dirname, 'instrumentations', `${name}.cjs`)),
    hooks: frameworkHooks(errors, jobs),
    methodName: knownMethod,
    onBuiltin: watchServers,
    tracerProvider: trace.getTracerProvider(),
    meterProvider: measuring.meterProvider(),
    loggerProvider: logs.getLoggerProvider(),
    ...identity.packageFile,
    ...(identity.platform.name === 'lambda' && { lambda }),
    isUnsampled: (span) => span instanceof UnsampledSpan || (tracing.keepsItsWord && isNotSampledHere(span)),
    onProblem: (text) => settings.notices.say('warn', text),
  });
}

export type ServerWatch = Record<'http' | 'https' | 'http2', () => void>;

/** Watches the servers of a built-in module once the application loads it: loading it earlier would cost every application without a server. */
export function serverWatch(requests: RequestLayer | undefined): ServerWatch {
  const { getBuiltinModule } = process;
  // Once: to ask for the module is to load it, which comes here again.
  const http = once(() => requests?.add({ http: getBuiltinModule('node:http') }));
  return {
    http,
    https: () => {
      http();
      requests?.add({ https: process.getBuiltinModule('node:https') });
    },
    http2: () => {
      http();
      requests?.add({ http2: process.getBuiltinModule('node:http2') });
    },
  };
}

/** What frameworks and loggers tell of requests and errors. */
function frameworkHooks(errors: ErrorReporter, jobs: Jobs): FrameworkHooks {
  return {
    route(req, route) {
      const record = recordOf(req);
      if (record) record.route = route;
    },
    error(req, error, framework) {
      errors.capture(error, { mechanism: framework, handled: true, duringRequest: true, request: recordOf(req) });
    },
    work: (work, run) => jobs.run(work, run),
    logged(record) {
      captureLogRecord(errors, record);
    },
  };
}
