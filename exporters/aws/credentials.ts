import type { AwsCredentials, AwsOptions } from './client-options.js';
import type { Clock } from './clock.js';

/** Credentials are renewed this long before they expire, milliseconds: nothing is signed that expires on its way. */
export const RENEW_BEFORE = 300_000;
/** A renewal that failed while the credentials still hold is tried again after this long, milliseconds. */
const RENEW_PAUSE = 10_000;

/** @param renew true when what was handed out last was refused: caches must not answer */
export type CredentialsSource = (renew: boolean) => Promise<AwsCredentials>;

/** Holds credentials between requests: sources go to files, containers and the network, and some ask a person. */
export class CredentialsCache {
  readonly #source: CredentialsSource;
  readonly #clock: Clock;
  #held: AwsCredentials | undefined;
  #pending: Promise<AwsCredentials> | undefined;
  #refused = false;
  #renewNotBefore = 0;

  constructor(source: CredentialsSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * Credentials that have not expired. Renewed in the background when they soon will; callers at the same time share one renewal.
   * @throws what the source throws, when there are none that hold
   */
  async get(): Promise<AwsCredentials> {
    const held = this.#held;
    if (held === undefined || this.#expiresWithin(held, 0)) return this.#renew();
    if (this.#expiresWithin(held, RENEW_BEFORE) && this.#clock.now() >= this.#renewNotBefore) {
      this.#renew().catch(() => {
        this.#renewNotBefore = this.#clock.now() + RENEW_PAUSE;
      });
    }
    return held;
  }

  /** The service refused `used`: the next {@link get} asks the source anew. */
  refuse(used: AwsCredentials): void {
    if (this.#held?.accessKeyId !== used.accessKeyId || this.#held.sessionToken !== used.sessionToken) return;
    this.#held = undefined;
    this.#refused = true;
  }

  #renew(): Promise<AwsCredentials> {
    this.#pending ??= this.#load().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #load(): Promise<AwsCredentials> {
    const renew = this.#refused || this.#held !== undefined;
    const loaded = await this.#source(renew);
    this.#held = loaded;
    this.#refused = false;
    return loaded;
  }

  #expiresWithin(credentials: AwsCredentials, time: number): boolean {
    const expiration = credentials.expiration?.getTime();
    return expiration !== undefined && expiration - time <= this.#clock.now();
  }
}

/** The credentials given, or the AWS SDK's chain, which is loaded with the first request. */
export function credentialsSource(options: AwsOptions): CredentialsSource {
  const { credentials } = options;
  if (typeof credentials === 'function') return () => credentials();
  if (credentials !== undefined) return async () => credentials;
  return chain(options);
}

function chain({ profile, region }: AwsOptions): CredentialsSource {
  const load = async () => {
    const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
    return fromNodeProviderChain({
      ...(profile === undefined ? {} : { profile }),
      ...(region === undefined ? {} : { clientConfig: { region } }),
    });
  };
  let provider: ReturnType<typeof load> | undefined;
  return async (renew) => {
    provider ??= load();
    return (await provider)(renew ? { forceRefresh: true } : undefined);
  };
}
