import type { Arrival, Route } from './arrival.js';
import type { AwsError } from './aws-error.js';
import type { Reply } from './http.js';
import { toXml } from './query-protocol.js';
import { CLOUDWATCH_NAMESPACE } from './services/cloudwatch.js';
import { failure } from './services/otlp.js';
import { STS_NAMESPACE } from './services/sts.js';
import type { Service } from './store/journal.js';

/** What precedes a shape's name in `__type`. */
const SHAPE_NAMESPACES: Readonly<Partial<Record<Service, string>>> = { cloudwatch: 'com.amazonaws.cloudwatch#' };

const jsonType = (route: Route): string =>
  route.protocol === 'rest-json'
    ? 'application/json'
    : `application/x-amz-json-${route.service === 'cloudwatch' ? '1.0' : '1.1'}`;

export const jsonReply = (
  route: Route,
  arrival: Arrival,
  output: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  status: 200,
  headers: { 'content-type': jsonType(route), 'x-amzn-requestid': arrival.requestId, ...headers },
  body: JSON.stringify(output),
});

export const xmlReply = (arrival: Arrival, body: string, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': arrival.requestId },
  body,
});

/** An error in the protocol of the call that it answers. */
export function errorReply(route: Route, arrival: Arrival, error: AwsError): Reply {
  if (route.protocol === 'otlp') return otlpError(arrival, error);
  return route.protocol === 'query' ? xmlError(route, arrival, error) : jsonError(route, arrival, error);
}

function otlpError(arrival: Arrival, error: AwsError): Reply {
  const reply = failure(arrival, error.status, error.message);
  const aws = arrival.signature === undefined ? {} : { 'x-amzn-errortype': error.code };
  return { ...reply, headers: { ...reply.headers, ...aws, 'x-amzn-requestid': arrival.requestId } };
}

function xmlError(route: Route, arrival: Arrival, error: AwsError): Reply {
  const namespace = route.service === 'cloudwatch' ? CLOUDWATCH_NAMESPACE : STS_NAMESPACE;
  const body = { Error: { Type: error.fault, Code: error.code, Message: error.message }, RequestId: arrival.requestId };
  return xmlReply(arrival, `<ErrorResponse xmlns="${namespace}">${toXml(body)}</ErrorResponse>`, error.status);
}

function jsonError(route: Route, arrival: Arrival, error: AwsError): Reply {
  const shape = error.shape.includes('#') ? error.shape : `${SHAPE_NAMESPACES[route.service] ?? ''}${error.shape}`;
  const queryMode = arrival.headers['x-amzn-query-mode'] === 'true';
  return {
    status: error.status,
    headers: {
      'content-type': jsonType(route),
      'x-amzn-requestid': arrival.requestId,
      ...(queryMode ? { 'x-amzn-query-error': `${error.code};${error.fault}` } : {}),
      ...(route.protocol === 'rest-json' ? { 'x-amzn-errortype': error.shape } : {}),
    },
    body: JSON.stringify({ __type: shape, message: error.message, ...error.members }),
  };
}
