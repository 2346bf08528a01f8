import { InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { jobRun } from '../../jobs/work.js';
import type { FrameworkHooks } from '../framework-hooks.js';
import { readProperty } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { functionName, textOf, workHandler } from './handlers.js';

type Schedule = (this: unknown, expression: unknown, run: unknown, options?: unknown, ...rest: unknown[]) => unknown;

interface NodeCron {
  schedule?: Schedule;
  createTask?: Schedule;
  default?: NodeCron;
}

const VERSIONS = ['>=3.0.0 <5'];

export const NODE_CRON_MODULES = ['node-cron'];

/**
 * Tasks of `node-cron`, which logs what a task throws and goes on. A task is named by its `name` option, its function or its expression.
 * A task that is given as a file runs in a process of its own, which is monitored by itself.
 */
export function patchNodeCron(hooks: FrameworkHooks): Patches {
  const wrap = (original: Schedule): Schedule =>
    function schedule(expression, run, options, ...rest) {
      const name = textOf(readProperty(options, 'name')) ?? functionName(run) ?? String(expression);
      const task = workHandler(hooks, run, () =>
        jobRun(name, 'node-cron', { 'monitoring.job.schedule': String(expression) }),
      );
      return original.call(this, expression, task, options, ...rest);
    };
  return new Patches('node-cron', [
    new InstrumentationNodeModuleDefinition(
      'node-cron',
      VERSIONS,
      (exports: NodeCron) => {
        for (const owner of ownersOf(exports)) {
          wrapMethod(owner, 'schedule', wrap);
          wrapMethod(owner, 'createTask', wrap);
        }
        return exports;
      },
      (exports: NodeCron) => {
        for (const owner of ownersOf(exports)) {
          unwrapMethod(owner, 'schedule');
          unwrapMethod(owner, 'createTask');
        }
      },
    ),
  ]);
}

function ownersOf(exports: NodeCron): NodeCron[] {
  return exports.default ? [exports, exports.default] : [exports];
}
