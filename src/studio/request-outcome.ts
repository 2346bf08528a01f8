import type { Attributes } from './otlp-model.js';

/** `error.type` of a request whose client left before its answer was complete. */
const ABORTED = 'aborted';

/**
 * What became of the requests with these attributes of `http.server.request.duration`: a fault is a 5xx answer, or one that the server broke
 * off whatever its status; an error is a 4xx answer.
 */
export function requestOutcome(attributes: Attributes): 'fault' | 'error' | undefined {
  const status = String(attributes['http.response.status_code'] ?? '');
  const errorType = String(attributes['error.type'] ?? '');
  const hasFailed = errorType !== '' && errorType !== ABORTED && errorType !== status;
  if (hasFailed || Number(status) >= 500) return 'fault';
  return Number(status) >= 400 ? 'error' : undefined;
}
