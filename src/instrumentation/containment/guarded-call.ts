import { type Context, context } from '@opentelemetry/api';
import { observed } from '../observe.js';
import { alike, type Callable } from './alike.js';
import type { CallRule } from './call-rule.js';

/** One call: what became of the original method while the instrumentation ran. */
interface Call {
  readonly self: unknown;
  readonly args: readonly unknown[];
  /** The context of the caller, where the original method has to run in that. */
  readonly context: Context | undefined;
  outcome: 'none' | 'returned' | 'threw';
  /** What the original method returned or threw. */
  value: unknown;
}

const NO_RULE: CallRule = {};

/** What instrumentations are given in place of an original method. */
const followers = new WeakSet<object>();

/** Whether `method` is what a guard gives to an instrumentation: what is made of it is guarded already. */
export function isGuarded(method: Callable): boolean {
  return followers.has(method);
}

/**
 * The method that replaces `original`: what `instrument` makes of `original`, guarded. If the instrumentation throws
 * before it has called the original method, the original method is called with the application's arguments. If the
 * instrumentation throws later, or its promise rejects where the original's does not, the application gets what the
 * original method returned. What the original method throws reaches the application.
 */
export function guardedCall(
  original: Callable,
  instrument: (original: Callable) => unknown,
  rule: CallRule = NO_RULE,
  onFailure: (error: unknown) => void = () => undefined,
): Callable {
  /** The innermost call that runs. */
  let current: Call | undefined;

  const followed = alike(original, function followed(this: unknown, ...args: unknown[]): unknown {
    const call = current;
    // An instrumentation that wraps a callback calls it without `this`.
    const make = (): unknown => invoke(original, this ?? call?.self, args, new.target, followed);
    if (call === undefined) return make();
    if (rule.forward) observed(() => rule.forward?.(args, call.args));
    try {
      call.value = call.context === undefined ? make() : context.with(call.context, make);
      call.outcome = 'returned';
    } catch (error) {
      call.value = error;
      call.outcome = 'threw';
      throw error;
    }
    if (!rule.observe) return call.value;
    const { value } = call;
    return observed(() => rule.observe?.(value)) ?? value;
  });

  followers.add(followed);
  const instrumented = instrument(followed);
  if (typeof instrumented !== 'function') return original;

  const guarded = standIn(
    original,
    instrumented as Callable,
    function guarded(this: unknown, ...args: unknown[]): unknown {
      if (rule.passes && observed(() => rule.passes?.(this, args)) === true) {
        return invoke(original, this, args, new.target, guarded);
      }
      const call: Call = {
        self: this,
        args,
        context: rule.inCallerContext ? context.active() : undefined,
        outcome: 'none',
        value: undefined,
      };
      const restore = rule.restore && observed(() => rule.restore?.(args));
      const outer = current;
      current = call;
      let answer: unknown;
      try {
        answer = invoke(instrumented as Callable, this, argumentsFor(rule, args), new.target, guarded);
      } catch (error) {
        if (call.outcome === 'threw') throw call.value;
        onFailure(error);
        return call.outcome === 'returned' ? call.value : invoke(original, this, args, new.target, guarded);
      } finally {
        current = outer;
        restore?.();
      }
      if (call.outcome === 'none') return answer;
      if (call.outcome === 'threw') {
        ignoreRejection(answer);
        throw call.value;
      }
      if (rule.observe) return call.value;
      if (typeof call.value === 'function' && typeof answer === 'function')
        return alike(call.value as Callable, answer);
      return settledAs(call.value, answer, onFailure, rule);
    },
  );
  return guarded;
}

/** `method` with the properties of both; the name and the length are those of the original. */
function standIn<Method extends Callable>(original: Callable, instrumented: Callable, method: Method): Method {
  alike(original, method);
  return alike(instrumented, method, ['name', 'length']);
}

function argumentsFor(rule: CallRule, args: unknown[]): readonly unknown[] {
  const given = rule.copy ? [...rule.copy(args)] : args;
  if (!rule.inCallerContext) return given;
  const last = given.length - 1;
  const callback = given[last];
  if (typeof callback !== 'function') return given;
  return given.with(last, context.bind(context.active(), callback));
}

/**
 * The application's promise, where both are promises of JavaScript's own: a new one, so that a rejection that only the
 * instrumentation handles stays unhandled, and settled as `result` where the instrumentation's `answer` is not.
 */
function settledAs(result: unknown, answer: unknown, onFailure: (error: unknown) => void, rule: CallRule): unknown {
  if (!isPlainPromise(result) || !isPlainPromise(answer)) return answer;
  if (result === answer) return result.then();
  const then = result.then.bind(result);
  const given = answer.then(undefined, (error) =>
    then((value) => {
      onFailure(error);
      return value;
    }),
  );
  if (rule.isFollowed) handleWith(result, given);
  return given;
}

/** Once the library follows `result`, a rejection of `given` is handled, as that of `result` is. */
function handleWith(result: Promise<unknown>, given: Promise<unknown>): void {
  const then = result.then.bind(result);
  const value: typeof then = (...handlers) => {
    ignoreRejection(given);
    return then(...handlers);
  };
  Object.defineProperty(result, 'then', { configurable: true, value });
}

function isPlainPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && value.constructor === Promise && Object.keys(value).length === 0;
}

/** The application is told of what was thrown, not of the same as a rejection. */
function ignoreRejection(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => undefined);
}

function invoke(method: Callable, self: unknown, args: readonly unknown[], newTarget: unknown, own: unknown): unknown {
  if (newTarget === undefined) return Reflect.apply(method, self, args);
  const target = newTarget === own ? method : newTarget;
  return Reflect.construct(method, args, target as new () => unknown);
}
