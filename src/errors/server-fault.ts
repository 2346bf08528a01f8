/** Requests that were answered with a 5xx although no error was seen. */

import type { CapturesErrors, FailedRequest } from './captured.js';
import { Occurrence } from './describe.js';

/** To be called when a response has ended. True: a new event was emitted. */
export function captureServerFault(reporter: CapturesErrors, request: FailedRequest): boolean {
  const { statusCode, method, route, path } = request;
  if (statusCode === undefined || statusCode < 500 || request.error !== undefined) return false;
  const fault = new Occurrence(`HTTP ${statusCode}`, `${method} ${route ?? path} was answered with ${statusCode}`);
  return reporter.capture(fault, { request, mechanism: 'http.server', handled: true });
}
