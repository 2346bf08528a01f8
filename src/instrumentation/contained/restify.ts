import type { Instrumentation } from '@opentelemetry/instrumentation';
import { alike, type Callable } from '../containment/alike.js';

/** What it has beside its public methods, of version 0.69. */
interface RestifyInstrumentation extends Instrumentation {
  _handlerPatcher(metadata: unknown, handler: unknown): unknown;
}

type RestifyInstrumentationClass = new (config: object) => RestifyInstrumentation;

/**
 * The instrumentation of restify. restify tells an async handler by its class and its length, so the handler that stands
 * for one of the application has both.
 */
export function containedRestify(Class: RestifyInstrumentationClass): RestifyInstrumentationClass {
  return class extends Class {
    override _handlerPatcher(metadata: unknown, handler: unknown): unknown {
      const patched = super._handlerPatcher(metadata, handler);
      if (typeof handler !== 'function' || typeof patched !== 'function' || patched === handler) return patched;
      return alike(handler as Callable, patched);
    }
  };
}
