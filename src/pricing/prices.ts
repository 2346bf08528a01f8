/** One step of a price: `upTo` is where the step ends, in billed units. */
export interface PriceTier {
  readonly upTo: number;
  /** Dollars for one billed unit. */
  readonly dollars: number;
}

export interface Price {
  /** What is billed. */
  readonly what: string;
  /** How many pieces (calls, bytes, series) one billed unit has. */
  readonly unit: number;
  /** The account's first units come first: AWS adds up all services of an account. */
  readonly tiers: readonly PriceTier[];
  /** The page that states the price. */
  readonly source: string;
}

/** Region and month of every price below. */
export const PRICE_REGION = 'us-east-1';
export const PRICES_AS_OF = 'November 2026';
/** The words that stand beside a figure. */
export const PRICE_BASIS = `list prices of ${PRICE_REGION}, ${PRICES_AS_OF}, without the free tier`;

const CLOUDWATCH = 'https://aws.amazon.com/cloudwatch/pricing/';
const XRAY = 'https://aws.amazon.com/xray/pricing/';

/** AWS's examples take 1 TB as 1024 GB: aws.amazon.com/cloudwatch/pricing, example of VPC flow logs. */
const GIGABYTE = 2 ** 30;
const TERABYTE_IN_GB = 1024;

const flat = (dollars: number): PriceTier[] => [{ upTo: Number.POSITIVE_INFINITY, dollars }];

/** Every price that the product knows. A price without a source is not in the table: metrics by OTLP have none yet. */
export const PRICES = {
  /** A custom metric: each distinct namespace, name and set of dimensions, a month. */
  series: {
    what: 'custom metrics',
    unit: 1,
    tiers: [
      { upTo: 10_000, dollars: 0.3 },
      { upTo: 250_000, dollars: 0.1 },
      { upTo: 1_000_000, dollars: 0.05 },
      { upTo: Number.POSITIVE_INFINITY, dollars: 0.02 },
    ],
    source: CLOUDWATCH,
  },
  metricRequests: { what: 'PutMetricData requests', unit: 1000, tiers: flat(0.01), source: CLOUDWATCH },
  logIngestion: { what: 'log ingestion', unit: GIGABYTE, tiers: flat(0.5), source: CLOUDWATCH },
  /** A gigabyte kept for a month. */
  logStorage: { what: 'log storage', unit: GIGABYTE, tiers: flat(0.03), source: CLOUDWATCH },
  /** Spans by OTLP need Transaction Search, which bills their bytes and not X-Ray's traces. */
  spanIngestion: {
    what: 'span ingestion',
    unit: GIGABYTE,
    tiers: [
      { upTo: 10 * TERABYTE_IN_GB, dollars: 0.35 },
      { upTo: 30 * TERABYTE_IN_GB, dollars: 0.2 },
      { upTo: Number.POSITIVE_INFINITY, dollars: 0.15 },
    ],
    source: CLOUDWATCH,
  },
  /** Spans indexed beyond {@link FREE_INDEXED_SHARE}. */
  spanIndexing: { what: 'indexed spans', unit: 1e6, tiers: flat(0.75), source: CLOUDWATCH },
  /** Traces recorded where Transaction Search is off: a collector that writes segments to X-Ray. */
  xrayTraces: { what: 'X-Ray traces', unit: 1e6, tiers: flat(5), source: XRAY },
  /** Each metric that a standard alarm reads, a month. */
  alarmMetrics: { what: 'alarm metrics', unit: 1, tiers: flat(0.1), source: CLOUDWATCH },
  dashboards: { what: 'dashboards', unit: 1, tiers: flat(3), source: CLOUDWATCH },
} as const satisfies Record<string, Price>;

/**
 * The share of spans that Transaction Search indexes by default, without a charge:
 * docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Enable-TransactionSearch.html.
 */
export const FREE_INDEXED_SHARE = 0.01;

/** Dollars for so many pieces, not rounded. */
export function dollarsFor({ unit, tiers }: Price, pieces: number): number {
  const units = Math.max(pieces, 0) / unit;
  let below = 0;
  let dollars = 0;
  for (const tier of tiers) {
    dollars += Math.max(0, Math.min(units, tier.upTo) - below) * tier.dollars;
    below = tier.upTo;
  }
  return dollars;
}

/** So many pieces cost `dollars`: the inverse of {@link dollarsFor}. */
export function piecesFor({ unit, tiers }: Price, dollars: number): number {
  let below = 0;
  let left = Math.max(dollars, 0);
  for (const tier of tiers) {
    const whole = (tier.upTo - below) * tier.dollars;
    if (left <= whole) return (below + left / tier.dollars) * unit;
    left -= whole;
    below = tier.upTo;
  }
  return below * unit;
}

export const toCents = (dollars: number): number => Math.round(dollars * 100) / 100;
