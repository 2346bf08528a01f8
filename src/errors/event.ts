/** One error event, and the log record that carries it. */

import {
  type Attributes,
  type Context,
  type LogRecord,
  ROOT_CONTEXT,
  SeverityNumber,
  type SpanContext,
  trace,
} from '@opentelemetry/api';
import type { Severity } from './captured.js';

export interface EventRequest {
  method: string;
  route: string | undefined;
  path: string;
  statusCode: number | undefined;
  userAgent: string | undefined;
  requestId: string | undefined;
}

/** An error that an error carries. */
export interface EventCause {
  /** How one gets there from the error: `cause`, `errors[0].cause`. */
  path: string;
  type: string;
  message: string;
  code: string | undefined;
  stacktrace: string | undefined;
}

export interface EventProcess {
  /** As in `process.versions.node`. */
  runtimeVersion: string;
  /** Seconds. */
  uptime: number | undefined;
  /** Resident set, bytes. */
  memoryUsage: number | undefined;
  /** Bytes. */
  heapUsed: number | undefined;
}

/** Every text in it is redacted and bounded. */
export interface ErrorEvent {
  /** Epoch milliseconds. */
  timestamp: number;
  severity: Severity;
  type: string;
  message: string;
  code: string | undefined;
  stacktrace: string | undefined;
  causes: readonly EventCause[];
  /** Whether `causes` is not all of them. */
  causesTruncated: boolean;
  /** 16 hex digits; equal for errors of one kind. */
  fingerprint: string;
  mechanism: string;
  handled: boolean;
  /** How many of this kind were not sent since the one before. */
  suppressed: number;
  request: EventRequest | undefined;
  /** The job or message that it happened in, by the names of semantic conventions. */
  work: Attributes | undefined;
  spanContext: SpanContext | undefined;
  process: EventProcess;
  context: unknown;
}

/** What is told of a kind of errors where no single one is. */
export interface KindName {
  type: string;
  message: string;
  /** 16 hex digits. */
  fingerprint: string;
}

/** Says how many events of a kind were not sent, when no further one came to say it. */
export interface SummaryEvent {
  timestamp: number;
  /** Undefined: several kinds. */
  kind: KindName | undefined;
  suppressed: number;
  /** Epoch milliseconds of the first one. */
  since: number;
}

/** The attribute with the id of an event: two events with one id are one that was delivered twice (semantic conventions). */
const ID = 'log.record.uid';

/** One occurrence of an error. */
export const EXCEPTION = 'exception';
/** A count of occurrences that were not sent one by one; occurrences are events plus the sum of `error.suppressed`. */
export const EXCEPTION_SUMMARY = 'exception.summary';
/** The death of the process of an error that was told, or at least counted, before. */
export const PROCESS_FATAL = 'process.fatal';

const SEVERITIES: Record<Severity, { number: SeverityNumber; text: string }> = {
  warn: { number: SeverityNumber.WARN, text: 'WARN' },
  error: { number: SeverityNumber.ERROR, text: 'ERROR' },
  fatal: { number: SeverityNumber.FATAL, text: 'FATAL' },
};

/**
 * Attributes in the order in which CloudWatch indexes them: what identifies the error before its stack.
 * Keys are flat and dotted; `exception.cause` is a list of maps, `error.context` a map.
 * @param id of no other event
 */
export function toLogRecord(event: ErrorEvent, id: string, eventName = EXCEPTION): LogRecord {
  return record(eventName, event, event.message === '' ? event.type : event.message, {
    'exception.type': event.type,
    'exception.message': event.message,
    'exception.code': event.code,
    'error.fingerprint': event.fingerprint,
    'error.mechanism': event.mechanism,
    'error.handled': event.handled,
    'error.suppressed': event.suppressed === 0 ? undefined : event.suppressed,
    [ID]: id,
    ...requestAttributes(event.request),
    ...event.work,
    'process.runtime.version': event.process.runtimeVersion,
    'process.uptime': event.process.uptime,
    'process.memory.usage': event.process.memoryUsage,
    'v8js.memory.heap.used': event.process.heapUsed,
    'error.context': event.context,
    'exception.stacktrace': event.stacktrace,
    'exception.cause': event.causes.length === 0 ? undefined : event.causes.map((cause) => defined({ ...cause })),
    'exception.cause_truncated': event.causesTruncated ? true : undefined,
  });
}

/** The process dies of an error that was reported before it turned out to be fatal. */
export function toFatalRecord(
  kind: KindName,
  seen: Pick<ErrorEvent, 'timestamp' | 'mechanism' | 'spanContext'>,
  id: string,
): LogRecord {
  return record(PROCESS_FATAL, { ...seen, severity: 'fatal' }, `process ends: ${kind.type}: ${kind.message}`, {
    ...kindAttributes(kind),
    'error.mechanism': seen.mechanism,
    [ID]: id,
  });
}

export function toSummaryRecord(summary: SummaryEvent, id: string): LogRecord {
  const what = summary.kind === undefined ? 'errors of several kinds' : `${summary.kind.type}: ${summary.kind.message}`;
  const since = new Date(summary.since).toISOString();
  const body = `${summary.suppressed} more since ${since}: ${what}`;
  return record(EXCEPTION_SUMMARY, { ...summary, severity: 'error', spanContext: undefined }, body, {
    ...(summary.kind === undefined ? {} : kindAttributes(summary.kind)),
    'error.suppressed': summary.suppressed,
    [ID]: id,
  });
}

function kindAttributes(kind: KindName): Attributes {
  return {
    'exception.type': kind.type,
    'exception.message': kind.message,
    'error.fingerprint': kind.fingerprint,
  };
}

function record(
  eventName: string,
  about: { timestamp: number; severity: Severity; spanContext: SpanContext | undefined },
  body: string,
  attributes: Attributes,
): LogRecord {
  return {
    eventName,
    timestamp: about.timestamp,
    severityNumber: SEVERITIES[about.severity].number,
    severityText: SEVERITIES[about.severity].text,
    body,
    attributes: defined(attributes),
    context: contextOf(about.spanContext),
  };
}

function contextOf(spanContext: SpanContext | undefined): Context {
  return spanContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext);
}

function requestAttributes(request: EventRequest | undefined): Attributes {
  if (request === undefined) return {};
  return {
    'http.request.method': request.method,
    'http.route': request.route,
    'url.path': request.path,
    'http.response.status_code': request.statusCode,
    'http.request.id': request.requestId,
    'user_agent.original': request.userAgent,
  };
}

function defined(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
