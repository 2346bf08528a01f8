import type { Store } from '../store/store.js';
import type { TimeRange } from '../time-range.js';
import { EVER } from '../time-range.js';
import { describeTraces, parseTraceId, traceIdIn, xrayTraceId } from '../trace-report.js';
import { listDashboards } from './dashboards.js';
import { type ErrorGroup, errorsOfTrace, listErrors } from './errors.js';
import { listSeries } from './series.js';

/** Something that fits a search. */
export interface Hit {
  readonly kind: 'trace' | 'error' | 'metric' | 'dashboard';
  /** By which its view shows it. */
  readonly id: string;
  readonly title: string;
  readonly detail: string;
}

export interface SearchView {
  readonly hits: readonly Hit[];
  /** Hits that are not among them. */
  readonly more: number;
}

const SHOWN_OF_A_KIND = 50;

/** An id of a trace is looked for at any time; other text in the range. Every word must be somewhere in a hit. */
export function search(store: Store, folders: readonly string[], text: string, range: TimeRange): SearchView {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return { hits: [], more: 0 };
  const fits = (...parts: readonly unknown[]): boolean => {
    const whole = parts.join('\n').toLowerCase();
    return words.every((word) => whole.includes(word));
  };
  const id = traceIdIn(text);
  const kinds = id === undefined ? byText(store, folders, range, fits) : byTraceId(store, id);
  const hits = kinds.flatMap((found) => found.slice(0, SHOWN_OF_A_KIND));
  return { hits, more: kinds.reduce((sum, found) => sum + found.length, 0) - hits.length };
}

type Fits = (...parts: readonly unknown[]) => boolean;

function byTraceId(store: Store, id: string): Hit[][] {
  const traces = describeTraces(store, { errorsOnly: false, minDurationMs: 0, range: EVER });
  return [
    traces.filter(({ traceId }) => traceId === id).map(toTrace),
    [...new Map(errorsOfTrace(store, id).map((error) => [error.fingerprint, error])).values()].map(toError),
  ];
}

const toError = ({ fingerprint, type, message }: Pick<ErrorGroup, 'fingerprint' | 'type' | 'message'>): Hit => ({
  kind: 'error',
  id: fingerprint,
  title: type,
  detail: message,
});

function byText(store: Store, folders: readonly string[], range: TimeRange, fits: Fits): Hit[][] {
  const traces = describeTraces(store, { errorsOnly: false, minDurationMs: 0, range }).filter(
    ({ traceId, name, route, services }) =>
      fits(traceId, xrayTraceId(traceId), name, route, ...services, ...spanTexts(store, traceId)),
  );
  const errors = listErrors(store, range).groups.filter((group) =>
    fits(group.type, group.message, group.where, group.fingerprint, group.service, ...group.routes),
  );
  const series = listSeries(store).filter((row) =>
    fits(row.name, row.namespace, ...Object.entries(row.dimensions).flat()),
  );
  const dashboards = listDashboards(store, folders).filter(({ name, title }) => fits(name, title));
  return [
    traces.reverse().map(toTrace),
    errors.map(toError),
    series.map(({ id, name, dimensions }): Hit => {
      const detail = Object.entries(dimensions).map(([key, value]) => `${key}=${value}`);
      return { kind: 'metric', id, title: name, detail: detail.join('  ') };
    }),
    dashboards.map(({ name, title }): Hit => ({ kind: 'dashboard', id: name, title, detail: name })),
  ];
}

/** Names and attributes of all spans of a trace. */
const spanTexts = (store: Store, traceId: string): string[] =>
  (store.traces.find(parseTraceId(traceId))?.spans.toArray() ?? []).map(
    ({ name, spanId, attributes }) => `${name} ${spanId} ${Object.values(attributes).join(' ')}`,
  );

function toTrace({ traceId, name, services, status, durationMs }: ReturnType<typeof describeTraces>[number]): Hit {
  const detail = [services.join(', '), status, `${durationMs} ms`, traceId].filter(Boolean).join(' · ');
  return { kind: 'trace', id: traceId, title: name, detail };
}
