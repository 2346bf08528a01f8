import type { Dimension } from '../datum.js';
import type { MetricSeries } from '../store/metric-series.js';
import type { Store } from '../store/store.js';

/** Prices of series and of PutMetricData; the exporter's own estimate is handed in. */
export type EstimateCost = (usage: { readonly series: number; readonly interval: number }) => {
  readonly dollars: number;
  readonly seriesDollars: number;
  readonly requestDollars: number;
};

/** List prices of us-east-1, dollars. Sources: aws.amazon.com/cloudwatch/pricing, aws.amazon.com/xray/pricing; as of November 2026. */
const LOGS_PER_GB = 0.5;
const TRACES_PER_MILLION = 5;
export const PRICES_AS_OF = 'us-east-1 list prices of November 2026, without the free tier';

/** Seconds between exports in production; here they are shorter, and cost nothing. */
const PRODUCTION_INTERVAL = 60;
const SECONDS_PER_MONTH = 43_800 * 60;
/** X-Ray's default rule, which is the sampler's: traces a second, and the part of the rest. */
const RESERVOIR = 1;
const RATE = 0.05;
/** Seconds of arrivals below which a rate says nothing. */
const LEAST_OBSERVED = 5;
const OFFENDERS = 10;

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

export interface CostView {
  /** Whether prices of metrics are known. */
  readonly priced: boolean;
  readonly prices: string;
  /** Seconds over which rates were observed. */
  readonly observed: number;
  readonly interval: number;
  readonly series: number;
  readonly dollars: number;
  readonly parts: readonly { readonly what: string; readonly basis: string; readonly dollars: number }[];
  readonly metrics: readonly MetricCost[];
  readonly presets: readonly { readonly name: string; readonly series: number; readonly saves: number }[];
  readonly offenders: readonly Offender[];
}

export function describeCost(store: Store, estimate: EstimateCost | undefined, now: number): CostView {
  const series = store.metrics.list();
  const observed = observedSeconds(store, now);
  const priceOf = (count: number): number => estimate?.({ series: count, interval: PRODUCTION_INTERVAL }).dollars ?? 0;
  const whole = estimate?.({ series: series.length, interval: PRODUCTION_INTERVAL });
  const logs = logUsage(store, observed);
  const traces = traceUsage(store, observed);
  const parts = [
    { what: 'metrics', basis: `${series.length} series`, dollars: whole?.seriesDollars ?? 0 },
    {
      what: 'metric requests',
      basis: `one process, every ${PRODUCTION_INTERVAL} s`,
      dollars: series.length === 0 ? 0 : (whole?.requestDollars ?? 0),
    },
    { what: 'error logs', basis: logs.basis, dollars: logs.dollars },
    { what: 'traces', basis: traces.basis, dollars: traces.dollars },
  ];
  return {
    priced: estimate !== undefined,
    prices: PRICES_AS_OF,
    observed,
    interval: PRODUCTION_INTERVAL,
    series: series.length,
    dollars: cents(parts.reduce((sum, part) => sum + part.dollars, 0)),
    parts,
    metrics: byMetric(series, estimate),
    presets: presets(series, priceOf),
    offenders: offenders(series, priceOf),
  };
}

const cents = (dollars: number): number => Math.round(dollars * 100) / 100;

/** Since the first call that is remembered. */
function observedSeconds(store: Store, now: number): number {
  const first = store.calls.list()[0]?.at;
  return first === undefined ? 0 : Math.max(now - first, 0) / 1000;
}

const perMonth = (amount: number, observed: number): number =>
  observed < LEAST_OBSERVED ? 0 : (amount / observed) * SECONDS_PER_MONTH;

interface Usage {
  readonly basis: string;
  readonly dollars: number;
}

function logUsage(store: Store, observed: number): Usage {
  const since = store.calls.list()[0]?.at ?? 0;
  let bytes = 0;
  for (const group of store.logs.groups.values()) {
    for (const stream of group.streams.values()) {
      for (const event of stream.events())
        if (event.ingestionTime >= since) bytes += Buffer.byteLength(event.message) + 26;
    }
  }
  const monthly = perMonth(bytes, observed);
  return { basis: `${gigabytes(monthly)} GB a month at this rate`, dollars: cents((monthly / 1e9) * LOGS_PER_GB) };
}

/** What the default sampler would keep of the traces that begin here; a page for development has all of them traced. */
function traceUsage(store: Store, observed: number): Usage {
  const since = store.calls.list()[0]?.at ?? 0;
  const recent = store.traces.list().filter((trace) => (trace.spans.at(0)?.arrived ?? 0) >= since).length;
  const perSecond = observed < LEAST_OBSERVED ? 0 : recent / observed;
  const sampled = Math.min(perSecond, RESERVOIR + Math.max(perSecond - RESERVOIR, 0) * RATE);
  const monthly = sampled * SECONDS_PER_MONTH;
  const basis = `${(monthly / 1e6).toFixed(2)} million a month by the default sampler (${RESERVOIR} a second and ${RATE * 100} %)`;
  return { basis, dollars: cents((monthly / 1e6) * TRACES_PER_MILLION) };
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);

/** Shares of the whole: the price of one more series depends on how many there are. */
function byMetric(series: readonly MetricSeries[], estimate: EstimateCost | undefined): MetricCost[] {
  const counts = new Map<string, { namespace: string; name: string; series: number }>();
  for (const { namespace, name } of series) {
    const key = JSON.stringify([namespace, name]);
    const metric = counts.get(key) ?? { namespace, name, series: 0 };
    metric.series += 1;
    counts.set(key, metric);
  }
  const whole = estimate?.({ series: series.length, interval: PRODUCTION_INTERVAL }).seriesDollars ?? 0;
  return [...counts.values()]
    .map((metric) => ({ ...metric, dollars: cents((whole * metric.series) / series.length) }))
    .sort((a, b) => b.series - a.series || (a.name < b.name ? -1 : 1));
}

const SERVICE_LEVEL: ReadonlySet<string> = new Set(['Service', 'Environment']);

/** What MONITORING_METRIC_DIMENSIONS=lite would leave: each metric once per service and environment. */
function presets(series: readonly MetricSeries[], priceOf: (series: number) => number): CostView['presets'] {
  const kept = new Set(series.map((one) => keyWith(one, (dimension) => SERVICE_LEVEL.has(dimension.name))));
  if (kept.size >= series.length) return [];
  return [{ name: 'lite', series: kept.size, saves: cents(priceOf(series.length) - priceOf(kept.size)) }];
}

const keyWith = ({ namespace, name, dimensions }: MetricSeries, keep: (dimension: Dimension) => boolean): string =>
  JSON.stringify([namespace, name, ...dimensions.filter(keep).flatMap((one) => [one.name, one.value])]);

function offenders(series: readonly MetricSeries[], priceOf: (series: number) => number): Offender[] {
  const carriers = new Map<string, MetricSeries[]>();
  for (const one of series) {
    for (const { name } of one.dimensions) {
      const list = carriers.get(name);
      if (list === undefined) carriers.set(name, [one]);
      else list.push(one);
    }
  }
  return [...carriers]
    .map(([dimension, list]) => offender(dimension, list, series.length, priceOf))
    .filter(({ series: carried, without }) => carried > without)
    .sort((a, b) => b.series - b.without - (a.series - a.without))
    .slice(0, OFFENDERS);
}

function offender(
  dimension: string,
  carriers: readonly MetricSeries[],
  total: number,
  priceOf: (series: number) => number,
): Offender {
  const values = new Set(
    carriers.flatMap(({ dimensions }) => dimensions.filter(({ name }) => name === dimension)).map(({ value }) => value),
  );
  const without = new Set(carriers.map((one) => keyWith(one, ({ name }) => name !== dimension))).size;
  return {
    dimension,
    values: values.size,
    series: carriers.length,
    without,
    saves: cents(priceOf(total) - priceOf(total - carriers.length + without)),
    examples: [...values].slice(0, 3),
  };
}
