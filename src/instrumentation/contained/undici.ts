import type { Instrumentation } from '@opentelemetry/instrumentation';
import { observed } from '../observe.js';

type Listener = (message: unknown) => void;

interface UndiciInstrumentation extends Instrumentation {
  subscribeToChannel(channel: string, onMessage: Listener): void;
}

type UndiciInstrumentationClass = new (config: object) => UndiciInstrumentation;

/**
 * The instrumentation of undici, contained. Node makes an uncaught exception of what a listener of a diagnostics
 * channel throws.
 */
export function containedUndici(Class: UndiciInstrumentationClass): UndiciInstrumentationClass {
  return class extends Class {
    override subscribeToChannel(channel: string, onMessage: Listener): void {
      super.subscribeToChannel(channel, (message) => observed(() => onMessage(message)));
    }
  };
}
