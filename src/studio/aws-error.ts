import { InputError } from '../cloudwatch/input.js';
import type { Service } from './store/journal.js';

export interface AwsErrorOptions {
  /** HTTP status; 400 when absent. */
  readonly status?: number;
  /** The name in the JSON body's `__type`; the code when absent. */
  readonly shape?: string;
  /** Further members of the body. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** An error as an AWS service answers it. `code` is the name of the Query protocol, which CloudWatch sends along. */
export class AwsError extends Error {
  readonly status: number;
  readonly shape: string;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: string,
    message: string,
    options: AwsErrorOptions = {},
  ) {
    super(message);
    this.name = code;
    this.status = options.status ?? 400;
    this.shape = options.shape ?? code;
    this.members = options.members ?? {};
  }

  get fault(): 'Sender' | 'Receiver' {
    return this.status < 500 ? 'Sender' : 'Receiver';
  }
}

/** What any service may answer before it looks at the request's content. */
export type CommonErrorKind =
  | 'missing-token'
  | 'bad-signature'
  | 'unknown-client'
  | 'expired-token'
  | 'denied'
  | 'throttle'
  | 'internal'
  | 'unavailable'
  | 'invalid';

interface Answer {
  readonly code: string;
  readonly status: number;
  readonly shape?: string;
}

type Answers = Record<CommonErrorKind, Answer>;

const CLOUDWATCH: Answers = {
  'missing-token': { code: 'MissingAuthenticationToken', status: 403, shape: 'MissingAuthenticationTokenException' },
  'bad-signature': { code: 'SignatureDoesNotMatch', status: 403, shape: 'InvalidSignatureException' },
  'unknown-client': { code: 'InvalidClientTokenId', status: 403, shape: 'UnrecognizedClientException' },
  'expired-token': { code: 'ExpiredToken', status: 403, shape: 'ExpiredTokenException' },
  denied: { code: 'AccessDenied', status: 403, shape: 'AccessDeniedException' },
  throttle: { code: 'Throttling', status: 400, shape: 'ThrottlingException' },
  internal: { code: 'InternalServiceError', status: 500, shape: 'InternalServiceFault' },
  unavailable: { code: 'ServiceUnavailable', status: 503, shape: 'ServiceUnavailableException' },
  invalid: { code: 'InvalidParameterValue', status: 400, shape: 'InvalidParameterValueException' },
};

const LOGS: Answers = {
  'missing-token': { code: 'MissingAuthenticationTokenException', status: 400 },
  'bad-signature': { code: 'InvalidSignatureException', status: 400 },
  'unknown-client': { code: 'UnrecognizedClientException', status: 400 },
  'expired-token': { code: 'ExpiredTokenException', status: 400 },
  denied: { code: 'AccessDeniedException', status: 400 },
  throttle: { code: 'ThrottlingException', status: 400 },
  internal: { code: 'InternalFailure', status: 500 },
  unavailable: { code: 'ServiceUnavailableException', status: 500 },
  invalid: { code: 'InvalidParameterException', status: 400 },
};

const XRAY: Answers = {
  'missing-token': { code: 'MissingAuthenticationTokenException', status: 403 },
  'bad-signature': { code: 'InvalidSignatureException', status: 403 },
  'unknown-client': { code: 'UnrecognizedClientException', status: 403 },
  'expired-token': { code: 'ExpiredTokenException', status: 403 },
  denied: { code: 'AccessDeniedException', status: 403 },
  throttle: { code: 'ThrottledException', status: 429 },
  internal: { code: 'InternalFailure', status: 500 },
  unavailable: { code: 'ServiceUnavailable', status: 503 },
  invalid: { code: 'InvalidRequestException', status: 400 },
};

const COMMON: Record<Service, Answers> = {
  cloudwatch: CLOUDWATCH,
  sts: CLOUDWATCH,
  logs: LOGS,
  xray: XRAY,
  otlp: XRAY,
  unknown: XRAY,
};

/** The error by the name and status that this service gives it. */
export function commonError(service: Service, kind: CommonErrorKind, message: string): AwsError {
  const { code, status, shape } = COMMON[service][kind];
  return new AwsError(code, message, shape === undefined ? { status } : { status, shape });
}

/** The answer to what a reader of the request threw; undefined: a fault of the local endpoint itself. */
export function awsErrorOf(thrown: unknown): AwsError | undefined {
  if (thrown instanceof AwsError) return thrown;
  return thrown instanceof InputError ? new AwsError(thrown.code, thrown.message) : undefined;
}
