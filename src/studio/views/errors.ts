import type { AttributeValue } from '../otlp-model.js';
import type { Store } from '../store/store.js';
import { isWithin, type TimeRange } from '../time-range.js';
import { xrayTraceId } from '../trace-report.js';
import { member, type Occurrence, occurrences, parseEvent, recordFields, recordId, textOf } from './occurrence.js';

export interface ErrorGroup {
  readonly fingerprint: string;
  readonly type: string;
  /** Of the newest. */
  readonly message: string;
  /** `app.js:60`, of the newest that tells. */
  readonly where: string | null;
  readonly service: string;
  /** Most frequent first, at most 5. */
  readonly routes: readonly string[];
  /** Events, and errors that were suppressed. */
  readonly count: number;
  /** Of `count`, those that were only counted. */
  readonly suppressed: number;
  /** The process died of one of them. */
  readonly fatal: boolean;
  /** Epoch milliseconds, of all that is held. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Occurrences per bucket of the list's `timeline`. */
  readonly trend: readonly number[];
}

export interface ErrorList {
  readonly total: number;
  readonly suppressed: number;
  readonly kinds: number;
  /** Start of the first bucket and length of each, epoch milliseconds. */
  readonly timeline: { readonly start: number; readonly step: number };
  /** Most frequent first. */
  readonly groups: readonly ErrorGroup[];
}

const BUCKETS = 30;
const MAX_GROUPS = 500;

export function listErrors(store: Store, range: TimeRange): ErrorList {
  const held = occurrences(store);
  const wanted = held.filter(({ at }) => isWithin(at, range));
  const timeline = timelineOf(wanted, range);
  const ever = groupBy(held);
  const groups = [...groupBy(wanted)].map(([fingerprint, members]) =>
    toGroup(fingerprint, members, ever.get(fingerprint) ?? members, timeline),
  );
  return {
    total: sum(groups.map(({ count }) => count)),
    suppressed: sum(groups.map(({ suppressed }) => suppressed)),
    kinds: groups.length,
    timeline,
    groups: groups.sort((a, b) => b.count - a.count || b.lastSeen - a.lastSeen).slice(0, MAX_GROUPS),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function groupBy(list: readonly Occurrence[]): Map<string, Occurrence[]> {
  const groups = new Map<string, Occurrence[]>();
  for (const occurrence of list) {
    const group = groups.get(occurrence.fingerprint);
    if (group === undefined) groups.set(occurrence.fingerprint, [occurrence]);
    else group.push(occurrence);
  }
  return groups;
}

function timelineOf(wanted: readonly Occurrence[], range: TimeRange): ErrorList['timeline'] {
  const start = Number.isFinite(range.start) ? range.start : (wanted[0]?.at ?? 0);
  const end = Number.isFinite(range.end) ? range.end : (wanted.at(-1)?.at ?? start) + 1;
  return { start, step: Math.max((end - start) / BUCKETS, 1) };
}

/** How many errors an event stands for: itself and those that were only counted. */
const weight = ({ kind, suppressed }: Occurrence): number => (kind === 'exception' ? 1 : 0) + suppressed;

function toGroup(
  fingerprint: string,
  members: readonly Occurrence[],
  all: readonly Occurrence[],
  { start, step }: ErrorList['timeline'],
): ErrorGroup {
  const newest = members.findLast(({ kind }) => kind === 'exception') ?? members.at(-1);
  const trend = new Array<number>(BUCKETS).fill(0);
  for (const occurrence of members) {
    const bucket = Math.min(Math.max(Math.floor((occurrence.at - start) / step), 0), BUCKETS - 1);
    trend[bucket] = (trend[bucket] ?? 0) + weight(occurrence);
  }
  return {
    fingerprint,
    type: newest?.type ?? '',
    message: newest?.message ?? '',
    where: members.findLast(({ where }) => where !== null)?.where ?? null,
    service: newest?.service ?? '',
    routes: frequent(
      members.flatMap(({ method, route }) => (route === null ? [] : [`${method ?? ''} ${route}`.trim()])),
    ),
    count: sum(members.map(weight)),
    suppressed: sum(members.map(({ suppressed }) => suppressed)),
    fatal: members.some(({ kind, severity }) => kind === 'fatal' || severity === 'FATAL'),
    firstSeen: all[0]?.at ?? 0,
    lastSeen: all.at(-1)?.at ?? 0,
    trend,
  };
}

function frequent(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 5)
    .map(([name]) => name);
}

export interface ErrorCause {
  readonly path: string;
  readonly type: string;
  readonly message: string;
  readonly stack: string;
}

/** The code around a frame of the application, as the event has it. */
export interface ErrorSource {
  readonly file: string;
  readonly line: string;
  readonly function: string | null;
  /** Numbered lines; the one that threw begins with `>`. */
  readonly code: string;
}

/** One event as it was stored, and where it leads. */
export interface ErrorEventView {
  readonly id: string;
  readonly at: number;
  readonly kind: Occurrence['kind'];
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly sources: readonly ErrorSource[];
  readonly causes: readonly ErrorCause[];
  readonly suppressed: number;
  readonly traceId: string | null;
  readonly xrayTraceId: string | null;
  readonly spanId: string | null;
  /** Whether the trace is held here. */
  readonly traceHeld: boolean;
  /** The whole event. */
  readonly fields: Readonly<Record<string, AttributeValue | undefined>>;
}

/** What the page asks for: the errors of one fingerprint, and what their frames link to. */
export interface ErrorReply extends ErrorDetail {
  readonly editor: string | null;
}

export interface ErrorDetail {
  readonly group: ErrorGroup;
  readonly timeline: ErrorList['timeline'];
  readonly logGroup: string | null;
  /** The newest, newest first. */
  readonly events: readonly ErrorEventView[];
}

const EVENTS_SHOWN = 20;

/** Undefined: no error of that fingerprint is held. */
export function describeErrors(store: Store, fingerprint: string, range: TimeRange): ErrorDetail | undefined {
  const all = occurrences(store).filter((occurrence) => occurrence.fingerprint === fingerprint);
  const wanted = all.filter(({ at }) => isWithin(at, range));
  const shown = wanted.length > 0 ? wanted : all;
  if (shown.length === 0) return undefined;
  const timeline = timelineOf(shown, range);
  const newest = shown.slice(-EVENTS_SHOWN).reverse();
  const sources = sourcesOf(store, new Set(newest.map(({ id }) => id)));
  return {
    group: toGroup(fingerprint, shown, all, timeline),
    timeline,
    logGroup: newest[0]?.group ?? null,
    events: newest.flatMap((occurrence) => {
      const fields = sources.get(occurrence.id);
      return fields === undefined ? [] : [describe(occurrence, fields, store)];
    }),
  };
}

type Fields = ErrorEventView['fields'];

function sourcesOf(store: Store, ids: ReadonlySet<string>): Map<string, Fields> {
  const sources = new Map<string, Fields>();
  for (const group of store.logs.groups.values()) {
    for (const stream of group.streams.values()) {
      for (const event of stream.events()) {
        if (ids.has(event.id)) sources.set(event.id, parseEvent(event.message) ?? {});
      }
    }
  }
  for (const record of store.records.list()) {
    const id = recordId(record);
    if (id !== undefined && ids.has(id)) sources.set(id, recordFields(record));
  }
  return sources;
}

function describe(occurrence: Occurrence, fields: Fields, store: Store): ErrorEventView {
  const { id, at, kind, type, suppressed, traceId } = occurrence;
  const attributes = (fields.attributes ?? {}) as Fields;
  return {
    id,
    at,
    kind,
    type,
    message: textOf(attributes, 'exception.message') ?? occurrence.message,
    stack: textOf(attributes, 'exception.stacktrace') ?? '',
    sources: sourceLines(member(attributes, 'exception.source')),
    causes: causesOf(member(attributes, 'exception.cause')),
    suppressed,
    traceId,
    xrayTraceId: traceId === null ? null : xrayTraceId(traceId),
    spanId: textOf(fields, 'spanId'),
    traceHeld: traceId !== null && store.traces.find(traceId) !== undefined,
    fields,
  };
}

function sourceLines(value: AttributeValue | undefined): ErrorSource[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((source: Fields) => {
    const [file, line, code] = [textOf(source, 'file'), textOf(source, 'line'), textOf(source, 'code')];
    return file === null || line === null || code === null
      ? []
      : [{ file, line, code, function: textOf(source, 'function') }];
  });
}

function causesOf(value: AttributeValue | undefined): ErrorCause[] {
  if (!Array.isArray(value)) return [];
  return value.map((cause: Fields) => ({
    path: textOf(cause, 'path') ?? 'cause',
    type: textOf(cause, 'type') ?? 'Error',
    message: textOf(cause, 'message') ?? '',
    stack: textOf(cause, 'stacktrace') ?? '',
  }));
}

/** The errors of one trace, oldest first. */
export const errorsOfTrace = (store: Store, traceId: string): Occurrence[] =>
  occurrences(store).filter((occurrence) => occurrence.traceId === traceId && occurrence.kind !== 'summary');
