import type { Datum } from './datum.js';
import type { Attributes } from './otlp-model.js';
import { datumsOf } from './point-data.js';
import { requestOutcome } from './request-outcome.js';
import { percentile, type Summary, summarise } from './statistics.js';
import type { MetricSeries } from './store/metric-series.js';
import type { PointSeries } from './store/points.js';
import type { Store } from './store/store.js';
import { EVER, type TimeRange, within } from './time-range.js';

const DURATION = 'http.server.request.duration';

/** The requests of one route and method, from the request durations that arrived. */
export interface RouteReport {
  /** `cloudwatch`: by PutMetricData; `otlp`, `monitoring`: by OTLP, plain or signed. */
  readonly source: string;
  readonly service: string;
  readonly environment: string;
  readonly method: string;
  readonly route: string;
  /** The requests of a service that no route of its own tells: past the limit of series, or without a route. */
  readonly other: boolean;
  readonly count: number;
  /** Answered 4xx; answered 5xx or broken off. */
  readonly errors: number;
  readonly faults: number;
  /** Seconds; null: the data does not tell. */
  readonly average: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly maximum: number | null;
}

type Identity = Pick<RouteReport, 'source' | 'service' | 'environment' | 'method' | 'route' | 'other'>;

interface Group {
  readonly identity: Identity;
  readonly data: Datum[];
  errors: number;
  faults: number;
}

/** Most requests first. The counts of one service add up to those of its own series. */
export function reportRequests(store: Store, range: TimeRange = EVER): RouteReport[] {
  const groups = new Map<string, Group>();
  for (const series of store.metrics.list()) addSeries(groups, series, range);
  for (const series of store.points.list()) addPoints(groups, series, range);
  const reports = [...groups.values()].flatMap(toReport);
  return [...reports, ...otherRoutes(store, reports, range)].sort((a, b) => b.count - a.count);
}

/** What the series of a service counts beyond the series of its routes. */
function otherRoutes(store: Store, routes: readonly RouteReport[], range: TimeRange): RouteReport[] {
  const services = new Map<string, Group>();
  const overflows = new Map<string, Group>();
  for (const series of store.metrics.list()) {
    addTo(services, series, SERVICE_DIMENSIONS, range);
    addTo(overflows, series, OVERFLOW_DIMENSIONS, range);
  }
  return [...services].flatMap(([key, group]) => {
    const { service, environment } = group.identity;
    const own = routes.filter(
      (route) => route.source === 'cloudwatch' && route.service === service && route.environment === environment,
    );
    const whole = summarise(group.data);
    if (whole === undefined) return [];
    const rest = (all: number, part: (route: RouteReport) => number): number =>
      Math.max(all - own.reduce((sum, route) => sum + part(route), 0), 0);
    const count = rest(whole.sampleCount, (route) => route.count);
    if (count === 0) return [];
    // Only the overflow series tells how long they took; requests without a route have none.
    const overflow = summarise(overflows.get(key)?.data ?? []);
    const told = overflow !== undefined && overflow.sampleCount === count ? overflow : undefined;
    const slowestRoute = Math.max(...own.map(({ maximum }) => maximum ?? 0), 0);
    const report: RouteReport = {
      ...group.identity,
      count,
      errors: rest(group.errors, (route) => route.errors),
      faults: rest(group.faults, (route) => route.faults),
      average: rest(whole.sum, (route) => (route.average ?? 0) * route.count) / count,
      p50: told === undefined ? null : rank(told, 0.5),
      p99: told === undefined ? null : rank(told, 0.99),
      maximum: told?.maximum ?? (whole.maximum > slowestRoute ? whole.maximum : null),
    };
    return [report];
  });
}

function groupOf(groups: Map<string, Group>, identity: Identity): Group {
  const key = JSON.stringify(Object.values(identity));
  const group = groups.get(key) ?? { identity, data: [], errors: 0, faults: 0 };
  groups.set(key, group);
  return group;
}

const SERVICE_DIMENSIONS = ['Environment', 'Service'];
const ROUTE_DIMENSIONS = [...SERVICE_DIMENSIONS, 'http.request.method', 'http.route'];
/** Of the series that takes what finds no place (exporters/cloudwatch-metrics/series-cap.ts). */
const OVERFLOW_DIMENSIONS = [...SERVICE_DIMENSIONS, 'otel.metric.overflow'];
const MEASURED: readonly string[] = [DURATION, 'http.server.fault', 'http.server.error'];

const hasDimensions = ({ dimensions }: MetricSeries, names: readonly string[]): boolean =>
  dimensions.map(({ name }) => name).join() === names.join();

/** A series of a whole service, or of what overflowed in it. */
function addTo(
  groups: Map<string, Group>,
  series: MetricSeries,
  dimensions: readonly string[],
  range: TimeRange,
): void {
  if (!MEASURED.includes(series.name) || !hasDimensions(series, dimensions)) return;
  const [environment = '', service = ''] = series.dimensions.map(({ value }) => value);
  addData(
    groupOf(groups, { source: 'cloudwatch', service, environment, method: '', route: '', other: true }),
    series,
    range,
  );
}

function addSeries(groups: Map<string, Group>, series: MetricSeries, range: TimeRange): void {
  if (!MEASURED.includes(series.name) || !hasDimensions(series, ROUTE_DIMENSIONS)) return;
  const [environment = '', service = '', method = '', route = ''] = series.dimensions.map(({ value }) => value);
  addData(groupOf(groups, { source: 'cloudwatch', service, environment, method, route, other: false }), series, range);
}

function addData(group: Group, series: MetricSeries, range: TimeRange): void {
  if (series.name === DURATION) {
    group.data.push(...within(series.data, range));
    return;
  }
  const sum = summarise(within(series.data, range))?.sum ?? 0;
  if (series.name === 'http.server.fault') group.faults += sum;
  else group.errors += sum;
}

function addPoints(groups: Map<string, Group>, series: PointSeries, range: TimeRange): void {
  if (series.metric.name !== DURATION) return;
  const { resource, receiver } = series.origin;
  const group = groupOf(groups, {
    source: receiver,
    service: text(resource, 'service.name'),
    environment: text(resource, 'deployment.environment.name'),
    method: text(series.attributes, 'http.request.method'),
    route: text(series.attributes, 'http.route'),
    other: text(series.attributes, 'http.route') === '',
  });
  const data = within(datumsOf(series), range);
  group.data.push(...data);
  const count = data.reduce((sum, datum) => sum + (datum.statistics?.sampleCount ?? 0), 0);
  const outcome = requestOutcome(series.attributes);
  if (outcome === 'fault') group.faults += count;
  else if (outcome === 'error') group.errors += count;
}

const text = (attributes: Attributes, name: string): string => String(attributes[name] ?? '');

function toReport({ identity, data, errors, faults }: Group): RouteReport[] {
  const summary = summarise(data);
  if (summary === undefined || summary.sampleCount === 0) return [];
  return [
    {
      ...identity,
      count: summary.sampleCount,
      errors,
      faults,
      average: summary.sum / summary.sampleCount,
      p50: rank(summary, 0.5),
      p99: rank(summary, 0.99),
      maximum: Number.isFinite(summary.maximum) ? summary.maximum : null,
    },
  ];
}

const rank = (summary: Summary, at: number): number | null => percentile(summary.distribution ?? [], at) ?? null;
