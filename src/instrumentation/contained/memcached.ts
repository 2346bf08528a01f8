import type { Span } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { Callable } from '../containment/alike.js';

type Compile = (this: unknown, ...args: unknown[]) => { callback?: unknown };

/** What it has beside its public methods, of version 0.67. */
interface MemcachedInstrumentation extends Instrumentation {
  wrapQueryCompiler(
    original: Callable,
    client: unknown,
    server: unknown,
    callbackContext: unknown,
    span: Span,
  ): Callable;
}

type MemcachedInstrumentationClass = new (config: object) => MemcachedInstrumentation;

/** The instrumentation of memcached, which gives no callback to a query without one: memcached refuses such a query. */
export function containedMemcached(Class: MemcachedInstrumentationClass): MemcachedInstrumentationClass {
  return class extends Class {
    override wrapQueryCompiler(
      ...[original, client, server, callbackContext, span]: Parameters<MemcachedInstrumentation['wrapQueryCompiler']>
    ): Callable {
      const wrap = super.wrapQueryCompiler.bind(this);
      return function compile(this: unknown, ...args: unknown[]) {
        const query = (original as Compile).apply(this, args);
        if (typeof query.callback === 'function') return wrap(() => query, client, server, callbackContext, span)();
        span.end();
        return query;
      };
    }
  };
}
