import { basename } from 'node:path';
import type { Check, Verdict } from './check.js';
import type { CheckContext } from './context.js';
import { describeCounters, isStuck, type Signal, statusOf, totalOf } from './destination-status.js';

/** Whose environment a verdict is about, and whether the running process knows better. */

export const THIS_SHELL = 'this shell';

/** Whose environment the check looks at, in a few words. */
export function judgedBy({ judges, reaches }: Pick<Check, 'judges' | 'reaches'>, context: CheckContext): string {
  switch (judges ?? (reaches === 'offline' ? 'settings' : 'shell')) {
    case 'settings':
      return context.whose;
    case 'files':
      return basename(context.application?.entry ?? 'package.json');
    case 'shell':
      return THIS_SHELL;
  }
}

/** A failure of this shell is information where the running process delivers what it could not deliver if the same were true of it. */
export function overruled(verdict: Verdict, { provenBy }: Pick<Check, 'provenBy'>, context: CheckContext): Verdict {
  const { running, whose } = context;
  if (verdict.state !== 'failed' || running === undefined || provenBy === undefined) return verdict;
  const signals: readonly Signal[] = provenBy === 'any' ? ['metrics', 'logs', 'traces'] : [provenBy];
  const delivering = signals.flatMap((signal) => statusOf(running, signal)).find(delivers);
  if (delivering === undefined) return verdict;
  const { cause: _, remedy: __, ...rest } = verdict;
  const proof = `${delivering.name}: ${describeCounters(delivering.counters)}; ${delivering.queue?.items ?? 0} waiting`;
  return {
    ...rest,
    state: 'info',
    says: `${verdict.says} from ${THIS_SHELL}; ${whose} delivers all the same (${proof})`,
    overruledBy: whose,
  };
}

function delivers(status: ReturnType<typeof statusOf>[number]): boolean {
  return !isStuck(status) && totalOf(status.counters, 'sent') > 0;
}
