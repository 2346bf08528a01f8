/** Requests that failed although nobody told of an error: answered with a 5xx, or with an answer that broke off. */

import type { CapturesErrors, FailedRequest } from './captured.js';
import { Occurrence } from './describe.js';

/** To be called when a response has ended. True: a new event was emitted. */
export function captureServerFault(reporter: CapturesErrors, request: FailedRequest): boolean {
  const { failure, statusCode, error } = request;
  const how = { request, mechanism: 'http.server', handled: true };
  if (failure !== undefined) return reporter.capture(failure, how);
  if (statusCode === undefined || statusCode < 500 || error !== undefined) return false;
  return reporter.capture(answered(request, statusCode), how);
}

/** Without a route, the method and the status are the kind: clients make up paths. */
function answered({ method, route, path }: FailedRequest, statusCode: number): Occurrence {
  const message = `${method} ${route ?? path} was answered with ${statusCode}`;
  return new Occurrence(`HTTP ${statusCode}`, message, undefined, route === undefined ? method : undefined);
}
