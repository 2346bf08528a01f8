/** Records that the application logs at error level, whatever the logger. */

import { isErrorLike, isObject, readProperty } from '../redaction/safe-read.js';
import type { LoggedRecord } from '../wire/logged-record.js';
import type { CapturesErrors, Severity } from './captured.js';
import { Occurrence } from './describe.js';

const ERROR_LEVEL = 50;
const FATAL_LEVEL = 60;
/** Fields in which the three loggers and their users put an error. */
const ERROR_FIELDS = ['err', 'error', 'exception', 'e', 'cause'];
const LEVELS: Record<string, Severity> = {
  error: 'error',
  err: 'error',
  crit: 'fatal',
  critical: 'fatal',
  fatal: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
};

/** Reports a record at error level or above, as its error when it has one. True: a new event was emitted. */
export function captureLogRecord(reporter: CapturesErrors, record: LoggedRecord): boolean {
  const severity = severityOf(record.level);
  if (severity === undefined) return false;
  const error = errorOf(record);
  const context = contextOf(record, error);
  const thrown = error ?? new Occurrence(`${record.logger}.${severity}`, record.message);
  return reporter.capture(thrown, { mechanism: record.logger, handled: true, severity, context });
}

/** Undefined below error level. */
export function severityOf(level: string | number): Severity | undefined {
  if (typeof level === 'string') return LEVELS[level.toLowerCase()];
  if (level >= FATAL_LEVEL) return 'fatal';
  return level >= ERROR_LEVEL ? 'error' : undefined;
}

function errorOf({ error, fields }: LoggedRecord): unknown {
  if (isErrorLike(error)) return error;
  if (!isObject(fields)) return undefined;
  if (isErrorLike(fields)) return fields;
  return ERROR_FIELDS.map((field) => readProperty(fields, field)).find(isErrorLike);
}

function contextOf(record: LoggedRecord, error: unknown): Record<string, unknown> | undefined {
  const context: Record<string, unknown> = {};
  if (error !== undefined && record.message !== '') context['log.message'] = record.message;
  if (isObject(record.fields) && record.fields !== error) copyFields(record.fields, error, context);
  return Object.keys(context).length === 0 ? undefined : context;
}

function copyFields(fields: Record<string, unknown>, error: unknown, context: Record<string, unknown>): void {
  try {
    for (const key of Object.keys(fields)) {
      const value = readProperty(fields, key);
      if (value !== error) context[key] = value;
    }
  } catch {
    context['log.fields'] = '[unreadable]';
  }
}
