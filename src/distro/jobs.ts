import { performance } from 'node:perf_hooks';
import { trace } from '@opentelemetry/api';
import type { ErrorReporter } from '../errors/error-reporter.js';
import { Jobs } from '../jobs/jobs.js';
import { JOBS_SCOPE } from '../wire/scopes.js';
import type { Measuring } from './measuring.js';
import { VERSION } from './names.js';
import type { Settings } from './settings.js';

/** Work that no request starts: times each run, makes its span and reports its failure. */
export function createJobs(measuring: Measuring, errors: ErrorReporter, { notices }: Settings): Jobs {
  return new Jobs({
    tracer: () => trace.getTracer(JOBS_SCOPE, VERSION),
    meter: () => measuring.meterProvider().getMeter(JOBS_SCOPE, VERSION),
    capture: (error, mechanism) => void errors.capture(error, { mechanism, handled: true, always: true }),
    describe: (error) => errors.redacted(error),
    now: () => performance.now(),
    onProblem: (text) => notices.say('warn', text),
  });
}
