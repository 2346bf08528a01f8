/**
 * Stands for `source` and keeps what is written to it: `source` stays as it is, frozen or not. Reads that find nothing
 * written go to `source` itself, so that its getters and private fields work.
 */
export function overlay<T extends object>(source: T, written: Partial<T> = {}): T {
  const own: Record<PropertyKey, unknown> = Object.create(null);
  Object.assign(own, written);
  const removed = new Set<PropertyKey>();
  const isOwn = (key: PropertyKey): boolean => Object.hasOwn(own, key);
  const view: ProxyHandler<Record<PropertyKey, unknown>> = {
    get: (_, key) => (isOwn(key) ? own[key] : removed.has(key) ? undefined : Reflect.get(source, key, source)),
    has: (_, key) => isOwn(key) || (!removed.has(key) && Reflect.has(source, key)),
    set: (_, key, value) => {
      removed.delete(key);
      return Reflect.set(own, key, value);
    },
    deleteProperty: (_, key) => {
      removed.add(key);
      return Reflect.deleteProperty(own, key);
    },
    ownKeys: () => [
      ...new Set([...Reflect.ownKeys(source).filter((key) => !removed.has(key)), ...Reflect.ownKeys(own)]),
    ],
    getOwnPropertyDescriptor: (_, key) => {
      if (isOwn(key)) return Reflect.getOwnPropertyDescriptor(own, key);
      const found = removed.has(key) ? undefined : Reflect.getOwnPropertyDescriptor(source, key);
      // `own` has no such property: a proxy may then report a configurable one only.
      return found && { ...found, configurable: true };
    },
    getPrototypeOf: () => Reflect.getPrototypeOf(source),
  };
  return new Proxy(own, view) as T;
}

/** An overlay of an object; anything else as it is. */
export function overlayIfObject<T>(value: T, written: object = {}): T {
  return typeof value === 'object' && value !== null ? (overlay(value, written) as T) : value;
}
