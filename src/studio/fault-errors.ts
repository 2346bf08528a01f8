import type { Account, Route } from './arrival.js';
import { AwsError, type CommonErrorKind, commonError } from './aws-error.js';
import type { Fault, FaultKind } from './faults.js';

const KINDS: Readonly<Partial<Record<FaultKind, CommonErrorKind>>> = {
  throttle: 'throttle',
  error5xx: 'internal',
  unavailable: 'unavailable',
  reject: 'invalid',
  denied: 'denied',
  'expired-token': 'expired-token',
  'invalid-credentials': 'unknown-client',
};

/** The error that a fault answers with; undefined: it does not answer with an error. */
export function faultError(fault: Fault, route: Route, account: Account): AwsError | undefined {
  const kind = KINDS[fault.kind];
  if (kind === undefined) return undefined;
  const error = commonError(route.service, kind, messageOf(kind, route, account));
  if (fault.kind !== 'error5xx' || fault.status === undefined) return error;
  return new AwsError(error.code, error.message, { status: fault.status, shape: error.shape });
}

function messageOf(kind: CommonErrorKind, route: Route, account: Account): string {
  switch (kind) {
    case 'throttle':
      return 'Rate exceeded';
    case 'denied':
      return deniedMessage(iamAction(route), account);
    case 'expired-token':
      return 'The security token included in the request is expired';
    case 'unknown-client':
      return 'The security token included in the request is invalid.';
    case 'unavailable':
      return 'Service is unavailable';
    case 'internal':
      return 'The request processing has failed because of an unknown error, exception or failure.';
    default:
      return 'The request is refused on demand.';
  }
}

const deniedMessage = (action: string, account: Account): string =>
  `User: ${account.arn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`;

const OTLP_ACTIONS: Readonly<Record<string, string>> = {
  'v1/traces': 'xray:PutSpans',
  'v1/metrics': 'cloudwatch:PutMetricData',
  'v1/logs': 'logs:PutLogEvents',
};

const iamAction = (route: Route): string =>
  (route.protocol === 'otlp' ? OTLP_ACTIONS[route.action] : undefined) ?? `${route.service}:${route.action}`;
