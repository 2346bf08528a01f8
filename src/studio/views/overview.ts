import type { Datum } from '../datum.js';
import { datumsOf } from '../point-data.js';
import { requestOutcome } from '../request-outcome.js';
import { type RouteReport, reportRequests } from '../request-report.js';
import { summarise } from '../statistics.js';
import type { Store } from '../store/store.js';
import { type TimeRange, within } from '../time-range.js';
import { type CostView, describeCost, type Production } from './cost.js';
import { type ErrorGroup, listErrors } from './errors.js';
import { creationOnDemand } from './refusals.js';

/** The first page: how much, how slow, what fails where, what it costs. */
export interface Overview {
  /** Whether anything has arrived at all. */
  readonly anything: boolean;
  readonly services: readonly string[];
  readonly requests: {
    /** Over the last half minute; null: nothing to tell it from. */
    readonly perSecond: number | null;
    readonly total: number;
    readonly faults: number;
    readonly errors: number;
    /** Per second and bucket. */
    readonly timeline: Timeline;
  };
  /** Most requests first. */
  readonly routes: readonly RouteReport[];
  /** The route with the greatest 99th percentile among those with enough requests to have one. */
  readonly slowest: RouteReport | null;
  readonly errors: { readonly total: number; readonly kinds: number; readonly groups: readonly ErrorGroup[] };
  readonly cost: Pick<CostView, 'dollars' | 'series' | 'says'> & {
    readonly largest: CostView['metrics'][number] | null;
  };
  readonly host: readonly HostReading[];
  /** Refusals that are remembered, without those that belong to the making of a log group. */
  readonly refused: number;
}

interface Timeline {
  /** Epoch milliseconds. */
  readonly times: readonly number[];
  readonly ok: readonly number[];
  readonly faults: readonly number[];
}

export interface HostReading {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** The readings of the range, oldest first, at most 60. */
  readonly trend: readonly number[];
}

const DURATION = 'http.server.request.duration';
const FAULT = 'http.server.fault';
const RECENT = 30_000;
const BUCKETS = 60;
/** Milliseconds; as long as exports are apart at least, or buckets between them would be empty. */
const STEPS = [2000, 5000, 10_000, 15_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];
const ENOUGH_REQUESTS = 5;
const GROUPS = 6;

/** What is shown of the host, in this order. */
const HOST = [
  'container.cpu.utilization',
  'container.memory.utilization',
  'process.cpu.utilization',
  'process.memory.usage',
  'v8js.memory.heap.used',
  'nodejs.eventloop.delay.p99',
  'nodejs.eventloop.utilization',
];

export function describeOverview(
  store: Store,
  range: TimeRange,
  context: { readonly now: number; readonly production: Production },
): Overview {
  const routes = reportRequests(store, range);
  const { durations, faults } = requestData(store, range);
  const errors = listErrors(store, range);
  const cost = describeCost(store, context.production);
  const isExpected = creationOnDemand(store.calls.list());
  const total = (pick: (route: RouteReport) => number): number => routes.reduce((sum, route) => sum + pick(route), 0);
  return {
    anything: Object.values(store.ledger.added).some((count) => count > 0),
    services: [...new Set(routes.map(({ service }) => service))],
    requests: {
      perSecond: rateOf(durations, context.now),
      total: total(({ count }) => count),
      faults: total((route) => route.faults),
      errors: total((route) => route.errors),
      timeline: timelineOf(durations, faults, range, context.now),
    },
    routes,
    slowest: slowestOf(routes),
    errors: { total: errors.total, kinds: errors.kinds, groups: errors.groups.slice(0, GROUPS) },
    cost: {
      dollars: cost.dollars,
      series: cost.series,
      says: cost.says,
      largest: cost.metrics[0] ?? null,
    },
    host: hostReadings(store, range),
    refused: store.refused.list().filter((refusal) => !isExpected(refusal)).length,
  };
}

const slowestOf = (routes: readonly RouteReport[]): RouteReport | null =>
  routes
    .filter(({ count, p99 }) => count >= ENOUGH_REQUESTS && p99 !== null)
    .sort((a, b) => (b.p99 ?? 0) - (a.p99 ?? 0))[0] ?? null;

/** Durations at the level of the service, or of all OTLP series together; and the faults among them. */
function requestData(store: Store, range: TimeRange): { durations: Datum[]; faults: Datum[] } {
  const durations: Datum[] = [];
  const faults: Datum[] = [];
  for (const series of store.metrics.list()) {
    if (series.dimensions.map(({ name }) => name).join() !== 'Environment,Service') continue;
    if (series.name === DURATION) durations.push(...within(series.data, range));
    if (series.name === FAULT) faults.push(...within(series.data, range));
  }
  for (const series of store.points.list()) {
    if (series.metric.name !== DURATION) continue;
    const data = within(datumsOf(series), range);
    durations.push(...data);
    if (requestOutcome(series.attributes) === 'fault') faults.push(...data.map(asCount));
  }
  return { durations, faults };
}

/** As `http.server.fault` has it: the sum is the number of faults. */
const asCount = (datum: Datum): Datum => ({
  timestamp: datum.timestamp,
  arrived: datum.arrived,
  unit: 'Count',
  resolution: 60,
  value: countOf(datum),
});

const countOf = (datum: Datum): number => summarise([datum])?.sampleCount ?? 0;
const sumOf = (datum: Datum): number => summarise([datum])?.sum ?? 0;

/** A datum tells what came since the one before it: of the first in the window, the interval is not known. */
function rateOf(durations: readonly Datum[], now: number): number | null {
  const counts = new Map<number, number>();
  for (const datum of durations) {
    if (datum.timestamp < now - RECENT) continue;
    counts.set(datum.timestamp, (counts.get(datum.timestamp) ?? 0) + countOf(datum));
  }
  const times = [...counts.keys()].sort((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const total = [...counts].reduce((sum, [time, count]) => sum + (time === first ? 0 : count), 0);
  return total / ((last - first) / 1000);
}

function timelineOf(durations: readonly Datum[], faults: readonly Datum[], range: TimeRange, now: number): Timeline {
  const first = Math.min(...durations.map(({ timestamp }) => timestamp), now);
  const start = Math.max(range.start, first);
  const end = Math.min(range.end, now);
  const last = durations.reduce((latest, { timestamp }) => Math.max(latest, timestamp), start);
  const step = STEPS.find((candidate) => (end - start) / candidate <= BUCKETS) ?? 86_400_000;
  const origin = Math.floor(start / step) * step;
  // A bucket that is not full yet would look like a fall.
  const length = Math.max(Math.floor((last - origin) / step), 1);
  const [all, failed] = [new Array<number>(length).fill(0), new Array<number>(length).fill(0)];
  const enter = (into: number[], datum: Datum, amount: number): void => {
    const bucket = Math.floor((datum.timestamp - origin) / step);
    if (bucket >= 0 && bucket < length) into[bucket] = (into[bucket] ?? 0) + amount / (step / 1000);
  };
  for (const datum of durations) enter(all, datum, countOf(datum));
  for (const datum of faults) enter(failed, datum, sumOf(datum));
  return {
    times: all.map((_, index) => origin + index * step),
    ok: all.map((count, index) => Math.max(count - (failed[index] ?? 0), 0)),
    faults: failed,
  };
}

function hostReadings(store: Store, range: TimeRange): HostReading[] {
  return HOST.flatMap((name): HostReading[] => {
    const series = store.metrics.list().find((one) => one.name === name);
    const points = store.points.list().find((one) => one.metric.name === name);
    const data = series !== undefined ? within(series.data, range) : points ? within(datumsOf(points), range) : [];
    const trend = data.slice(-BUCKETS).map((datum) => summarise([datum])?.sum ?? 0);
    const value = trend.at(-1);
    return value === undefined ? [] : [{ name, unit: data.at(-1)?.unit ?? 'None', value, trend }];
  });
}
