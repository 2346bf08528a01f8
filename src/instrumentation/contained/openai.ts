import type { CallRule, CallRules } from '../containment/call-rule.js';

/* https://github.com/open-telemetry/opentelemetry-js-contrib/issues/3586 */

/**
 * Parts of openai's `APIPromise`, alike in versions 4.19 to 7. `then` and its kin call `parse`; `_thenUnwrap` makes the
 * promise of a helper, such as `completions.parse`, which reads the response instead.
 */
interface ApiPromise {
  parse(): Promise<unknown>;
  _thenUnwrap(transform: unknown): unknown;
}

/**
 * The instrumentation awaits the promise that `create` returns. That reads the response's body, which can be read
 * once, and handles a rejection that the application may not handle. So the instrumentation gets a promise of its own,
 * which settles once the application reads the response.
 */
const create: CallRule = { observe: (result) => (isApiPromise(result) ? observer(result) : result) };

export const OPENAI_RULES: CallRules = { create };

function isApiPromise(value: unknown): value is ApiPromise {
  const { parse, _thenUnwrap } = (value ?? {}) as Partial<ApiPromise>;
  return typeof parse === 'function' && typeof _thenUnwrap === 'function';
}

function observer(promise: ApiPromise): Promise<unknown> {
  const observed = new Promise((resolve, reject) => observe(promise, resolve, reject));
  // The instrumentation may take no notice of it.
  observed.catch(() => undefined);
  return observed;
}

/** Tells of the response once, as it is read: by `promise` itself or by what is derived from it. */
function observe(promise: ApiPromise, onValue: (value: unknown) => void, onError: (error: unknown) => void): void {
  const { parse, _thenUnwrap: derive } = promise;
  let parsed: Promise<unknown> | undefined;
  promise.parse = () => {
    parsed ??= parse.call(promise).then(
      (value) => {
        onValue(value);
        return value;
      },
      (error) => {
        onError(error);
        throw error;
      },
    );
    return parsed;
  };
  promise._thenUnwrap = (transform) => {
    const derived = derive.call(promise, transform);
    if (isApiPromise(derived)) observe(derived, onValue, onError);
    return derived;
  };
}
