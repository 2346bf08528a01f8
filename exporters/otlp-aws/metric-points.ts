import type { HrTime } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { DataPoint, MetricData, ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import type { Item } from '../aws/item.js';
import { MAX_METRIC_REQUEST_BYTES, MAX_POINTS } from './limits.js';
import { attributeBytes, metricBytes, pointBytes } from './sizes.js';

/** One data point with what it belongs to, so that points can be sent, kept and dropped on their own. */
export interface Point {
  readonly resource: Resource;
  readonly scope: ScopeMetrics['scope'];
  readonly metric: MetricData;
  readonly point: DataPoint<unknown>;
  /** Epoch milliseconds. */
  readonly time: number;
  /** On the wire, nearly. */
  readonly bytes: number;
}

export function toPoints({ resource, scopeMetrics }: ResourceMetrics): Point[] {
  const points: Point[] = [];
  for (const { scope, metrics } of scopeMetrics) {
    for (const metric of metrics) {
      // Its fields are written once per request, whichever of its points are in it.
      const shared = metricBytes(metric) / Math.max(1, metric.dataPoints.length);
      for (const point of metric.dataPoints) {
        const time = point.endTime[0] * 1000 + point.endTime[1] / 1e6;
        points.push({ resource, scope, metric, point, time, bytes: Math.ceil(pointBytes(point) + shared) });
      }
    }
  }
  return points;
}

/** The point with its times moved by `offset` milliseconds. */
export function shifted(point: Point, offset: number): Point {
  if (offset === 0) return point;
  const { startTime, endTime } = point.point;
  return { ...point, point: { ...point.point, startTime: moved(startTime, offset), endTime: moved(endTime, offset) } };
}

function moved([seconds, nanoseconds]: HrTime, offset: number): HrTime {
  const total = seconds + Math.trunc(offset / 1000);
  const rest = nanoseconds + Math.round((offset % 1000) * 1e6);
  if (rest < 0) return [total - 1, rest + 1e9];
  return rest < 1e9 ? [total, rest] : [total + 1, rest - 1e9];
}

/** The metrics that `points` belong to, with these points alone; undefined when there are none. All have the first one's resource. */
export function regroup(points: readonly Point[]): ResourceMetrics | undefined {
  const [first] = points;
  if (first === undefined) return undefined;
  const scopes = new Map<Point['scope'], Map<MetricData, DataPoint<unknown>[]>>();
  for (const { scope, metric, point } of points) {
    const metrics = scopes.get(scope) ?? new Map<MetricData, DataPoint<unknown>[]>();
    scopes.set(scope, metrics);
    const present = metrics.get(metric);
    if (present === undefined) metrics.set(metric, [point]);
    else present.push(point);
  }
  return {
    resource: first.resource,
    scopeMetrics: [...scopes].map(([scope, metrics]) => ({
      scope,
      metrics: [...metrics].map(([metric, dataPoints]) => ({ ...metric, dataPoints }) as MetricData),
    })),
  };
}

/** Framing of a request besides its points and resource, bytes. */
const REQUEST_OVERHEAD = 1024;

/** How many leading points make one request: of one resource, within count and size. */
export function leadingPoints(items: readonly Item<Point>[]): number {
  const resource = items[0]?.value.resource;
  let bytes = REQUEST_OVERHEAD + attributeBytes(resource?.attributes);
  let count = 0;
  for (const item of items) {
    bytes += item.bytes;
    const fits = count < MAX_POINTS && bytes <= MAX_METRIC_REQUEST_BYTES && item.value.resource === resource;
    if (!fits && count > 0) break;
    count += 1;
  }
  return count;
}
