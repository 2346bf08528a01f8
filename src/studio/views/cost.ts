import {
  type CostPart,
  describeCost as describeMonthlyCost,
  EXPORT_INTERVAL,
  fixedQuantities,
  LOG_EVENT_OVERHEAD,
  type MonthlyCost,
  monthlyCost,
} from '../../pricing/monthly-cost.js';
import { dollarsFor, PRICE_BASIS, PRICES, toCents } from '../../pricing/prices.js';
import {
  type Sampling,
  type Traffic,
  type TrafficPrices,
  trafficPrices,
  trafficQuantities,
} from '../../pricing/traffic.js';
import type { Dimension } from '../datum.js';
import { reportRequests } from '../request-report.js';
import type { Store } from '../store/store.js';
import type { Trace } from '../store/traces.js';
import { type ForeseenMetrics, type PricedSeries, withForeseen } from './foreseen-series.js';

const OFFENDERS = 10;
/** Requests a month for which the page tells the whole cost. */
const MONTHS = [1e6, 1e7, 1e8, 1e9];
const SERVER_SPAN = 2;

export interface MetricCost {
  readonly namespace: string;
  readonly name: string;
  readonly series: number;
  /** Dollars a month. */
  readonly dollars: number;
}

/** An attribute and what it multiplies. */
export interface Offender {
  readonly dimension: string;
  readonly values: number;
  /** Series that carry it. */
  readonly series: number;
  /** Series that would be left of them without it. */
  readonly without: number;
  /** Dollars a month that leaving it out would save. */
  readonly saves: number;
  /** Some of its values. */
  readonly examples: readonly string[];
}

/** What the cost takes from production, where it does not show here. */
export interface Production {
  readonly sampling: Sampling;
  readonly foreseen: ForeseenMetrics;
}

/** The cost of a month at so many requests like those that arrived. */
export interface MonthAt {
  readonly requests: number;
  readonly cost: MonthlyCost;
}

export interface CostView {
  readonly prices: string;
  /** Seconds between two exports. */
  readonly interval: number;
  readonly series: number;
  /** What the series and the requests that send them cost a month; the sum of `parts`. */
  readonly dollars: number;
  readonly parts: readonly CostPart[];
  /** The same in words, as the log line and `monitoring config` say it. */
  readonly says: string;
  readonly services: readonly { readonly service: string; readonly series: number; readonly dollars: number }[];
  /** What depends on traffic; null: no request has arrived. */
  readonly traffic: {
    readonly requests: number;
    readonly sampling: Sampling;
    readonly prices: TrafficPrices;
    readonly months: readonly MonthAt[];
  } | null;
  /** The whole at the requests a month that were asked for. */
  readonly at: MonthAt | null;
  readonly metrics: readonly MetricCost[];
  readonly presets: readonly { readonly name: string; readonly series: number; readonly saves: number }[];
  readonly offenders: readonly Offender[];
}

/**
 * A function of what arrived, whenever it arrived.
 *
 * @param requestsPerMonth for {@link CostView.at}
 */
export function describeCost(store: Store, { sampling, foreseen }: Production, requestsPerMonth?: number): CostView {
  const series = withForeseen(store.metrics.list(), foreseen);
  const services = byService(series);
  const quantities = fixedQuantities({ series: series.length, processes: Math.max(services.length, 1) });
  const fixed = monthlyCost(quantities);
  const traffic = trafficOf(store);
  const monthAt = (requests: number): MonthAt => ({
    requests,
    cost: monthlyCost({ ...quantities, ...trafficQuantities(traffic, requests, sampling) }),
  });
  return {
    prices: PRICE_BASIS,
    interval: EXPORT_INTERVAL,
    series: series.length,
    dollars: fixed.dollars,
    parts: fixed.parts,
    says: describeMonthlyCost(fixed),
    services,
    traffic:
      traffic.requests === 0
        ? null
        : { requests: traffic.requests, sampling, prices: trafficPrices(traffic), months: MONTHS.map(monthAt) },
    at: requestsPerMonth === undefined ? null : monthAt(requestsPerMonth),
    metrics: byMetric(series),
    presets: presets(series),
    offenders: offenders(series),
  };
}

const fixedDollars = (series: number, processes = 1): number =>
  monthlyCost(fixedQuantities({ series, processes })).dollars;

/** Each service is a process at least, which makes requests of its own. A series without a service comes from one of them. */
function byService(series: readonly PricedSeries[]): CostView['services'] {
  const counts = new Map<string, number>();
  for (const { dimensions } of series) {
    const service = dimensions.find(({ name }) => name === 'Service')?.value;
    if (service !== undefined) counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  return [...counts].map(([service, count]) => ({ service, series: count, dollars: fixedDollars(count) }));
}

/** Traces of requests only: how much work runs in the background does not follow from the requests. */
function trafficOf(store: Store): Traffic {
  const traces = store.traces.list().filter(({ spans }) => spans.toArray().some(({ kind }) => kind === SERVER_SPAN));
  return {
    requests: reportRequests(store).reduce((sum, { count }) => sum + count, 0),
    logBytes: logBytes(store),
    traces: traces.length,
    spanBytes: traces.reduce((sum, trace) => sum + bytesOf(trace), 0),
  };
}

/** A span that arrived twice, because its first answer was late, counts once. */
function bytesOf({ spans, bytes }: Trace): number {
  const distinct = new Set(spans.toArray().map(({ spanId }) => spanId)).size;
  return spans.length === 0 ? 0 : (bytes / spans.length) * distinct;
}

function logBytes(store: Store): number {
  let bytes = 0;
  for (const group of store.logs.groups.values()) {
    for (const stream of group.streams.values()) {
      for (const { message } of stream.events()) bytes += Buffer.byteLength(message) + LOG_EVENT_OVERHEAD;
    }
  }
  return bytes;
}

/** Shares of the whole: the price of one more series depends on how many there are. */
function byMetric(series: readonly PricedSeries[]): MetricCost[] {
  const counts = new Map<string, { namespace: string; name: string; series: number }>();
  for (const { namespace, name } of series) {
    const key = JSON.stringify([namespace, name]);
    const metric = counts.get(key) ?? { namespace, name, series: 0 };
    metric.series += 1;
    counts.set(key, metric);
  }
  const whole = dollarsFor(PRICES.series, series.length);
  return [...counts.values()]
    .map((metric) => ({ ...metric, dollars: toCents((whole * metric.series) / series.length) }))
    .sort((a, b) => b.series - a.series || (a.name < b.name ? -1 : 1));
}

const SERVICE_LEVEL: ReadonlySet<string> = new Set(['Service', 'Environment']);

/** What MONITORING_METRIC_DIMENSIONS=lite would leave: each metric once per service and environment. */
function presets(series: readonly PricedSeries[]): CostView['presets'] {
  const kept = new Set(series.map((one) => keyWith(one, (dimension) => SERVICE_LEVEL.has(dimension.name))));
  if (kept.size >= series.length) return [];
  return [{ name: 'lite', series: kept.size, saves: toCents(fixedDollars(series.length) - fixedDollars(kept.size)) }];
}

const keyWith = ({ namespace, name, dimensions }: PricedSeries, keep: (dimension: Dimension) => boolean): string =>
  JSON.stringify([namespace, name, ...dimensions.filter(keep).flatMap((one) => [one.name, one.value])]);

function offenders(series: readonly PricedSeries[]): Offender[] {
  const carriers = new Map<string, PricedSeries[]>();
  for (const one of series) {
    for (const { name } of one.dimensions) {
      const list = carriers.get(name);
      if (list === undefined) carriers.set(name, [one]);
      else list.push(one);
    }
  }
  return [...carriers]
    .map(([dimension, list]) => offender(dimension, list, series.length))
    .filter(({ series: carried, without }) => carried > without)
    .sort((a, b) => b.series - b.without - (a.series - a.without))
    .slice(0, OFFENDERS);
}

function offender(dimension: string, carriers: readonly PricedSeries[], total: number): Offender {
  const values = new Set(
    carriers.flatMap(({ dimensions }) => dimensions.filter(({ name }) => name === dimension)).map(({ value }) => value),
  );
  const without = new Set(carriers.map((one) => keyWith(one, ({ name }) => name !== dimension))).size;
  return {
    dimension,
    values: values.size,
    series: carriers.length,
    without,
    saves: toCents(fixedDollars(total) - fixedDollars(total - carriers.length + without)),
    examples: [...values].slice(0, 3),
  };
}
