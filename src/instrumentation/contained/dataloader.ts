import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Callable } from '../containment/alike.js';
import type { CallRules } from '../containment/call-rule.js';
import { guardedCall } from '../containment/guarded-call.js';

/** What it has beside its public methods, of version 0.41. */
interface DataloaderInstrumentation extends Instrumentation {
  _wrapBatchLoadFn(batchLoadFn: Callable): Callable;
}

type DataloaderInstrumentationClass = new (config: object) => DataloaderInstrumentation;

/** A loader caches the promise of a key. A later `load` of the same key follows that promise. */
export const DATALOADER_RULES: CallRules = { load: { isFollowed: true } };

/** The instrumentation of dataloader, whose wrapper of the batch function `_wrap` does not see. */
export function containedDataloader(Class: DataloaderInstrumentationClass): DataloaderInstrumentationClass {
  return class extends Class {
    override _wrapBatchLoadFn(batchLoadFn: Callable): Callable {
      return guardedCall(batchLoadFn, (followed) => super._wrapBatchLoadFn(followed));
    }
  };
}
