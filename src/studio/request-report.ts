import type { Datum } from './datum.js';
import type { Attributes } from './otlp-model.js';
import { datumsOf } from './point-data.js';
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
  readonly count: number;
  /** Answered 4xx and 5xx. */
  readonly errors: number;
  readonly faults: number;
  /** Seconds; null: the data does not tell. */
  readonly average: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly maximum: number | null;
}

type Identity = Pick<RouteReport, 'source' | 'service' | 'environment' | 'method' | 'route'>;

interface Group {
  readonly identity: Identity;
  readonly data: Datum[];
  errors: number;
  faults: number;
}

/** Most requests first. */
export function reportRequests(store: Store, range: TimeRange = EVER): RouteReport[] {
  const groups = new Map<string, Group>();
  for (const series of store.metrics.list()) addSeries(groups, series, range);
  for (const series of store.points.list()) addPoints(groups, series, range);
  return [...groups.values()].flatMap(toReport).sort((a, b) => b.count - a.count);
}

function groupOf(groups: Map<string, Group>, identity: Identity): Group {
  const key = JSON.stringify(Object.values(identity));
  const group = groups.get(key) ?? { identity, data: [], errors: 0, faults: 0 };
  groups.set(key, group);
  return group;
}

const DIMENSIONS = ['Environment', 'Service', 'http.request.method', 'http.route'];

function addSeries(groups: Map<string, Group>, series: MetricSeries, range: TimeRange): void {
  const names = series.dimensions.map((dimension) => dimension.name);
  if (names.join() !== DIMENSIONS.join()) return;
  if (![DURATION, 'http.server.fault', 'http.server.error'].includes(series.name)) return;
  const [environment = '', service = '', method = '', route = ''] = series.dimensions.map(({ value }) => value);
  const group = groupOf(groups, { source: 'cloudwatch', service, environment, method, route });
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
  });
  const data = within(datumsOf(series), range);
  group.data.push(...data);
  const count = data.reduce((sum, datum) => sum + (datum.statistics?.sampleCount ?? 0), 0);
  const status = Number(text(series.attributes, 'http.response.status_code'));
  if (status >= 500) group.faults += count;
  else if (status >= 400) group.errors += count;
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
