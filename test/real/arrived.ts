/** What one local endpoint holds, in a form that two of them can be compared by. */

import type { LocalAws } from '../e2e/support/aws.js';

const DURATION = 'http.server.request.duration';

export interface Statistics {
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

interface Datum {
  readonly value?: number;
  readonly values?: readonly number[];
  readonly counts?: readonly number[];
  readonly statistics?: { sampleCount: number; sum: number; minimum: number; maximum: number };
}

/** The statistics that CloudWatch would give, by the dimensions; of series with exactly these names of dimensions. */
export function metricOf(aws: LocalAws, name: string, dimensions: readonly string[]): Map<string, Statistics> {
  const wanted = [...dimensions].sort().join();
  const found = new Map<string, Statistics>();
  for (const series of aws.studio.store.metrics.list()) {
    if (series.name !== name || series.dimensions.map((dimension) => dimension.name).join() !== wanted) continue;
    const key = series.dimensions.map((dimension) => dimension.value).join(' ');
    found.set(key, [...series.data].map(statisticsOf).reduce(merge));
  }
  return found;
}

export const SERVICE = ['Service', 'Environment'];
export const ROUTE = [...SERVICE, 'http.route', 'http.request.method'];

export const requestsOf = (aws: LocalAws, dimensions: readonly string[] = ROUTE): Map<string, Statistics> =>
  metricOf(aws, DURATION, dimensions);

/** Requests in all, by the series of the services. */
export const requestCount = (aws: LocalAws): number =>
  [...requestsOf(aws, SERVICE).values()].reduce((sum, { count }) => sum + count, 0);

function statisticsOf({ value, values, counts, statistics }: Datum): Statistics {
  if (statistics !== undefined) {
    const { sampleCount: count, sum, minimum, maximum } = statistics;
    return { count, sum, minimum, maximum };
  }
  const all = value === undefined ? (values ?? []) : [value];
  const times = (index: number): number => (value === undefined ? (counts?.[index] ?? 1) : 1);
  return {
    count: all.reduce((sum, _, index) => sum + times(index), 0),
    sum: all.reduce((sum, each, index) => sum + each * times(index), 0),
    minimum: Math.min(...all),
    maximum: Math.max(...all),
  };
}

const merge = (a: Statistics, b: Statistics): Statistics => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  minimum: Math.min(a.minimum, b.minimum),
  maximum: Math.max(a.maximum, b.maximum),
});

/** Span ids by trace; each with its parent's, sorted. */
export function tracesOf(aws: LocalAws): Map<string, string[]> {
  const traces = new Map<string, Set<string>>();
  for (const { traceId, spanId, parentSpanId } of aws.studio.store.traces.spans()) {
    const spans = traces.get(traceId) ?? new Set();
    traces.set(traceId, spans.add(`${parentSpanId ?? ''}>${spanId}`));
  }
  return new Map([...traces].map(([traceId, spans]) => [traceId, [...spans].sort()]));
}

export const spanCount = (traces: ReadonlyMap<string, readonly string[]>): number =>
  [...traces.values()].reduce((sum, spans) => sum + spans.length, 0);

/** The errors of all log groups but those of embedded metrics, as trace id and message, sorted. */
export function errorsOf(aws: LocalAws): string[] {
  const events = [...aws.studio.store.logs.groups.values()]
    .filter((group) => !group.name.startsWith('/metrics/'))
    .flatMap((group) => [...group.streams.values()])
    .flatMap((stream) => stream.events())
    .map(({ message }) => JSON.parse(message) as { traceId?: string; body?: unknown });
  return events.map(({ traceId, body }) => `${traceId ?? ''} ${String(body)}`).sort();
}
