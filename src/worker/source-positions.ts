import { type Attributes, diag } from '@opentelemetry/api';
import { EXCEPTION, PROCESS_FATAL } from '../errors/event.js';
import type { SourceContext } from '../errors/source-context.js';
import type { PlainLogRecord, PlainSpan } from '../wire/messages.js';

/** What `look` finds; `otherwise` where it fails: an error without the lines of its source is reported all the same. */
function guarded<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    diag.warn(`where an error came from could not be read: ${String(error)}`);
    return otherwise;
  }
}

/** The record with original positions and source lines. A record that an earlier run left behind stays as it is: its files may have changed. */
export function withSource(record: PlainLogRecord, locate: SourceContext, startTime: number): PlainLogRecord {
  const { eventName, hrTime, attributes } = record;
  const isOfThisRun = (eventName === EXCEPTION || eventName === PROCESS_FATAL) && hrTime[0] * 1000 >= startTime - 1000;
  return isOfThisRun ? guarded(() => ({ ...record, attributes: locate(attributes) }), record) : record;
}

/** The span with original positions in its exceptions. The lines of the source are in the log record only. */
export function withPositions(span: PlainSpan, locate: SourceContext): PlainSpan {
  if (!span.events.some(({ name }) => name === EXCEPTION)) return span;
  const withoutLines = (attributes: Attributes | undefined) => {
    const { 'exception.source': _lines, ...rest } = locate(attributes ?? {});
    return rest;
  };
  const located = (event: PlainSpan['events'][number]) =>
    event.name === EXCEPTION ? { ...event, attributes: withoutLines(event.attributes) } : event;
  return guarded(() => ({ ...span, events: span.events.map(located) }), span);
}
