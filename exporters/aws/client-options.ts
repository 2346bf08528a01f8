import { version } from '../../package.json';

/** How our AWS clients are made. Every setting that is absent is left to the AWS SDK, which reads its own variables and files. */

/** Part of the user agent of every call. */
export const VERSION: string = version;

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** What every exporter to AWS takes. */
export interface AwsOptions {
  readonly region?: string;
  /** A profile of the shared AWS configuration files. */
  readonly profile?: string;
  /** Default: the AWS SDK's chain (environment, SSO, files, web identity, container, instance). */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  /** Base URL in place of the service's own: a VPC endpoint, a local one. */
  readonly endpoint?: string;
  readonly useFips?: boolean;
  readonly useDualStack?: boolean;
}

/** Milliseconds until a connection must stand. */
export const CONNECTION_TIMEOUT = 2000;
/** Milliseconds one request may take, connection included. */
export const REQUEST_TIMEOUT = 10_000;
const MAX_SOCKETS = 4;

/** The part of an AWS SDK client's configuration that all our clients share. */
export interface ClientConfiguration {
  region?: string;
  profile?: string;
  credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  endpoint?: string;
  useFipsEndpoint?: boolean;
  useDualstackEndpoint?: boolean;
  maxAttempts: number;
  retryMode: 'standard';
  customUserAgent: [string, string][];
  requestHandler: {
    connectionTimeout: number;
    requestTimeout: number;
    throwOnRequestTimeout: boolean;
    socketTimeout: number;
    httpAgent: { keepAlive: boolean; maxSockets: number };
    httpsAgent: { keepAlive: boolean; maxSockets: number };
  };
}

/**
 * The configuration for `new XClient(...)`.
 *
 * `maxAttempts` is 1: the delivery queue retries instead, with every attempt counted, under one deadline, abortable, and without
 * the SDK's sleeps, which keep the process alive. `throwOnRequestTimeout` because the SDK otherwise only warns when
 * `requestTimeout` has passed, and waits on (for up to 15 minutes).
 */
export function clientConfiguration(options: AwsOptions): ClientConfiguration {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS };
  return {
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.useFips === undefined ? {} : { useFipsEndpoint: options.useFips }),
    ...(options.useDualStack === undefined ? {} : { useDualstackEndpoint: options.useDualStack }),
    maxAttempts: 1,
    retryMode: 'standard',
    customUserAgent: [['org-monitoring', VERSION]],
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      throwOnRequestTimeout: true,
      socketTimeout: REQUEST_TIMEOUT,
      httpAgent: { ...agent },
      httpsAgent: { ...agent },
    },
  };
}
