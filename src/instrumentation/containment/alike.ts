import { observed } from '../observe.js';

/** A method, or a class. */
export type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** `method` with the name, the length, the prototype and all other properties of `model`, except `excluded`. */
export function alike<Method extends object>(
  model: Callable,
  method: Method,
  excluded: readonly PropertyKey[] = [],
): Method {
  Object.setPrototypeOf(method, Object.getPrototypeOf(model));
  for (const key of Reflect.ownKeys(model)) {
    const descriptor = excluded.includes(key) ? undefined : Object.getOwnPropertyDescriptor(model, key);
    if (descriptor) observed(() => Object.defineProperty(method, key, descriptor));
  }
  return method;
}
