/** What the metrics cost, before and while they are sent. List prices of us-east-1, without the free tier; other regions are near. */

import { MAX_DATUMS_PER_REQUEST } from './limits.js';

/** Dollars per custom metric and month, by how many there are in the account. Source: aws.amazon.com/cloudwatch/pricing. */
const METRIC_TIERS = [
  { upTo: 10_000, price: 0.3 },
  { upTo: 250_000, price: 0.1 },
  { upTo: 1_000_000, price: 0.05 },
  { upTo: Number.POSITIVE_INFINITY, price: 0.02 },
];

const DOLLARS_PER_REQUEST = 0.01 / 1000;

const SECONDS_PER_MONTH = 43_800 * 60;

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

export function estimateCost({ series, requestsPerExport, interval = 60, processes = 1 }: CostInput): CostEstimate {
  const requests = requestsPerExport ?? Math.ceil(series / MAX_DATUMS_PER_REQUEST);
  const requestsPerMonth = Math.round((SECONDS_PER_MONTH / interval) * requests * processes);
  const seriesDollars = tieredPrice(series);
  const requestDollars = requestsPerMonth * DOLLARS_PER_REQUEST;
  return {
    series,
    requestsPerMonth,
    seriesDollars: cents(seriesDollars),
    requestDollars: cents(requestDollars),
    dollars: cents(seriesDollars + requestDollars),
  };
}

/** `71 series and 43800 requests a month: about $21.74 ($21.30 + $0.44)`. */
export function describeCost({
  series,
  requestsPerMonth,
  dollars,
  seriesDollars,
  requestDollars,
}: CostEstimate): string {
  const [total, ofSeries, ofRequests] = [dollars, seriesDollars, requestDollars].map(
    (amount) => `$${amount.toFixed(2)}`,
  );
  return `${series} series and ${requestsPerMonth} requests a month: about ${total} (${ofSeries} + ${ofRequests})`;
}

/** What a service will have, for an estimate before it runs. */
export interface ServiceShape {
  /** Pairs of route and method. */
  readonly routes: number;
  /** Hosts called over HTTP. */
  readonly peers: number;
  /** Kinds of database. */
  readonly databases: number;
  /** Services called by an RPC, as each of AWS but DynamoDB, which is a database. */
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

function tieredPrice(series: number): number {
  let price = 0;
  let below = 0;
  for (const tier of METRIC_TIERS) {
    price += Math.max(0, Math.min(series, tier.upTo) - below) * tier.price;
    below = tier.upTo;
  }
  return price;
}

function cents(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}
