import type { EventEmitter } from 'node:events';

export type Emit = (this: EventEmitter, event: string | symbol, ...args: unknown[]) => boolean;

/**
 * Replaces the `emit` of a class, that is of its prototype. Undoing it leaves a later replacement by somebody else in place, so what was
 * put in must stand aside by itself then.
 */
export function patchEmit(prototype: EventEmitter, wrap: (original: Emit) => Emit): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, 'emit');
  const patched = wrap(prototype.emit as Emit);
  Object.defineProperty(prototype, 'emit', { value: patched, writable: true, configurable: true, enumerable: true });
  return () => {
    if (prototype.emit !== patched) return;
    if (own) Object.defineProperty(prototype, 'emit', own);
    else Reflect.deleteProperty(prototype, 'emit');
  };
}
