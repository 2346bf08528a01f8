import { isNativeError } from 'node:util/types';
import { diag } from '@opentelemetry/api';

/* What is looked at belongs to the application: getters, proxies and `toString` of its objects may throw. */

let warned = false;

/** What `look` returns; undefined if it throws, which the application must not notice. Says so the first time. */
export function observed<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!warned) {
      warned = true;
      diag.warn(`what a request or a logger did could not be observed: ${nameOfError(error)}`);
    }
    return undefined;
  }
}

/** The property of anything that may have some; undefined if it cannot be read. */
export function readProperty(target: unknown, key: PropertyKey): unknown {
  if ((typeof target !== 'object' && typeof target !== 'function') || target === null) return undefined;
  try {
    return Reflect.get(target, key);
  } catch {
    return undefined;
  }
}

/** Whether `value` is an error, of whatever realm; a proxy that does not say is none. */
export function isError(value: unknown): value is Error {
  if (isNativeError(value)) return true;
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/** The name of an error. Its message may hold the application's data. */
export function nameOfError(error: unknown): string {
  const name = readProperty(error, 'name');
  return typeof name === 'string' ? name.slice(0, 64) : typeof error;
}
