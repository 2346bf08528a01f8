import { types } from 'node:util';

/** Reading objects that nobody vouches for: getters, proxies and prototypes of the application may throw. */

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** The property's value; undefined when reading it throws. */
export function readProperty(target: object, key: PropertyKey): unknown {
  try {
    // `Reflect.get` looks the property up anew each time; this remembers where it was.
    return (target as Record<PropertyKey, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** The property's value when it is a string. */
export function readString(target: object, key: PropertyKey): string | undefined {
  const value = readProperty(target, key);
  return typeof value === 'string' ? value : undefined;
}

/** The value when it is an array that can be read. */
export function asArray(value: unknown): readonly unknown[] | undefined {
  try {
    return Array.isArray(value) && value.length >= 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `instanceof` that takes a throwing trap for a no. */
export function isInstance(value: object, type: abstract new (...args: never[]) => object): boolean {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Whether `value` is an error of this or another realm, or a serialised copy that has message and stack. */
export function isErrorLike(value: unknown): value is object {
  if (!isObject(value)) return false;
  if (isInstance(value, Error) || types.isNativeError(value)) return true;
  return readString(value, 'stack') !== undefined && readString(value, 'message') !== undefined;
}
