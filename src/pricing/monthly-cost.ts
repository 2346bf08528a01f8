import { SECONDS_PER_MONTH } from './month.js';
import { dollarsFor, PRICES, toCents } from './prices.js';

/** Quantities of one month. A quantity that is absent is not priced, and the cost says so. */
export interface Quantities {
  /** Distinct series in CloudWatch; further processes of a service add none. */
  readonly series?: number;
  /** PutMetricData requests. */
  readonly metricRequests?: number;
  /** Bytes that PutLogEvents is billed for, {@link LOG_EVENT_OVERHEAD} included; stored for a month, not compressed. */
  readonly logBytes?: number;
  /** Billed bytes of spans by OTLP. */
  readonly spanBytes?: number;
}

export type CostPartName = 'metrics' | 'metric requests' | 'error logs' | 'traces';

export interface CostPart {
  readonly what: CostPartName;
  /** The quantity in words: `46 series`. */
  readonly quantity: string;
  /** Dollars a month, in whole cents. */
  readonly dollars: number;
}

/** What telemetry costs at AWS a month. */
export interface MonthlyCost {
  readonly parts: readonly CostPart[];
  /** The sum of the parts. */
  readonly dollars: number;
  /** Parts whose quantity is not known. */
  readonly without: readonly CostPartName[];
}

/** Datums of one PutMetricData request: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html. */
export const DATUMS_PER_REQUEST = 1000;
/** Bytes that CloudWatch Logs adds to each event: docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html. */
export const LOG_EVENT_OVERHEAD = 26;
/** Seconds between two exports of metrics where nothing is set, and wherever a local endpoint stands in for AWS. */
export const EXPORT_INTERVAL = 60;

/**
 * What a service costs whatever its traffic is: its series, and the requests that send them.
 *
 * @param interval seconds between two exports
 */
export function fixedQuantities({
  series,
  interval = EXPORT_INTERVAL,
  processes = 1,
  requestsPerExport = Math.ceil(series / DATUMS_PER_REQUEST),
}: {
  readonly series: number;
  readonly interval?: number;
  readonly processes?: number;
  readonly requestsPerExport?: number;
}): Required<Pick<Quantities, 'series' | 'metricRequests'>> {
  return { series, metricRequests: Math.round((SECONDS_PER_MONTH / interval) * requestsPerExport * processes) };
}

/** The one function from quantities to dollars. */
export function monthlyCost(quantities: Quantities): MonthlyCost {
  const { series, metricRequests, logBytes, spanBytes } = quantities;
  const known = [
    part(
      'metrics',
      series,
      (count) => `${count} series`,
      (count) => dollarsFor(PRICES.series, count),
    ),
    part(
      'metric requests',
      metricRequests,
      (count) => `${count} metric requests`,
      (count) => dollarsFor(PRICES.metricRequests, count),
    ),
    part(
      'error logs',
      logBytes,
      (bytes) => `${gigabytes(bytes)} of error logs`,
      (bytes) => dollarsFor(PRICES.logIngestion, bytes) + dollarsFor(PRICES.logStorage, bytes),
    ),
    part(
      'traces',
      spanBytes,
      (bytes) => `${gigabytes(bytes)} of spans`,
      (bytes) => dollarsFor(PRICES.spanIngestion, bytes),
    ),
  ];
  const parts = known.flatMap((one) => (typeof one === 'string' ? [] : [one]));
  return {
    parts,
    dollars: toCents(parts.reduce((sum, { dollars }) => sum + dollars, 0)),
    without: known.flatMap((one) => (typeof one === 'string' ? [one] : [])),
  };
}

/** `about $14.24 a month (46 series $13.80, 43800 metric requests $0.44), without error logs and traces`. */
export function describeCost({ parts, dollars, without }: MonthlyCost): string {
  const each = parts.map((one) => `${one.quantity} ${inDollars(one.dollars)}`);
  const total = `about ${inDollars(dollars)} a month (${each.join(', ')})`;
  return without.length === 0 ? total : `${total}, without ${without.join(' and ')}`;
}

export const inDollars = (dollars: number): string => `$${dollars.toFixed(2)}`;

/** The part, or its name where the quantity is not known. */
function part(
  what: CostPartName,
  quantity: number | undefined,
  words: (quantity: number) => string,
  price: (quantity: number) => number,
): CostPart | CostPartName {
  return quantity === undefined ? what : { what, quantity: words(quantity), dollars: toCents(price(quantity)) };
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GB`;
