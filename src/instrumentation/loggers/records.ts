import type { LoggedRecord } from '../../wire/logged-record.js';
import { isError, readProperty } from '../observe.js';

/** What a logger was given: a message that is none yet where it is taken from the error or the fields. */
export type ReportRecord = (record: Omit<LoggedRecord, 'message'> & { message: unknown }) => void;

/** The levels of pino and bunyan. */
export const ERROR_LEVEL = 50;
export const FATAL_LEVEL = 60;

/** The first argument of a log call: an error, or fields to log. */
export function fieldsOf(given: unknown): { error?: unknown; fields?: Record<string, unknown> } {
  if (isError(given)) return { error: given };
  return typeof given === 'object' && given !== null ? { fields: given as Record<string, unknown> } : {};
}

/** The errors that loggers carry since `child({ err })`. The library keeps them as text. */
export class BoundErrors {
  readonly #errors = new WeakMap<object, Record<string, unknown>>();

  /** To be called with what `parent.child(bindings)` returned. */
  bind(child: object, bindings: unknown, parent: object): void {
    const errors: Record<string, unknown> = { ...this.#errors.get(parent) };
    if (typeof bindings === 'object' && bindings !== null) {
      for (const key of Object.keys(bindings)) {
        const value = readProperty(bindings, key);
        if (isError(value)) errors[key] = value;
      }
    }
    if (Object.keys(errors).length > 0) this.#errors.set(child, errors);
  }

  /** The fields of a record of `logger`, with the errors that are bound to it. */
  with(logger: object, given: ReturnType<typeof fieldsOf>): ReturnType<typeof fieldsOf> {
    const errors = this.#errors.get(logger);
    if (errors === undefined || given.error !== undefined) return given;
    return { fields: { ...errors, ...given.fields } };
  }
}

/** Completes records with the message that their error or fields carry. */
export function reportRecords(logged: (record: LoggedRecord) => void): ReportRecord {
  return ({ message, ...record }) => logged({ ...record, message: textOf(message, record) });
}

function textOf(message: unknown, { error, fields }: { error?: unknown; fields?: unknown }): string {
  if (typeof message === 'string' && message !== '') return message;
  const carried = [message, error, fields].map((each) => readProperty(each, 'message') ?? readProperty(each, 'msg'));
  const text = carried.find((each) => typeof each === 'string');
  return typeof text === 'string' ? text : '';
}
