import { type Attributes, type Span, SpanStatusCode, type TimeInput } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';
import { type Address, clientAddress, serverAddress } from './address.js';
import { knownMethod, OTHER_METHOD } from './method.js';
import { pathOf, protocolVersion, queryOf } from './request-line.js';
import type { ServedRequest } from './request-record.js';

/** A server span's name before its route is known, and after. `HTTP` stands for a method out of the known ones. */
export function spanName(method: string, route?: string): string {
  const verb = method === OTHER_METHOD ? 'HTTP' : method;
  return route === undefined ? verb : `${verb} ${route}`;
}

/** What is read of a request for its attributes. */
export type AskedRequest = Pick<ServedRequest, 'method' | 'url' | 'httpVersion' | 'headers' | 'socket'>;

/** The attributes that a server span starts with, and that a sampler may judge by. */
export function startAttributes(
  request: AskedRequest,
  scheme: string,
  redactQuery: (query: string) => string = (query) => query,
): Attributes {
  const attributes = commonAttributes(request, scheme, serverAddress(request.headers, scheme));
  addOwnAttributes(attributes, request, redactQuery);
  return attributes;
}

/** Those that many requests have in common. */
export function commonAttributes(
  { method, httpVersion }: Pick<AskedRequest, 'method' | 'httpVersion'>,
  scheme: string,
  server: Address | undefined,
): Attributes {
  const known = knownMethod(method);
  const attributes: Attributes = {
    [ATTR_HTTP_REQUEST_METHOD]: known,
    [ATTR_URL_SCHEME]: scheme,
    [ATTR_NETWORK_PROTOCOL_VERSION]: protocolVersion(httpVersion),
  };
  if (method !== undefined && method !== known) attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = method;
  if (server !== undefined) attributes[ATTR_SERVER_ADDRESS] = server.host;
  if (server?.port !== undefined) attributes[ATTR_SERVER_PORT] = server.port;
  return attributes;
}

/** Adds those that tell one request from others. */
export function addOwnAttributes(
  attributes: Attributes,
  { url: target = '/', headers, socket }: Pick<AskedRequest, 'url' | 'headers' | 'socket'>,
  redactQuery: (query: string) => string,
): void {
  const query = queryOf(target);
  const client = clientAddress(headers, socket?.remoteAddress);
  const userAgent = headers['user-agent'];
  attributes[ATTR_URL_PATH] = pathOf(target);
  if (query !== undefined) attributes[ATTR_URL_QUERY] = query && redactQuery(query);
  if (client !== undefined) attributes[ATTR_CLIENT_ADDRESS] = client;
  if (socket?.remoteAddress !== undefined) attributes[ATTR_NETWORK_PEER_ADDRESS] = socket.remoteAddress;
  if (socket?.remotePort !== undefined) attributes[ATTR_NETWORK_PEER_PORT] = socket.remotePort;
  if (userAgent !== undefined) attributes[ATTR_USER_AGENT_ORIGINAL] = userAgent;
}

/** How a request ended. */
export interface Outcome {
  readonly method: string;
  readonly route: string | undefined;
  readonly statusCode: number | undefined;
  readonly errorType: string | undefined;
  /** What the handler threw or what broke the response: the request failed whatever its status says. */
  readonly failure: unknown;
  /** The first error that was captured for the request. */
  readonly error: unknown;
}

/** Name, message and stack of an error as they may be told. */
export type DescribeError = (error: unknown) => { name: string; message: string; stack?: string };

/**
 * Completes and ends a server span. The answer decides about the span's status: a status below 500 is no failure of the server, whatever
 * was captured. A captured error is on its span already, redacted by whoever captured it.
 */
export function endSpan(span: Span, outcome: Outcome, endTime: TimeInput, describe: DescribeError): void {
  const { method, route, statusCode, failure, error } = outcome;
  const attributes: Attributes = {};
  addOutcome(attributes, outcome);
  span.setAttributes(attributes);
  if (route !== undefined) span.updateName(spanName(method, route));
  const cause = failure ?? error;
  if ((failure !== undefined || isServerFault(statusCode)) && !hasFailed(span)) {
    const exception = cause === undefined ? undefined : describe(cause);
    if (exception !== undefined && cause !== error) span.recordException(exception);
    span.setStatus({ code: SpanStatusCode.ERROR, ...(exception && { message: exception.message }) });
  }
  span.end(endTime);
}

/** Adds what a server span says of the end of its request. */
export function addOutcome(
  attributes: Attributes,
  { statusCode, errorType, route }: Pick<Outcome, 'statusCode' | 'errorType' | 'route'>,
): void {
  if (statusCode !== undefined) attributes[ATTR_HTTP_RESPONSE_STATUS_CODE] = statusCode;
  if (errorType !== undefined) attributes[ATTR_ERROR_TYPE] = errorType;
  if (route !== undefined) attributes[ATTR_HTTP_ROUTE] = route;
}

/** Whether the span says of itself that it failed; its message must stay. */
function hasFailed(span: Span): boolean {
  return (span as Partial<ReadableSpan>).status?.code === SpanStatusCode.ERROR;
}

export function isServerFault(statusCode: number | undefined): boolean {
  return statusCode !== undefined && statusCode >= 500;
}
