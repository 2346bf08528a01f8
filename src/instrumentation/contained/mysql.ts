import type { Instrumentation } from '@opentelemetry/instrumentation';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Patch = (original: Method) => Method;

/** What it has beside its public methods, of version 0.70. */
interface MySQLInstrumentation extends Instrumentation {
  _patchCallbackQuery(...args: unknown[]): Patch;
}

type MySQLInstrumentationClass = new (config: object) => MySQLInstrumentation;

/** The instrumentation of `mysql`. The driver calls a callback with the query as `this`. */
export function containedMysql(Class: MySQLInstrumentationClass): MySQLInstrumentationClass {
  return class extends Class {
    override _patchCallbackQuery(...options: unknown[]): Patch {
      const patch = super._patchCallbackQuery(...options);
      return (callback) =>
        function called(this: unknown, ...told: unknown[]): unknown {
          return patch((...args) => callback.apply(this, args))(...told);
        };
    }
  };
}
