import { version } from '../../package.json';
import type { OnCall } from './observed-call.js';

/** What all clients of AWS take. */

/** Part of the user agent of every call. */
export const VERSION: string = version;

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/**
 * Credentials that several clients share; `CredentialsCache` of credentials.ts.
 *
 * @internal
 */
export interface SharedCredentials {
  get(): Promise<AwsCredentials>;
  refuse(used: AwsCredentials): Promise<boolean>;
  accept(used: AwsCredentials): void;
  onRenewed(run: () => void): () => void;
}

/** What every exporter to AWS takes. */
export interface AwsOptions {
  readonly region?: string;
  /** A profile of the shared AWS configuration files. */
  readonly profile?: string;
  /** Default: the AWS SDK's chain (environment, SSO, files, web identity, container, instance). */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  /**
   * Credentials that other clients use as well, in place of `credentials`.
   *
   * @internal
   */
  readonly sharedCredentials?: SharedCredentials;
  /** Base URL in place of the service's own: a VPC endpoint, a local one. */
  readonly endpoint?: string;
  readonly useFips?: boolean;
  readonly useDualStack?: boolean;
  /** `true`: no variable and no profile may name an endpoint. Default: `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS`, else the profile's. */
  readonly ignoreConfiguredEndpoints?: boolean;
  /**
   * `false`: only options and the profile count, since whoever gives the options has read the environment. Default true.
   *
   * @internal
   */
  readonly readsEnvironment?: boolean;
  /**
   * Told of each request when it has ended.
   *
   * @internal
   */
  readonly onCall?: OnCall;
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
