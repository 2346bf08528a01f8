import { InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { jobRun } from '../../jobs/work.js';
import type { FrameworkHooks } from '../framework-hooks.js';
import { observed } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { functionName, textOf, workHandler } from './handlers.js';

interface Cron {
  readonly name?: string | undefined;
  fn?: unknown;
  getPattern?(): string | undefined;
}

interface CronPrototype {
  schedule?: (this: Cron, ...args: unknown[]) => unknown;
}

interface Croner {
  Cron?: { prototype?: CronPrototype };
}

const VERSIONS = ['>=8.0.0 <11'];

export const CRONER_MODULES = ['croner'];

/** Jobs of `croner`, which swallows what a job throws under its option `catch`. A job is named by its `name` option, its function or its pattern. */
export function patchCroner(hooks: FrameworkHooks): Patches {
  return new Patches('croner', [
    new InstrumentationNodeModuleDefinition(
      'croner',
      VERSIONS,
      (exports: Croner) => {
        wrapMethod(
          exports.Cron?.prototype,
          'schedule',
          (original) =>
            function schedule(...args) {
              const result = original.apply(this, args);
              // A timer starts the first run, so the function is replaced in time.
              observed(() => observeJob(this, hooks));
              return result;
            },
        );
        return exports;
      },
      (exports: Croner) => unwrapMethod(exports.Cron?.prototype, 'schedule'),
    ),
  ]);
}

function observeJob(cron: Cron, hooks: FrameworkHooks): void {
  const pattern = cron.getPattern?.();
  const name = textOf(cron.name) ?? functionName(cron.fn) ?? textOf(pattern) ?? 'croner';
  const told = pattern === undefined ? undefined : { 'monitoring.job.schedule': pattern };
  cron.fn = workHandler(hooks, cron.fn, () => jobRun(name, 'croner', told));
}
