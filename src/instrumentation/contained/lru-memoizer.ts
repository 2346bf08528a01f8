import type { Instrumentation, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import type { Callable } from '../containment/alike.js';
import { guardedCall } from '../containment/guarded-call.js';

interface LruMemoizerInstrumentation extends Instrumentation {
  init(): InstrumentationNodeModuleDefinition[];
}

type LruMemoizerInstrumentationClass = new (config: object) => LruMemoizerInstrumentation;

/**
 * The instrumentation of lru-memoizer. It replaces the function that the module exports, and what that function returns:
 * a memoized function with methods (`del`, `keys`, `reset`).
 */
export function containedLruMemoizer(Class: LruMemoizerInstrumentationClass): LruMemoizerInstrumentationClass {
  return class extends Class {
    override init(): InstrumentationNodeModuleDefinition[] {
      const definitions = super.init();
      for (const definition of definitions) {
        const { patch } = definition;
        if (patch)
          definition.patch = (exports: Callable, version) =>
            guardedCall(exports, (followed) => patch(followed, version));
      }
      return definitions;
    }
  };
}
