import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Callable } from '../containment/alike.js';
import type { CallRule } from '../containment/call-rule.js';
import { guardedCall, isGuarded } from '../containment/guarded-call.js';
import { KAFKAJS_RULES } from './messages.js';

type Patch = (original: Callable) => Callable;

interface KafkaJsInstrumentation extends Instrumentation {
  _getSendPatch(): Patch;
  _getSendBatchPatch(): Patch;
}

type KafkaJsInstrumentationClass = new (config: object) => KafkaJsInstrumentation;

/** The instrumentation of kafkajs 0.33, contained: it replaces the methods of a transaction itself, past the guard. */
export function containedKafkaJs(Class: KafkaJsInstrumentationClass): KafkaJsInstrumentationClass {
  return class extends Class {
    override _getSendPatch(): Patch {
      return guarding(super._getSendPatch(), KAFKAJS_RULES.send);
    }

    override _getSendBatchPatch(): Patch {
      return guarding(super._getSendBatchPatch(), KAFKAJS_RULES.sendBatch);
    }
  };
}

/** The patch, guarded where the method is not: a producer's own methods are. */
function guarding(patch: Patch, rule: CallRule | undefined): Patch {
  return (original) => (isGuarded(original) ? patch(original) : guardedCall(original, patch, rule));
}
