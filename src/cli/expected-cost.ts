import { describeCost, estimateCost, expectedSeries } from '../../exporters/cloudwatch-metrics/cost.js';
import type { Configuration } from '../config/configuration.js';

/** The service that the estimate is for: what a given one has is known only once it runs. */
const EXAMPLE = { routes: 20, peers: 1, databases: 1 };

/** One line: what the metrics of a middling service cost with these settings. */
export function describeExpectedCost({ metrics, host }: Configuration): string {
  const { exporters, dimensions, interval, maxSeries } = metrics;
  if (!exporters.includes('cloudwatch')) return 'cost: no series in CloudWatch';
  if (dimensions !== 'lite' && dimensions !== 'standard') {
    return `cost: depends on the attributes, at most ${maxSeries} series; the application says it once it runs`;
  }
  const sampledRoutes = host.sampleRatio > 0 ? EXAMPLE.routes : 0;
  const series = Math.min(maxSeries, expectedSeries({ ...EXAMPLE, sampledRoutes }, dimensions));
  const cost = describeCost(estimateCost({ series, interval: interval / 1000 }));
  return `cost with ${EXAMPLE.routes} routes, a database and a called service: ${cost}`;
}
