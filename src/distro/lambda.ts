import { performance } from 'node:perf_hooks';
import { type Context, propagation, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Configuration } from '../config/configuration.js';
import { type Environment, lambdaTraceHeader } from '../config/environment.js';
import type { ErrorReporter } from '../errors/error-reporter.js';
import type { LambdaHooks } from '../instrumentation/lambda-hooks.js';
import { Invocations } from '../jobs/invocations.js';
import { JOBS_SCOPE } from '../wire/scopes.js';
import type { Measuring } from './measuring.js';
import { VERSION } from './names.js';

export interface LambdaParts {
  environment: Environment;
  configuration: Pick<Configuration, 'lambdaFlushTimeout'>;
  measuring: Measuring;
  errors: ErrorReporter;
  flush: (timeout: number) => Promise<boolean>;
}

/** What the instrumentation of a Lambda function's handler asks and tells. */
export function createLambda({ environment, configuration, measuring, errors, flush }: LambdaParts): LambdaHooks {
  const invocations = new Invocations({
    meter: () => measuring.meterProvider().getMeter(JOBS_SCOPE, VERSION),
    capture: (error) => void errors.capture(error, { mechanism: 'aws-lambda', handled: true, always: true }),
    now: () => performance.now(),
    processStart: 0,
    isProvisioned: environment.AWS_LAMBDA_INITIALIZATION_TYPE === 'provisioned-concurrency',
  });
  return {
    parent: parentOf,
    begins: (span) => invocations.begin(span),
    ends: (span, error) => invocations.end(span, error),
    flush: async () => void (await flush(configuration.lambdaFlushTimeout)),
  };
}

/** Lambda's own trace, which it names in the environment anew for each invocation; without it, what the event's headers say. */
function parentOf(headers: Readonly<Record<string, unknown>>): Context {
  const traceHeader = lambdaTraceHeader();
  return propagation.extract(ROOT_CONTEXT, traceHeader === undefined ? headers : { 'x-amzn-trace-id': traceHeader });
}
