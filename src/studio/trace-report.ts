import type { Span } from './otlp-model.js';
import type { Store } from './store/store.js';
import type { Trace } from './store/traces.js';
import { isWithin, type TimeRange } from './time-range.js';

export interface TraceQuery {
  readonly service?: string;
  readonly route?: string;
  /** A trace id in either notation, or words that are all in its id, name, route or services. */
  readonly text?: string;
  readonly errorsOnly: boolean;
  readonly minDurationMs: number;
  /** `404`, or `5xx` for a class. */
  readonly status?: string;
  /** When it began. */
  readonly range?: TimeRange;
}

export interface TraceSummary {
  readonly traceId: string;
  /** As X-Ray writes it: `1-8 digits-24 digits`. */
  readonly xrayTraceId: string;
  /** Epoch milliseconds. */
  readonly start: number;
  readonly durationMs: number;
  readonly spans: number;
  /** Of the span that no span held here is the parent of. */
  readonly name: string;
  readonly route: string | null;
  readonly method: string | null;
  readonly status: number | null;
  readonly services: readonly string[];
  readonly error: boolean;
}

export const xrayTraceId = (traceId: string): string => `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;

/** 32 digits of a trace id in either notation. */
export const parseTraceId = (id: string): string => id.toLowerCase().replace(/^1-([0-9a-f]{8})-/, '$1');

/** A trace id in a text: either notation, or a `traceparent` or `X-Amzn-Trace-Id` header that holds one. */
export function traceIdIn(text: string): string | undefined {
  const [, time, rest] = /(?<![0-9a-f])1-([0-9a-f]{8})-([0-9a-f]{24})(?![0-9a-f])/i.exec(text) ?? [];
  if (time !== undefined && rest !== undefined) return `${time}${rest}`.toLowerCase();
  return /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/i.exec(text)?.[0].toLowerCase();
}

/** By start. */
export const describeTraces = (store: Store, query: TraceQuery): TraceSummary[] =>
  store.traces
    .list()
    .map((trace) => summarise(trace.traceId, trace.spans.toArray()))
    .filter((summary) => matches(summary, query))
    .sort((a, b) => a.start - b.start);

export interface TraceDetail extends Omit<TraceSummary, 'spans'> {
  /** By start. */
  readonly spans: readonly Span[];
}

export function describeTrace(trace: Trace): TraceDetail {
  const spans = trace.spans.toArray().sort((a, b) => compareNanos(a.startTimeUnixNano, b.startTimeUnixNano));
  return { ...summarise(trace.traceId, spans), spans };
}

const matches = (summary: TraceSummary, query: TraceQuery): boolean =>
  (query.service === undefined || summary.services.includes(query.service)) &&
  (query.route === undefined || summary.route === query.route) &&
  (query.text === undefined || hasText(summary, query.text)) &&
  (!query.errorsOnly || summary.error) &&
  summary.durationMs >= query.minDurationMs &&
  (query.status === undefined || hasStatus(summary.status, query.status)) &&
  (query.range === undefined || isWithin(summary.start, query.range));

function hasText({ traceId, xrayTraceId, name, route, services }: TraceSummary, text: string): boolean {
  const id = traceIdIn(text);
  if (id !== undefined) return traceId === id;
  const whole = [traceId, xrayTraceId, name, route, ...services].join('\n').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word));
}

const hasStatus = (status: number | null, wanted: string): boolean =>
  status !== null && (String(status) === wanted || `${Math.floor(status / 100)}xx` === wanted);

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
const compareNanos = (a: string, b: string): number => compare(BigInt(a), BigInt(b));

const millis = (nanos: bigint): number => Number(nanos / 1000n) / 1000;

function summarise(traceId: string, spans: readonly Span[]): TraceSummary {
  const starts = spans.map((span) => BigInt(span.startTimeUnixNano));
  const ends = spans.map((span) => BigInt(span.endTimeUnixNano));
  const start = starts.sort(compare)[0] ?? 0n;
  const end = ends.sort(compare).at(-1) ?? start;
  const root = rootOf(spans);
  return {
    traceId,
    xrayTraceId: xrayTraceId(traceId),
    start: millis(start),
    durationMs: millis(end - start),
    spans: spans.length,
    name: root?.name ?? '',
    route: attribute(root, 'http.route'),
    method: attribute(root, 'http.request.method'),
    status: Number(root?.attributes['http.response.status_code'] ?? 0) || null,
    services: [...new Set(spans.map((span) => String(span.resource['service.name'] ?? '')))],
    error: spans.some((span) => span.status.code === 2),
  };
}

const attribute = (span: Span | undefined, name: string): string | null => {
  const value = span?.attributes[name];
  return value === undefined || value === null ? null : String(value);
};

function rootOf(spans: readonly Span[]): Span | undefined {
  const ids = new Set(spans.map((span) => span.spanId));
  return spans.find((span) => span.parentSpanId === undefined || !ids.has(span.parentSpanId));
}
