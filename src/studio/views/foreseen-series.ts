import type { MetricSeries } from '../store/metric-series.js';

/** What a cost knows of a series. */
export type PricedSeries = Pick<MetricSeries, 'namespace' | 'name' | 'dimensions'>;

/** Metrics that a process with requests sends once it runs for an interval; a shorter one ends before it has them all. */
export interface ForeseenMetrics {
  /** One series a service. */
  readonly service: readonly string[];
  /** One series a route besides. */
  readonly route: readonly string[];
}

export const NOTHING_FORESEEN: ForeseenMetrics = { service: [], route: [] };

const DURATION = 'http.server.request.duration';
const SERVICE = ['Environment', 'Service'];
const ROUTE = [...SERVICE, 'http.route'];

/** The series that arrived, and those that follow: the number does not depend on how long the process stayed. */
export function withForeseen(series: readonly PricedSeries[], { service, route }: ForeseenMetrics): PricedSeries[] {
  const all = new Map(series.map((one) => [keyOf(one), one]));
  const foresee = (names: readonly string[], { namespace, dimensions }: PricedSeries): void => {
    for (const name of names) {
      const one = { namespace, name, dimensions };
      if (!all.has(keyOf(one))) all.set(keyOf(one), one);
    }
  };
  for (const one of series) {
    if (one.name !== DURATION) continue;
    foresee(service, reducedTo(SERVICE, one));
    if (one.dimensions.some(({ name }) => name === 'http.route')) foresee(route, reducedTo(ROUTE, one));
  }
  return [...all.values()];
}

const reducedTo = (kept: readonly string[], { namespace, name, dimensions }: PricedSeries): PricedSeries => ({
  namespace,
  name,
  dimensions: dimensions.filter((dimension) => kept.includes(dimension.name)),
});

const keyOf = ({ namespace, name, dimensions }: PricedSeries): string =>
  JSON.stringify([namespace, name, ...dimensions.map((one) => [one.name, one.value]).sort()]);
