import type { EventEmitter } from 'node:events';

export type Emit = (this: EventEmitter, event: string | symbol, ...args: unknown[]) => boolean;

/** Whose `emit` is the one that was replaced. */
export interface Replaced {
  readonly emit: Emit;
}

/**
 * Replaces the `emit` of a class, that is of its prototype. One that the class inherits is looked up anew for each event: `node:domain` puts
 * its own into `EventEmitter` when it is loaded, and without that, what listeners throw would end the process instead of reaching their domain.
 *
 * Undoing it leaves a later replacement by somebody else in place, so what was put in must stand aside by itself then.
 */
export function patchEmit(prototype: EventEmitter, wrap: (replaced: Replaced) => Emit): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, 'emit');
  const replaced: Replaced = own ? { emit: prototype.emit } : Object.getPrototypeOf(prototype);
  const patched = wrap(replaced);
  Object.defineProperty(prototype, 'emit', { value: patched, writable: true, configurable: true, enumerable: true });
  return () => {
    if (prototype.emit !== patched) return;
    if (own) Object.defineProperty(prototype, 'emit', own);
    else Reflect.deleteProperty(prototype, 'emit');
  };
}
