import type { Instrumentation } from '@opentelemetry/instrumentation';
import { readProperty } from '../observe.js';
import { endOf } from './query-events.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Patch = (original: Method) => Method;

/** What it has beside its public methods, of version 0.70. */
interface MySQL2Instrumentation extends Instrumentation {
  _patchQuery(...args: unknown[]): Patch;
  _patchCallbackQuery(endSpan: (error?: unknown, results?: unknown) => void): Patch;
}

type MySQL2InstrumentationClass = new (config: object) => MySQL2Instrumentation;

/**
 * The instrumentation of `mysql2`, which also ends the span of a query that tells of itself by events and has values or
 * no rows. The instrumentation's own listener for `error` would keep an error from the application that listens for none.
 */
export function containedMysql2(Class: MySQL2InstrumentationClass): MySQL2InstrumentationClass {
  return class extends Class {
    override _patchQuery(...options: unknown[]): Patch {
      const patch = super._patchQuery(...options);
      return (original) => {
        const instrumented = patch(original);
        return function query(this: unknown, ...args: unknown[]): unknown {
          if (isCalledBack(args)) return instrumented.apply(this, args);
          let result: unknown;
          const shown: Method = () => {
            result = original.apply(this, args);
            return endOf(result);
          };
          patch(shown).call(this, args[0]);
          return result;
        };
      };
    }

    /** The driver calls a callback with the query as `this`. */
    override _patchCallbackQuery(endSpan: (error?: unknown, results?: unknown) => void): Patch {
      return (callback) =>
        function called(this: unknown, ...told: unknown[]): unknown {
          endSpan(told[0], told[1]);
          return callback.apply(this, told);
        };
    }
  };
}

function isCalledBack(args: readonly unknown[]): boolean {
  return args.some((each) => typeof each === 'function') || typeof readProperty(args[0], 'onResult') === 'function';
}
