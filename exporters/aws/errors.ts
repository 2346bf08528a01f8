/** What a failed call means for what it carried: the one place where AWS, HTTP and network errors are told apart. */

import { isFromTheWay, meaningOf } from './status-meaning.js';

/**
 * - `retry`: did not reach the service, or the service failed; sending the same again is safe.
 * - `unanswered`: sent, and no answer came; it may have been taken, so sending again may count twice.
 * - `throttled`: the service asks for fewer calls.
 * - `split`: the request is too large; half of it may pass.
 * - `denied`: no credentials, no permission, no region, or a proxy that asks for a login; may heal without a restart.
 * - `refused`: the service read the request and refuses something in it; the rest may pass without that.
 * - `missing`: the thing written to does not exist (a log group or stream).
 * - `permanent`: the same request will never pass.
 */
export type FailureKind =
  | 'retry'
  | 'unanswered'
  | 'throttled'
  | 'split'
  | 'denied'
  | 'refused'
  | 'missing'
  | 'permanent';

export interface Failure {
  readonly kind: FailureKind;
  /** The error's code or name: `AccessDenied`, `ECONNREFUSED`, `HTTP 503`. */
  readonly name: string;
  readonly message: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** Milliseconds the service asked to wait. */
  readonly retryAfter?: number;
}

/** An HTTP answer that is not a success, from a client that does not make errors of them. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string | undefined>> = {},
  ) {
    super(message);
  }
}

/** `Retry-After` is honoured up to this many milliseconds. */
export const MAX_RETRY_AFTER = 300_000;

const DENIED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthFailure',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'ProviderError',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnauthorizedException',
  'UnrecognizedClientException',
]);

const THROTTLED = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  // CloudWatch's; not the LimitExceededException with which other services refuse a resource for good.
  'LimitExceeded',
  'LimitExceededFault',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/** Answers with a 4xx status that are nevertheless worth sending again. */
const TRANSIENT = new Set([
  'InternalFailure',
  'InternalServerException',
  'InternalServiceFault',
  'OperationAbortedException',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
]);

/** Refused before a connection was used, so nothing was taken. */
const NOT_SENT = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENFILE',
  'ENOTFOUND',
  // Of a TLS handshake.
  'EPROTO',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The connection broke before an answer came; the service may have read the request. */
const BROKEN = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'UND_ERR_SOCKET']);

const NO_ANSWER = new Set(['TimeoutError', 'AbortError', 'ETIMEDOUT', 'ESOCKETTIMEDOUT']);

/** A connection that was not made in time: Node's `ETIMEDOUT` on connect, and the AWS SDK's wording. */
const NO_CONNECTION =
  /did not establish a connection|without establishing a connection|connect(ion)? tim|connect ETIMEDOUT|before secure TLS connection/i;

/** The AWS SDK's plain `Error`s about settings that it finds out when it sends. */
const UNCONFIGURED =
  /region is missing|could not load credentials|credential is missing|invalid region|could not resolve credentials/i;

/** A request's size, told with the name of any other invalid parameter (PutLogEvents; PutMetricData of old). */
const TOO_LARGE = /^upload too large\b|^request size \d+ exceeded/i;

/** Clock skew, which the AWS SDK corrects from the answer: the next attempt is signed with the corrected time. */
const CLOCK_SKEW = /signature (expired|not yet current)|request time.*too.*(skew|far)/i;

/** Says what `error` means for the request that it ended. Never throws; anything unknown is `retry`. */
export function classify(error: unknown): Failure {
  const status = statusOf(error);
  const stated = { name: nameOf(error), message: messageOf(error) };
  const { name, message } = status === undefined ? stated : inPlainWords(stated, status, headerOf(error, 'location'));
  const retryAfter = parseRetryAfter(headerOf(error, 'retry-after'));
  return {
    kind: kindOf(stated.name, stated.message, status),
    name,
    message,
    ...(status === undefined ? {} : { status }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}

/** The names that say nothing: ours, and those that the AWS SDK gives to an answer without an error of the service. */
const NAMELESS = new Set(['Error', 'HttpError', 'Unknown', 'UnknownError', 'SyntaxError']);

/** The status in place of a name that says nothing, and its meaning in place of a message that says nothing. */
function inPlainWords(
  { name, message }: { name: string; message: string },
  status: number,
  location: string | undefined,
): { name: string; message: string } {
  if (isFromTheWay(status)) return { name: `HTTP ${status}`, message: meaningOf(status, location) };
  if (!NAMELESS.has(name)) return { name, message };
  const saysNothing = message === 'UnknownError' || message === 'Unknown' || name === 'SyntaxError';
  return { name: `HTTP ${status}`, message: saysNothing ? meaningOf(status, location) : message };
}

/** What an HTTP status alone says; a status of 2xx comes with an answer that can't be the service's. */
export function kindOfStatus(status: number): FailureKind {
  // No service redirects these calls: a proxy or a portal does, until it is mended.
  if (status < 400) return 'retry';
  if (status === 429) return 'throttled';
  if (status === 413) return 'split';
  if (status === 401 || status === 403 || status === 451 || isFromTheWay(status)) return 'denied';
  if (status === 400 || status === 422) return 'refused';
  // Another connection, or a later one, reaches the right server.
  if (status === 421 || status === 425) return 'retry';
  if (status === 408 || (status >= 500 && status !== 501 && status !== 505)) return 'retry';
  return 'permanent';
}

/**
 * `Retry-After` in milliseconds: seconds or an HTTP date, at most {@link MAX_RETRY_AFTER}; undefined when there is none to read.
 * @param now epoch milliseconds, for the date form
 */
export function parseRetryAfter(header: string | undefined, now: number = Date.now()): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) && wait >= 0 ? Math.min(wait, MAX_RETRY_AFTER) : undefined;
}

function kindOf(name: string, message: string, status: number | undefined): FailureKind {
  if (CLOCK_SKEW.test(message)) return 'retry';
  if (THROTTLED.has(name)) return 'throttled';
  if (DENIED.has(name) || UNCONFIGURED.test(message)) return 'denied';
  if (TRANSIENT.has(name)) return 'retry';
  if (name === 'ResourceNotFoundException') return 'missing';
  if (name === 'RequestEntityTooLarge' || TOO_LARGE.test(message)) return 'split';
  // A code of ours, a proxy's HTML page read as JSON: the status is the truth.
  if (status !== undefined) return kindOfStatus(status);
  if (NOT_SENT.has(name) || NO_CONNECTION.test(message)) return 'retry';
  return BROKEN.has(name) || NO_ANSWER.has(name) ? 'unanswered' : 'retry';
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function nameOf(error: unknown): string {
  // fetch() hides the network's code in the cause.
  const code = text(property(error, 'code')) ?? text(property(property(error, 'cause'), 'code'));
  // The AWS SDK calls a broken connection a TimeoutError and leaves the code as it was.
  if (code !== undefined && (NOT_SENT.has(code) || BROKEN.has(code))) return code;
  const name = text(property(error, 'name'));
  if (name !== undefined && name !== 'Error' && name !== 'TypeError') return name;
  return code ?? name ?? 'Error';
}

function messageOf(error: unknown): string {
  return text(property(error, 'message')) ?? text(property(property(error, 'cause'), 'message')) ?? String(error);
}

function statusOf(error: unknown): number | undefined {
  const candidates = [
    property(property(error, '$metadata'), 'httpStatusCode'),
    property(property(error, '$response'), 'statusCode'),
    property(error, 'status'),
    property(error, 'statusCode'),
  ];
  return candidates.find((value): value is number => typeof value === 'number');
}

function headerOf(error: unknown, name: string): string | undefined {
  return (
    text(property(property(property(error, '$response'), 'headers'), name)) ??
    text(property(property(error, 'headers'), name))
  );
}
