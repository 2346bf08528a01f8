import {
  type CostEstimate,
  describeEstimate,
  estimateCost,
  expectedSeries,
} from '../../exporters/cloudwatch-metrics/cost.js';
import type { Configuration } from '../config/configuration.js';

/** The service that the estimate is for: what a given one has is known only once it runs. */
const EXAMPLE = { routes: 20, peers: 1, databases: 1, rpcServices: 1 };

export interface ExpectedCost {
  /** Of a middling service. Absent: there are no series in CloudWatch, or their number depends on the attributes. */
  readonly estimate?: CostEstimate & typeof EXAMPLE;
  /** Series at most, whatever the attributes are; 0 without an exporter to CloudWatch. */
  readonly maxSeries: number;
}

/** What the metrics of a middling service cost with these settings. */
export function expectedCost({ metrics, host }: Configuration): ExpectedCost {
  const { exporters, dimensions, interval, maxSeries } = metrics;
  const byCalls = exporters.includes('cloudwatch');
  if (!byCalls && !exporters.includes('emf')) return { maxSeries: 0 };
  if (dimensions !== 'lite' && dimensions !== 'standard') return { maxSeries };
  const sampledRoutes = host.sampleRatio > 0 ? EXAMPLE.routes : 0;
  const series = Math.min(maxSeries, expectedSeries({ ...EXAMPLE, sampledRoutes }, dimensions));
  // Metrics in log lines need no calls; the log bytes are billed with the log that they are part of.
  const cost = estimateCost({ series, interval: interval / 1000, ...(!byCalls && { requestsPerExport: 0 }) });
  return { estimate: { ...EXAMPLE, ...cost }, maxSeries };
}

/** One line of it. */
export function describeExpectedCost({ estimate, maxSeries }: ExpectedCost): string {
  if (maxSeries === 0) return 'cost: no series in CloudWatch';
  if (estimate === undefined) {
    return `cost: depends on the attributes, at most ${maxSeries} series; the application says it once it runs`;
  }
  return `cost with ${estimate.routes} routes, a database, a called service and a service of AWS: ${describeEstimate(estimate)}`;
}
