import { EventEmitter } from 'node:events';
import { context } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { endOf } from './query-events.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Patch = (original: Method) => Method;

/** What it has beside its public methods, of version 0.70. */
interface MySQLInstrumentation extends Instrumentation {
  _patchQuery(connection: object): Patch;
  _patchCallbackQuery(...args: unknown[]): Patch;
}

type MySQLInstrumentationClass = new (config: object) => MySQLInstrumentation;

/** The instrumentation of `mysql`. */
export function containedMysql(Class: MySQLInstrumentationClass): MySQLInstrumentationClass {
  return class extends Class {
    /** The driver gives an error that no query's listener takes to the connection. */
    override _patchQuery(connection: object): Patch {
      const patch = super._patchQuery(connection);
      return (original) => {
        const instrumented = patch(original);
        return function query(this: unknown, ...args: unknown[]): unknown {
          if (args.some((each) => typeof each === 'function')) return instrumented.apply(this, args);
          let result: unknown;
          const shown: Method = (...given) => {
            result = original.apply(connection, given);
            return endOf(result);
          };
          patch(shown).apply(this, args);
          if (result instanceof EventEmitter) context.bind(context.active(), result);
          return result;
        };
      };
    }

    /** The driver calls a callback with the query as `this`. */
    override _patchCallbackQuery(...options: unknown[]): Patch {
      const patch = super._patchCallbackQuery(...options);
      return (callback) =>
        function called(this: unknown, ...told: unknown[]): unknown {
          return patch((...args) => callback.apply(this, args))(...told);
        };
    }
  };
}
