import type { AttributeValue, LogRecord } from '../otlp-model.js';
import type { LogEvent } from '../store/log-groups.js';
import type { Store } from '../store/store.js';

/** What the list of errors needs of one event; the event itself is read again when it is looked at. */
export interface Occurrence {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of the event in CloudWatch Logs; that of the record's place otherwise. */
  readonly id: string;
  /** `log.record.uid`, by which an event that was sent twice is known; null: the event has none. */
  readonly uid: string | null;
  /** The log group; null: it came by OTLP. */
  readonly group: string | null;
  readonly kind: 'exception' | 'summary' | 'fatal';
  /** The event's own; where there is none, what stands for it: type and first line. */
  readonly fingerprint: string;
  readonly type: string;
  readonly message: string;
  readonly severity: string;
  readonly suppressed: number;
  readonly service: string;
  readonly method: string | null;
  readonly route: string | null;
  readonly traceId: string | null;
  /** `app.js:60:9`: the first frame of the application's own code. */
  readonly where: string | null;
}

/** Characters of a message that the list keeps. */
const MESSAGE_KEPT = 300;

type Fields = Readonly<Record<string, AttributeValue | undefined>>;

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads `a.b.c` of nested maps, of maps with dotted keys, and of mixtures of both; `a.0` of lists. */
export function member(
  fields: Fields | readonly AttributeValue[] | undefined,
  path: string,
): AttributeValue | undefined {
  if (fields === undefined) return undefined;
  if (Array.isArray(fields)) return member({ ...fields }, path);
  return ofMap(fields as Fields, path);
}

function ofMap(fields: Fields, path: string): AttributeValue | undefined {
  if (Object.hasOwn(fields, path)) return fields[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const inner = Object.hasOwn(fields, path.slice(0, dot)) ? fields[path.slice(0, dot)] : undefined;
    const found = isMap(inner) || Array.isArray(inner) ? member(inner, path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

export const textOf = (fields: Fields | undefined, path: string): string | null => {
  const value = member(fields, path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
};

/** An event's JSON; undefined: it is not a JSON object. */
export function parseEvent(message: string): Fields | undefined {
  if (!message.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A log record of OTLP in the shape of the events in CloudWatch Logs. */
export const recordFields = (record: LogRecord): Fields => ({
  severityText: record.severityText,
  ...(record.eventName === undefined ? {} : { eventName: record.eventName }),
  body: record.body,
  traceId: record.traceId ?? null,
  spanId: record.spanId ?? null,
  attributes: record.attributes,
  resource: { attributes: record.resource },
});

/** Every error that is held, by time. An event that arrived twice, because its first delivery was not answered, is one error. */
export function occurrences(store: Store): Occurrence[] {
  const found: Occurrence[] = [];
  for (const group of store.logs.groups.values()) {
    for (const stream of group.streams.values()) {
      for (const event of stream.events()) add(found, ofEvent(event, group.name));
    }
  }
  for (const record of store.records.list()) add(found, ofRecord(record));
  const seen = new Set<string>();
  return found
    .sort((a, b) => a.at - b.at)
    .filter(({ uid }) => {
      if (uid === null) return true;
      const isFirst = !seen.has(uid);
      seen.add(uid);
      return isFirst;
    });
}

function add(found: Occurrence[], occurrence: Occurrence | undefined): void {
  if (occurrence !== undefined) found.push(occurrence);
}

/** What was read of an event is kept as long as the event: parsing all of them for each look would take too long. */
const READ = new WeakMap<object, Occurrence | null>();

function once(held: object, read: () => Occurrence | undefined): Occurrence | undefined {
  const known = READ.get(held);
  if (known !== undefined) return known ?? undefined;
  const occurrence = read();
  READ.set(held, occurrence ?? null);
  return occurrence;
}

const ofEvent = (event: LogEvent, group: string): Occurrence | undefined =>
  once(event, () => {
    const fields = event.message.includes('exception') ? parseEvent(event.message) : undefined;
    return fields && toOccurrence(fields, { at: event.timestamp, id: event.id, group });
  });

let records = 0;

/** The id that a record got when it was first looked at; undefined: it is not an error. */
export const recordId = (record: LogRecord): string | undefined => READ.get(record)?.id;

const ofRecord = (record: LogRecord): Occurrence | undefined =>
  once(record, () => {
    records += 1;
    const at = Math.floor(Number(BigInt(record.timeUnixNano || '0') / 1_000_000n)) || record.arrived;
    return toOccurrence(recordFields(record), { at, id: `r${records}`, group: null });
  });

const KINDS: Readonly<Record<string, Occurrence['kind']>> = {
  'exception.summary': 'summary',
  'process.fatal': 'fatal',
};

/** Undefined: not an error. */
function toOccurrence(fields: Fields, place: Pick<Occurrence, 'at' | 'id' | 'group'>): Occurrence | undefined {
  const attributes = isMap(fields.attributes) ? fields.attributes : {};
  const event = String(fields.eventName ?? '');
  const type = textOf(attributes, 'exception.type');
  const message = textOf(attributes, 'exception.message') ?? '';
  const kind = KINDS[event] ?? 'exception';
  if (type === null && message === '' && kind === 'exception') return undefined;
  const firstLine = message.split('\n', 1)[0] ?? '';
  return {
    ...place,
    uid: textOf(attributes, 'log.record.uid'),
    kind,
    fingerprint: textOf(attributes, 'error.fingerprint') ?? `${type ?? 'several'}: ${firstLine}`.slice(0, 200),
    type: type ?? (kind === 'summary' ? 'errors of several kinds' : 'Error'),
    message: message.slice(0, MESSAGE_KEPT),
    severity: String(fields.severityText ?? 'ERROR'),
    suppressed: Number(member(attributes, 'error.suppressed') ?? 0) || 0,
    service: textOf(fields.resource as Fields | undefined, 'attributes.service.name') ?? '',
    method: textOf(attributes, 'http.request.method'),
    route: textOf(attributes, 'http.route'),
    traceId: textOf(fields, 'traceId'),
    where: ownFrame(textOf(attributes, 'exception.stacktrace') ?? ''),
  };
}

/** The first frame that is neither a package nor Node: `app.js:60:9`. Null: there is none. */
export function ownFrame(stack: string): string | null {
  for (const line of stack.split('\n')) {
    const frame = parseFrame(line);
    if (frame?.own) return `${frame.file.slice(frame.file.lastIndexOf('/') + 1)}:${frame.line}`;
  }
  return null;
}

export interface Frame {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Neither a package nor Node itself. */
  readonly own: boolean;
}

/** A line of V8's stack; undefined: not a frame. */
export function parseFrame(line: string): Frame | undefined {
  if (!/^\s+at /.test(line) || line.length > 2000) return undefined;
  const text = line.trim().slice('at '.length);
  const open = text.endsWith(')') ? text.lastIndexOf(' (') : -1;
  const name = open === -1 ? '' : text.slice(0, open);
  const place = open === -1 ? text.replace(/^async /, '') : text.slice(open + 2, -1);
  const [, file, at, column] = /^(.*):(\d+):(\d+)$/.exec(place) ?? [];
  if (file === undefined) return { name: name || place, file: place, line: 0, column: 0, own: false };
  const path = file.replace(/^file:\/\//, '').replaceAll('\\', '/');
  const own = !path.startsWith('node:') && !path.includes('/node_modules/') && path.includes('/');
  return { name, file: path, line: Number(at), column: Number(column), own };
}
