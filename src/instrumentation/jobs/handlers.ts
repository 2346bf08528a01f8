import type { Work } from '../../jobs/work.js';
import type { FrameworkHooks } from '../framework-hooks.js';
import { observed } from '../observe.js';

// The application's: it takes what its library gives.
// biome-ignore lint/suspicious/noExplicitAny: any arguments, any result.
type Handler = (this: any, ...args: any[]) => any;

const wrappers = new WeakSet<Handler>();

/** Calls `run` as work. What `describe` throws, or undefined, leaves the call unmeasured. */
export function runAsWork<T>(hooks: FrameworkHooks, describe: () => Work | undefined, run: () => T): T {
  const work = observed(describe);
  return work && hooks.work ? hooks.work(work, run) : run();
}

/**
 * `handler` as a function that runs as work, with the properties of `handler`; `handler` itself where it is no function or runs as work
 * already.
 * @param describe the work of a call with these arguments; undefined, or what it throws, leaves the call unmeasured
 */
export function workHandler<T>(hooks: FrameworkHooks, handler: T, describe: (...args: never[]) => Work | undefined): T {
  if (typeof handler !== 'function' || wrappers.has(handler as unknown as Handler)) return handler;
  const inner = handler as unknown as Handler;
  const outer: Handler = function (...args) {
    return runAsWork(
      hooks,
      () => describe(...(args as never[])),
      () => inner.apply(this, args),
    );
  };
  wrappers.add(outer);
  return observed(() => Object.defineProperties(outer, Object.getOwnPropertyDescriptors(inner)) as T) ?? handler;
}

/** The name of a function that its author has named. */
export function functionName(value: unknown): string | undefined {
  return typeof value === 'function' && typeof value.name === 'string' && value.name !== '' ? value.name : undefined;
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
