/** Rates of failing requests, out of the durations: exact, and without one more instrument. */

import type { ExplicitPoint, ExponentialPoint } from './histogram.js';
import type { Measurement } from './measurement.js';

const DURATION = 'http.server.request.duration';
const STATUS = 'http.response.status_code';

/**
 * `http.server.fault` (5xx) and `http.server.error` (4xx) for a point of `http.server.request.duration` that says its status, as 0
 * and 1 per request: Average is the rate, Sum the failures, SampleCount the requests. Nothing for any other point.
 */
export function requestOutcomes(point: Measurement): Measurement[] {
  const count = countOf(point);
  const status = Number(point.attributes[STATUS]);
  if (point.name !== DURATION || count === undefined || !(status >= 100 && status < 600)) return [];
  const outcome = (name: string, is: boolean): Measurement => ({
    ...point,
    name,
    unit: 'Count',
    measure: { kind: 'tally', no: is ? 0 : count, yes: is ? count : 0 },
  });
  return [outcome('http.server.fault', status >= 500), outcome('http.server.error', status >= 400 && status < 500)];
}

function countOf({ measure }: Measurement): number | undefined {
  const point: ExponentialPoint | ExplicitPoint | undefined =
    measure.kind === 'exponential' || measure.kind === 'explicit' ? measure.point : undefined;
  return point !== undefined && point.count > 0 ? point.count : undefined;
}
