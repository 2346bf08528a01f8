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
