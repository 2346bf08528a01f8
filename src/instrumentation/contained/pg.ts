import { context, type Histogram } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_SYSTEM_NAME,
  ATTR_ERROR_TYPE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  DB_SYSTEM_NAME_VALUE_POSTGRESQL,
  ERROR_TYPE_VALUE_OTHER,
} from '@opentelemetry/semantic-conventions';
import type { CallRules } from '../containment/call-rule.js';
import { overlay } from '../containment/overlay.js';
import { errorTypeOf } from '../durations/call.js';
import { observed, readProperty } from '../observe.js';
import { CONNECT_RULES } from './rules.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Patch = (original: Method) => Method;

/** What it has beside its public methods, of version 0.77. */
interface PgInstrumentation extends Instrumentation {
  _operationDuration: Histogram;
  recordOperationDuration(): void;
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
 * context of the caller: `pg` calls back from where its socket was made. Each query is measured here: the
 * instrumentation leaves out why a promise was rejected, and counts a query twice whose callback is in a reused object.
 */
export function containedPg(Class: PgInstrumentationClass): PgInstrumentationClass {
  return class extends Class {
    override recordOperationDuration(): void {}

    override _getClientQueryPatch(): Patch {
      const patch = super._getClientQueryPatch();
      return (original) => {
        const instrumented = patch(original);
        const durations = (): Histogram => this._operationDuration;
        return function query(this: unknown, ...args: unknown[]): unknown {
          const [first] = args;
          const end = queryTimer(this as PgClient, statementOf(first), durations);
          if (isSubmittable(first)) return submit(this, first, args, original, patch, end);
          const isCalledBack = calledBack(args, end);
          const result = instrumented.apply(this, args);
          return isCalledBack || !(result instanceof Promise) ? result : measuredPromise(result, end);
        };
      };
    }
  };
}

export interface PgClient {
  readonly database: string | undefined;
  readonly connectionParameters: { readonly host: string | undefined; readonly port: number | undefined };
}

/** To be called once, when a query has ended, with the error if it failed. */
export type EndOfQuery = (error?: unknown) => void;

/** Begins to measure a query. */
export function queryTimer(client: PgClient, text: string | undefined, durations: () => Histogram): EndOfQuery {
  const startedAt = performance.now();
  let isEnded = false;
  return (error) => {
    if (isEnded) return;
    isEnded = true;
    const seconds = (performance.now() - startedAt) / 1000;
    observed(() => durations().record(seconds, durationAttributes(client, text, error)));
  };
}

/** A promise that settles as `result` after the query is measured. */
export function measuredPromise(result: Promise<unknown>, end: EndOfQuery): Promise<unknown> {
  return result.then(
    (value) => {
      end();
      return value;
    },
    (error) => {
      end(error ?? ERROR_TYPE_VALUE_OTHER);
      throw error;
    },
  );
}

/** Puts a measured callback, bound to the context of the caller, in the place of the application's; false if there is none. */
function calledBack(args: unknown[], end: EndOfQuery): boolean {
  const last = args.length - 1;
  const measured = (callback: unknown): unknown =>
    context.bind(context.active(), function measuredCallback(this: unknown, ...results: unknown[]): unknown {
      end(results[0]);
      return (callback as Method).apply(this, results);
    });
  if (typeof args[last] === 'function') {
    args[last] = measured(args[last]);
    return true;
  }
  const callback = readProperty(args[0], 'callback');
  if (typeof callback !== 'function') return false;
  // The instrumentation writes the callback that it makes to the object.
  args[0] = overlay(args[0] as { callback: unknown }, { callback: measured(callback) });
  return true;
}

/** Names in the order of the instrumentation. */
function durationAttributes({ database, connectionParameters: { host, port } }: PgClient, text = '', error: unknown) {
  const hasFailed = error !== undefined && error !== null;
  return {
    [ATTR_DB_NAMESPACE]: database,
    ...(hasFailed && { [ATTR_ERROR_TYPE]: errorTypeOf(error) ?? ERROR_TYPE_VALUE_OTHER }),
    [ATTR_SERVER_PORT]: port,
    [ATTR_SERVER_ADDRESS]: host,
    ...(text !== '' && { [ATTR_DB_OPERATION_NAME]: operationOf(text) }),
    [ATTR_DB_SYSTEM_NAME]: DB_SYSTEM_NAME_VALUE_POSTGRESQL,
  };
}

/** Its first word. */
function operationOf(text: string): string {
  const trimmed = text.trim();
  const end = trimmed.indexOf(' ');
  const word = (end === -1 ? trimmed : trimmed.slice(0, end)).toUpperCase();
  return word.endsWith(';') ? word.slice(0, -1) : word;
}

/** Shows the instrumentation a query that answers with a promise; the application gets what `pg` returns. */
function submit(
  client: unknown,
  query: Submittable,
  args: unknown[],
  original: Method,
  patch: Patch,
  end: EndOfQuery,
): unknown {
  let result: unknown;
  const submitted: Method = () => {
    const ended = endOf(query);
    result = original.apply(client, args);
    return ended;
  };
  const shown = { text: statementOf(query) ?? '' };
  const answer = patch(submitted).call(client, shown);
  if (answer instanceof Promise) measuredPromise(answer, end).catch(() => undefined);
  return result;
}

/** The text of a query in any form. */
function statementOf(query: unknown): string | undefined {
  if (typeof query === 'string') return query;
  const text = readProperty(query, 'text') ?? readProperty(readProperty(query, 'cursor'), 'text');
  return typeof text === 'string' ? text : undefined;
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
