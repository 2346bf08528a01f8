/** The rates of failing requests and of failing work, out of their durations: exact, and without one more instrument. */

import type { ExplicitPoint, ExponentialPoint } from './histogram.js';
import type { Measurement } from './measurement.js';

const DURATION = 'http.server.request.duration';
const STATUS = 'http.response.status_code';
const ERROR_TYPE = 'error.type';

/** `error.type` of a request whose client went away before the answer was complete. */
const ABORTED = 'aborted';

/**
 * `http.server.fault` and `http.server.error` for a point of `http.server.request.duration`, as 0 and 1 per request: Average is the rate,
 * Sum the failures, SampleCount the requests. Nothing for any other point, and for requests whose clients left before an answer.
 */
export function requestOutcomes(point: Measurement): Measurement[] {
  const count = countOf(point);
  const kind = point.name === DURATION ? outcomeOf(point.attributes) : undefined;
  if (kind === undefined || count === undefined) return [];
  return [
    tally(point, count, 'http.server.fault', kind === 'fault'),
    tally(point, count, 'http.server.error', kind === 'error'),
  ];
}

/** The rates of failing runs by the durations that they come from. */
const WORK_FAULTS: Readonly<Record<string, string>> = {
  'monitoring.job.duration': 'monitoring.job.fault',
  'messaging.process.duration': 'messaging.process.fault',
};

/** The same for work that no request starts: each run of a job and each processed message that has an `error.type` is a fault. */
export function workOutcomes(point: Measurement): Measurement[] {
  const name = Object.hasOwn(WORK_FAULTS, point.name) ? WORK_FAULTS[point.name] : undefined;
  const count = countOf(point);
  if (name === undefined || count === undefined) return [];
  return [tally(point, count, name, point.attributes[ERROR_TYPE] !== undefined)];
}

function tally(point: Measurement, count: number, name: string, is: boolean): Measurement {
  return { ...point, name, unit: 'Count', measure: { kind: 'tally', no: is ? 0 : count, yes: is ? count : 0 } };
}

/**
 * What became of the requests with these attributes: a fault is a 5xx answer, or one that the server broke off whatever its status; an
 * error is a 4xx answer. Undefined: they were not answered.
 */
export function outcomeOf(attributes: Readonly<Record<string, unknown>>): 'fault' | 'error' | 'success' | undefined {
  const status = Number(attributes[STATUS]);
  const errorType = attributes[ERROR_TYPE];
  const hasFailed = errorType !== undefined && errorType !== ABORTED && errorType !== String(attributes[STATUS]);
  if (hasFailed || (status >= 500 && status < 600)) return 'fault';
  if (!(status >= 100 && status < 600)) return undefined;
  return status >= 400 ? 'error' : 'success';
}

function countOf({ measure }: Measurement): number | undefined {
  const point: ExponentialPoint | ExplicitPoint | undefined =
    measure.kind === 'exponential' || measure.kind === 'explicit' ? measure.point : undefined;
  return point !== undefined && point.count > 0 ? point.count : undefined;
}
