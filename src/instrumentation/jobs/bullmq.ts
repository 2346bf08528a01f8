import { context, isSpanContextValid, propagation, trace } from '@opentelemetry/api';
import { InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { messageProcessing, type Work } from '../../jobs/work.js';
import type { FrameworkHooks } from '../framework-hooks.js';
import { observed, readProperty } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { runAsWork } from './handlers.js';

interface Job {
  readonly id?: string;
  readonly name: string;
  readonly attemptsMade?: number;
  opts: { readonly telemetry?: { readonly metadata?: string } };
}

interface Worker {
  readonly name: string;
}

interface BullMq {
  Job?: { prototype?: { addJob?: (this: Job, ...args: unknown[]) => unknown } };
  Worker?: { prototype?: { callProcessJob?: (this: Worker, job: Job, ...rest: unknown[]) => unknown } };
}

const VERSIONS = ['>=5.0.0 <6'];

export const BULLMQ_MODULES = ['bullmq'];

/**
 * Jobs of BullMQ: a worker marks a job whose processor throws as failed, and goes on. The trace of whoever adds a job goes with the job in
 * the field of BullMQ's own telemetry (`opts.telemetry.metadata`), unless the application uses that.
 */
export function patchBullmq(hooks: FrameworkHooks): Patches {
  return new Patches('bullmq', [
    new InstrumentationNodeModuleDefinition(
      'bullmq',
      VERSIONS,
      (exports: BullMq) => {
        wrapMethod(
          exports.Job?.prototype,
          'addJob',
          (original) =>
            function addJob(...args) {
              observed(() => addTrace(this));
              return original.apply(this, args);
            },
        );
        wrapMethod(
          exports.Worker?.prototype,
          'callProcessJob',
          (original) =>
            function callProcessJob(job, ...rest) {
              return runAsWork(
                hooks,
                () => workOf(this, job),
                () => original.call(this, job, ...rest),
              );
            },
        );
        return exports;
      },
      (exports: BullMq) => {
        unwrapMethod(exports.Job?.prototype, 'addJob');
        unwrapMethod(exports.Worker?.prototype, 'callProcessJob');
      },
    ),
  ]);
}

function addTrace(job: Job): void {
  const span = trace.getActiveSpan();
  if (!span || !isSpanContextValid(span.spanContext()) || job.opts.telemetry?.metadata !== undefined) return;
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  job.opts = { ...job.opts, telemetry: { ...job.opts.telemetry, metadata: JSON.stringify(headers) } };
}

function workOf(worker: Worker, job: Job): Work {
  return messageProcessing({
    system: 'bullmq',
    destination: worker.name,
    mechanism: 'bullmq',
    id: job.id,
    headers: headersOf(job),
    told: { 'monitoring.job.name': job.name, 'monitoring.job.attempt': (job.attemptsMade ?? 0) + 1 },
  });
}

function headersOf(job: Job): Record<string, unknown> | undefined {
  const metadata = readProperty(readProperty(job.opts, 'telemetry'), 'metadata');
  if (typeof metadata !== 'string') return undefined;
  return observed(() => {
    const headers: unknown = JSON.parse(metadata);
    return typeof headers === 'object' && headers !== null ? (headers as Record<string, unknown>) : undefined;
  });
}
