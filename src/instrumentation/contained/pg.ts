import { context } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { CallRules } from '../containment/call-rule.js';
import { CONNECT_RULES } from './rules.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Patch = (original: Method) => Method;

/** What it has beside its public methods, of version 0.77. */
interface PgInstrumentation extends Instrumentation {
  _getClientQueryPatch(): Patch;
}

type PgInstrumentationClass = new (config: object) => PgInstrumentation;

/** A query object that `pg` runs by its own methods: `pg.Query`, a cursor, a query stream. */
interface Submittable {
  submit(connection: unknown): void;
  readonly text?: unknown;
  readonly cursor?: { readonly text?: unknown };
  handleReadyForQuery(...args: unknown[]): unknown;
  handleError(...args: unknown[]): unknown;
}

export const PG_RULES: CallRules = CONNECT_RULES;

/**
 * The instrumentation of `pg`, which also ends the span of a query that brings its own methods, and calls back in the
 * context of the caller: `pg` calls back from where its socket was made.
 */
export function containedPg(Class: PgInstrumentationClass): PgInstrumentationClass {
  return class extends Class {
    override _getClientQueryPatch(): Patch {
      const patch = super._getClientQueryPatch();
      return (original) => {
        const instrumented = patch(original);
        return function query(this: unknown, ...args: unknown[]): unknown {
          const [first] = args;
          if (isSubmittable(first)) return submit(this, first, args, original, patch);
          const last = args.length - 1;
          const callback = args[last];
          if (typeof callback === 'function') args[last] = context.bind(context.active(), callback);
          return instrumented.apply(this, args);
        };
      };
    }
  };
}

/** Shows the instrumentation a query that answers with a promise; the application gets what `pg` returns. */
function submit(client: unknown, query: Submittable, args: unknown[], original: Method, patch: Patch): unknown {
  let result: unknown;
  const submitted: Method = () => {
    const ended = endOf(query);
    result = original.apply(client, args);
    return ended;
  };
  const shown = { text: textOf(query) };
  const answer = patch(submitted).call(client, shown);
  if (answer instanceof Promise) answer.catch(() => undefined);
  return result;
}

function textOf({ text, cursor }: Submittable): string {
  const found = text ?? cursor?.text;
  return typeof found === 'string' ? found : '';
}

/** Settles when the server is ready for the next query: the connection calls these methods of what it runs. */
function endOf(query: Submittable): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { handleReadyForQuery, handleError } = query;
    query.handleReadyForQuery = function ready(...args) {
      resolve(undefined);
      return handleReadyForQuery.apply(this, args);
    };
    query.handleError = function failed(...args) {
      reject(args[0]);
      return handleError.apply(this, args);
    };
  });
}

function isSubmittable(query: unknown): query is Submittable {
  if (typeof query !== 'object' || query === null) return false;
  const { submit, handleReadyForQuery, handleError } = query as Partial<Submittable>;
  return [submit, handleReadyForQuery, handleError].every((method) => typeof method === 'function');
}
