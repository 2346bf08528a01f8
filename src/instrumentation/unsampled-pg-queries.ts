import { type Context, context, type Histogram } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { measuredPromise, type PgClient, queryTimer } from './contained/pg.js';
import type { UnsampledContext } from './unsampled-calls.js';

type Method = (this: never, ...args: unknown[]) => unknown;
type Patch = (original: Method) => Method;

/** What it has beside its public methods, of version 0.77. */
interface PgInstrumentation extends Instrumentation {
  _operationDuration: Histogram;
  _getClientQueryPatch(): Patch;
  _getPoolConnectPatch(): Patch;
}

type PgInstrumentationClass = new (config: object) => PgInstrumentation;

/**
 * The instrumentation of `pg`, but queries of unsampled requests go past it: they need no span, only their duration is measured, with the
 * attributes that it gives it. Its own way costs a query from a pool some 20 µs more (Node 24): two spans,
 * two contexts more, a URL to parse.
 */
export function withUnsampledQueries(
  Class: PgInstrumentationClass,
  unsampledContext: UnsampledContext,
): PgInstrumentationClass {
  const { _getClientQueryPatch: ofQuery, _getPoolConnectPatch: ofConnect } = Class.prototype;
  if (typeof ofQuery !== 'function' || typeof ofConnect !== 'function') return Class;
  return class extends Class {
    override _getClientQueryPatch(): Patch {
      const patch = super._getClientQueryPatch();
      return (original) => shortenQuery(original, patch(original), unsampledContext, () => this._operationDuration);
    }

    override _getPoolConnectPatch(): Patch {
      const patch = super._getPoolConnectPatch();
      return (original) => shortenConnect(original, patch(original), unsampledContext);
    }
  };
}

function shortenQuery(
  original: Method,
  instrumented: Method,
  unsampledContext: UnsampledContext,
  durations: () => Histogram,
): Method {
  return function query(this: PgClient, ...args: unknown[]): unknown {
    const text = textOf(args[0]);
    const active = unsampledContext();
    if (text === undefined || active === undefined) return instrumented.apply(this as never, args);
    const end = queryTimer(this, text, durations);
    const last = args.length - 1;
    const callback = args[last];
    if (typeof callback === 'function') {
      args[last] = inContext(active, callback, end);
      return original.apply(this as never, args);
    }
    const result = original.apply(this as never, args);
    return result instanceof Promise ? measuredPromise(result, end) : result;
  } as Method;
}

/** A pool's first goes the long way: with it the instrumentation begins to count the pool's connections. */
function shortenConnect(original: Method, instrumented: Method, unsampledContext: UnsampledContext): Method {
  const counted = new WeakSet<object>();
  return function connect(this: object, ...args: unknown[]): unknown {
    const active = counted.has(this) ? unsampledContext() : undefined;
    counted.add(this);
    if (active === undefined) return instrumented.apply(this as never, args);
    const [callback] = args;
    return original.apply(this as never, typeof callback === 'function' ? [inContext(active, callback)] : args);
  } as Method;
}

/** `pg` calls back from where its socket was made. */
function inContext(active: Context, callback: object, onCall?: (error: unknown) => void) {
  return function (this: unknown, ...results: unknown[]): unknown {
    onCall?.(results[0]);
    return context.with(active, callback as () => unknown, this as never, ...(results as []));
  };
}

/** The statement, of a query that is called back once or answers with a promise; undefined for all others: cursors, streams, and what is no query. */
function textOf(query: unknown): string | undefined {
  if (typeof query === 'string') return query;
  if (typeof query !== 'object' || query === null) return undefined;
  const { text, submit, callback } = query as Record<'text' | 'submit' | 'callback', unknown>;
  return typeof text === 'string' && submit === undefined && callback === undefined ? text : undefined;
}
