/** What the answer to a request makes of an error that something in the request dealt with (decision D18). */

import { isErrorLike } from '../redaction/safe-read.js';
import type { Captured, FailedRequest } from './captured.js';
import { isOccurrence } from './describe.js';
import { isClientError } from './http-status.js';

const FIRST_CLIENT_ERROR = 400;
const FIRST_SERVER_FAULT = 500;

/**
 * Whether an error is reported. The answer decides: a 5xx answer or a broken one makes a failure of any value, a 4xx answer makes none,
 * and an answer below 400 leaves only what is an error by itself. The status that the error names counts only where there is no answer.
 */
export function isReported(
  error: unknown,
  { always, handled, duringRequest }: Captured,
  request: Pick<FailedRequest, 'statusCode' | 'failure'> | undefined,
): boolean {
  if (always === true || !handled) return true;
  if (request === undefined && duringRequest !== true) return true;
  if (request?.failure !== undefined) return true;
  const status = request?.statusCode;
  if (status === undefined) return !isClientError(error);
  if (status >= FIRST_SERVER_FAULT) return true;
  return status < FIRST_CLIENT_ERROR && isErrorByItself(error);
}

/** Whether an error that is not answered yet may be a failure or none: one that names a status of 4xx, and a value that is no error. */
export function needsAnswer(error: unknown, { always }: Captured): boolean {
  return always !== true && (isClientError(error) || !isErrorByItself(error));
}

function isErrorByItself(value: unknown): boolean {
  return isErrorLike(value) || isOccurrence(value);
}
