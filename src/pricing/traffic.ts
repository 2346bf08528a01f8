import { SECONDS_PER_MONTH } from './month.js';
import { inDollars, monthlyCost, type Quantities } from './monthly-cost.js';

/** What one request leaves behind, as observed. The time in which the requests came is no part of it. */
export interface Traffic {
  readonly requests: number;
  /** Billed bytes of error logs. */
  readonly logBytes: number;
  readonly traces: number;
  /** Billed bytes of the spans of these traces. */
  readonly spanBytes: number;
}

/** The share of requests that begin a trace. */
export interface Sampling {
  /** Traces a second before the ratio applies. */
  readonly reservoirPerSecond: number;
  /** Of the rest, 0 to 1. */
  readonly ratio: number;
  /** Billed bytes of spans a second at most, of one process; no bound when absent. */
  readonly mostBytesPerSecond?: number;
}

/** X-Ray's default rule: docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html. */
export const DEFAULT_SAMPLING: Sampling = { reservoirPerSecond: 1, ratio: 0.05 };

/** Traces a month of so many requests a month, which come evenly. Failed requests that are traced afterwards are not in it. */
export function tracesPerMonth(requests: number, { reservoirPerSecond, ratio }: Sampling): number {
  const reservoir = reservoirPerSecond * SECONDS_PER_MONTH;
  return Math.min(requests, reservoir + Math.max(requests - reservoir, 0) * ratio);
}

/** What `requests` a month like the observed ones add. */
export function trafficQuantities(
  { requests, logBytes, traces, spanBytes }: Traffic,
  requestsPerMonth: number,
  sampling: Sampling,
): Required<Pick<Quantities, 'logBytes' | 'spanBytes'>> {
  const perTrace = traces === 0 ? 0 : spanBytes / traces;
  return {
    logBytes: requests === 0 ? 0 : (logBytes / requests) * requestsPerMonth,
    spanBytes: Math.min(
      perTrace * tracesPerMonth(requestsPerMonth, sampling),
      (sampling.mostBytesPerSecond ?? Number.POSITIVE_INFINITY) * SECONDS_PER_MONTH,
    ),
  };
}

/** Dollars that a million requests add in error logs, and that a million traces add. */
export interface TrafficPrices {
  readonly errorLogs: number;
  readonly traces: number;
}

const MILLION = 1e6;

export function trafficPrices(traffic: Traffic): TrafficPrices {
  const { logBytes, spanBytes } = trafficQuantities(traffic, MILLION, { reservoirPerSecond: 0, ratio: 1 });
  return { errorLogs: monthlyCost({ logBytes }).dollars, traces: monthlyCost({ spanBytes }).dollars };
}

/** To be said after a cost that is without them. */
export const describeTrafficPrices = ({ errorLogs, traces }: TrafficPrices): string =>
  `error logs add ${inDollars(errorLogs)} for each million requests, traces ${inDollars(traces)} for each million traces`;
