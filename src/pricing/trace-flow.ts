import { SECONDS_PER_MONTH } from './month.js';
import { dollarsFor, PRICES, piecesFor } from './prices.js';

/**
 * Billed bytes of one span where nothing has been measured. Transaction Search stores each span as a structured log
 * event with its resource; as JSON, server and client spans of an Express service take 1540 bytes on average.
 */
export const ASSUMED_BYTES_PER_SPAN = 1500;
/** Billed bytes for one uncompressed OTLP byte: a batch writes the resource once, and attributes as protobuf. */
export const BILLED_PER_OTLP_BYTE = 2;

/** A steady flow of spans of one process. */
export interface TraceFlow {
  readonly spansPerSecond: number;
  /** Billed bytes: see {@link ASSUMED_BYTES_PER_SPAN} and {@link BILLED_PER_OTLP_BYTE}. */
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

/**
 * `at most 20 spans a second, $35.09 a month`: what the bound of one process lets through, and what that costs.
 *
 * @param isPriced false where the spans go elsewhere than to AWS, whose prices alone are known
 */
export function describeTraceBound(bound: TraceFlow | undefined, isPriced = true): string {
  if (bound === undefined) return 'without a bound';
  const spans = Number(bound.spansPerSecond.toFixed(1));
  const most = `at most ${spans} spans a second`;
  return isPriced ? `${most}, $${traceDollarsPerMonth(bound).toFixed(2)} a month` : most;
}
