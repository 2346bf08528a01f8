import { version } from '../../package.json';

/** How our AWS clients are made. Every setting that is absent is left to the AWS SDK, which reads its own variables and files. */

import type { HttpTransport } from './http-transport.js';
import { SdkRequestHandler } from './sdk-request-handler.js';

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
  /** Milliseconds until a connection must stand. Default 2000. */
  readonly connectionTimeout?: number;
  /** Milliseconds one request may take. Default 10 000. */
  readonly requestTimeout?: number;
  /**
   * How often an item is sent at most while no answer says whether it was taken: each time after the first it may be there twice. Default:
   * metrics 2, everything else until its age limit. What is known not to have been taken is sent until its age limit, however often.
   */
  readonly maxAttempts?: number;
}

/** How often an item is sent again while no answer says whether it was taken; by default so often as `otherwise` says. */
export function repeatsOf({ maxAttempts }: AwsOptions, otherwise = 1): number {
  return maxAttempts === undefined ? otherwise : Math.max(0, maxAttempts - 1);
}

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
  requestHandler: SdkRequestHandler;
}

/**
 * The configuration for `new XClient(...)`.
 *
 * `maxAttempts` is 1: the delivery queue retries instead, with every attempt counted, under one deadline, abortable, and without
 * the SDK's sleeps, which keep the process alive.
 *
 * @param transport sends the requests; its limits are theirs
 */
export function clientConfiguration(options: AwsOptions, transport: HttpTransport): ClientConfiguration {
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
    requestHandler: new SdkRequestHandler(transport),
  };
}
