/**
 * What the metrics cost, before and while they are sent: the prices are those of src/pricing. Error logs and traces are
 * not in it.
 */

import { describeCost, EXPORT_INTERVAL, fixedQuantities, monthlyCost } from '../../src/pricing/monthly-cost.js';

export interface CostInput {
  /** Distinct series of the service; more processes do not add any. */
  readonly series: number;
  /** Requests one process makes per export; default: what `series` datums need by count. */
  readonly requestsPerExport?: number;
  /** Seconds between exports; default 60. */
  readonly interval?: number;
  /** Processes that send the same series; default 1. */
  readonly processes?: number;
}

export interface CostEstimate {
  readonly series: number;
  readonly requestsPerMonth: number;
  readonly seriesDollars: number;
  readonly requestDollars: number;
  /** Dollars per month. */
  readonly dollars: number;
}

export function estimateCost({ interval = EXPORT_INTERVAL, ...input }: CostInput): CostEstimate {
  const quantities = fixedQuantities({ ...input, interval });
  const { dollars, parts } = monthlyCost(quantities);
  const [series, requests] = parts;
  return {
    series: quantities.series,
    requestsPerMonth: quantities.metricRequests,
    seriesDollars: series?.dollars ?? 0,
    requestDollars: requests?.dollars ?? 0,
    dollars,
  };
}

/** The estimate in the words of {@link describeCost}. */
export const describeEstimate = ({
  series,
  requestsPerMonth,
}: Pick<CostEstimate, 'series' | 'requestsPerMonth'>): string =>
  describeCost(monthlyCost({ series, metricRequests: requestsPerMonth }));

/** What a service will have, for an estimate before it runs. */
export interface ServiceShape {
  /** Pairs of route and method. */
  readonly routes: number;
  /** Hosts called over HTTP. */
  readonly peers: number;
  /** Kinds of database. */
  readonly databases: number;
  /** Services that are called by RPC: those of AWS, and gRPC's. DynamoDB counts as a database. */
  readonly rpcServices: number;
  /** Routes of which resource readings are taken; default all. */
  readonly sampledRoutes?: number;
  /** Series of its own instruments. */
  readonly own?: number;
}

/** Container (5), process (2), V8 heap (2) and event loop (4). */
export const RUNTIME_SERIES = 13;
/** `monitoring.request.*`; one of them is also published by route. */
const REQUEST_READINGS = 4;

/** Series that the `lite` and `standard` dimensions make of such a service; `full` depends on every attribute and is not foreseen. */
export function expectedSeries(shape: ServiceShape, dimensions: 'lite' | 'standard'): number {
  const { routes, peers, databases, rpcServices, own = 0, sampledRoutes = routes } = shape;
  const callMetrics = [peers, databases, rpcServices].filter((called) => called > 0).length;
  // Duration, fault, error, active requests; client; database; RPC.
  const services = 4 + callMetrics + RUNTIME_SERIES;
  const readings = sampledRoutes > 0 ? REQUEST_READINGS : 0;
  if (dimensions === 'lite') return services + readings + own;
  const called = peers + databases + rpcServices;
  return services + 2 * routes + called + readings + sampledRoutes + own;
}
