import { SECONDS_PER_MONTH } from './month.js';
import { dollarsFor, PRICES, piecesFor } from './prices.js';

/**
 * Bytes of one span, uncompressed OTLP, where nothing has been measured: a server span with the attributes of the
 * semantic conventions and its share of the resource. AWS bills what it stores, which it does not publish the form of.
 */
export const ASSUMED_BYTES_PER_SPAN = 1000;

/** A steady flow of spans of one process. */
export interface TraceFlow {
  readonly spansPerSecond: number;
  /** Uncompressed OTLP. */
  readonly bytesPerSecond: number;
}

/** Dollars a month of such a flow, not rounded. Spans are billed by their bytes; their number costs nothing by itself. */
export function traceDollarsPerMonth({ bytesPerSecond }: Pick<TraceFlow, 'bytesPerSecond'>): number {
  return dollarsFor(PRICES.spanIngestion, bytesPerSecond * SECONDS_PER_MONTH);
}

/** The flow that costs `dollars` a month: the inverse of {@link traceDollarsPerMonth}. */
export function traceFlowFor(dollars: number, bytesPerSpan = ASSUMED_BYTES_PER_SPAN): TraceFlow {
  const bytesPerSecond = piecesFor(PRICES.spanIngestion, dollars) / SECONDS_PER_MONTH;
  return { spansPerSecond: bytesPerSecond / bytesPerSpan, bytesPerSecond };
}

/** The flow of so many spans a second. */
export function traceFlowOf(spansPerSecond: number, bytesPerSpan = ASSUMED_BYTES_PER_SPAN): TraceFlow {
  return { spansPerSecond, bytesPerSecond: spansPerSecond * bytesPerSpan };
}
