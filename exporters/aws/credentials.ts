import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { AwsCredentials, AwsOptions, SharedCredentials } from './client-options.js';
import type { Clock } from './clock.js';
import { HttpTransport } from './http-transport.js';
import { REQUEST_TIMEOUT } from './request-limits.js';
import { SdkRequestHandler } from './sdk-request-handler.js';

/** Credentials are renewed this long before they expire, milliseconds: nothing is signed that expires on its way. */
export const RENEW_BEFORE = 300_000;
/** A renewal that failed while the credentials still hold is tried again after this long, milliseconds. */
const RENEW_PAUSE = 10_000;
/** Milliseconds between two looks at the source while credentials are missing or refused. */
export const LOOK_EVERY = 5000;
/** A source that is slow to answer is asked less often: looking takes at most this fraction of the time. */
const LOOK_SHARE = 1 / 20;

/** Asks for credentials anew: no cache answers. */
export type CredentialsSource = () => Promise<AwsCredentials>;

/** Holds credentials between requests: sources go to files, containers and the network, and some ask a person. */
export class CredentialsCache implements SharedCredentials {
  readonly #source: CredentialsSource;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #held: AwsCredentials | undefined;
  #pending: Promise<AwsCredentials> | undefined;
  #refused: AwsCredentials | undefined;
  #renewNotBefore = 0;
  /** Whether somebody waits for others than the source has. */
  #wanted = false;
  #cancelLook: (() => void) | undefined;

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

  /**
   * Takes note that the service refused `used`, and asks the source anew. While the source has no others, it is looked at every few
   * seconds for {@link onRenewed}.
   * @returns true when there are others now. Never rejects.
   */
  async refuse(used: AwsCredentials): Promise<boolean> {
    if (this.#held !== undefined && !isSame(this.#held, used)) return true;
    this.#refused = used;
    try {
      return !isSame(await this.#renew(), used);
    } catch {
      // The service's refusal says more than that there is nothing better; the next get() tells.
      return false;
    }
  }

  /** Takes note that the service took `used`. */
  accept(used: AwsCredentials): void {
    if (this.#refused !== undefined && isSame(used, this.#refused)) this.#settle();
  }

  /**
   * Calls `run` when credentials are there after they were missing or refused.
   * @returns ends that
   */
  onRenewed(run: () => void): () => void {
    this.#listeners.add(run);
    return () => {
      this.#listeners.delete(run);
      if (this.#listeners.size === 0) this.#stopLooking();
    };
  }

  #renew(): Promise<AwsCredentials> {
    this.#pending ??= this.#load().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #load(): Promise<AwsCredentials> {
    const began = this.#clock.now();
    try {
      const loaded = await this.#source();
      this.#held = loaded;
      if (this.#refused !== undefined && isSame(loaded, this.#refused)) this.#lookLater(began);
      else this.#settle();
      return loaded;
    } catch (error) {
      this.#lookLater(began);
      throw error;
    }
  }

  /** There are credentials that nobody has refused, or that are taken again. */
  #settle(): void {
    const wanted = this.#wanted;
    this.#wanted = false;
    this.#refused = undefined;
    this.#stopLooking();
    if (wanted) for (const listener of this.#listeners) listener();
  }

  #lookLater(began: number): void {
    this.#wanted = true;
    if (this.#listeners.size === 0) return;
    this.#stopLooking();
    const pause = Math.max(LOOK_EVERY, (this.#clock.now() - began) / LOOK_SHARE);
    // A request that needs credentials says why there are none.
    this.#cancelLook = this.#clock.after(pause, () => void this.#renew().catch(() => {}), false);
  }

  #stopLooking(): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  #expiresWithin(credentials: AwsCredentials, time: number): boolean {
    const expiration = credentials.expiration?.getTime();
    return expiration !== undefined && expiration - time <= this.#clock.now();
  }
}

function isSame(a: AwsCredentials, b: AwsCredentials): boolean {
  return (
    a.accessKeyId === b.accessKeyId && a.sessionToken === b.sessionToken && a.secretAccessKey === b.secretAccessKey
  );
}

/** Error codes by which services refuse credentials that others may replace. */
const REFUSED = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

/** Whether an error says that the credentials themselves were refused, not what they may do. */
export function isRefusedCredentials(name: string): boolean {
  return REFUSED.has(name);
}

/** The cache that the options name, or one of its own. */
export function credentialsOf(options: AwsOptions, clock: Clock): SharedCredentials {
  return options.sharedCredentials ?? new CredentialsCache(credentialsSource(options), clock);
}

/** The credentials given, or the AWS SDK's chain, which is loaded with the first request. */
export function credentialsSource(options: AwsOptions): CredentialsSource {
  const { credentials, sharedCredentials } = options;
  if (sharedCredentials !== undefined) return () => sharedCredentials.get();
  if (typeof credentials === 'function') return () => credentials();
  if (credentials !== undefined) return async () => credentials;
  return () => loadFromChain(options);
}

/**
 * Credentials by the AWS SDK's chain. The chain is made anew each time and reads its files anew: the SDK would go on with files,
 * role sessions and source credentials as it has first seen them.
 */
async function loadFromChain({ profile, region }: AwsOptions): Promise<AwsCredentials> {
  const { fromIni, fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const transport = new HttpTransport({ answerTimeout: REQUEST_TIMEOUT, hold: false });
  const requestHandler = new SdkRequestHandler(transport);
  const options = {
    ignoreCache: true,
    ...(profile === undefined ? {} : { profile }),
    // Of the clients of STS and SSO that sources make.
    clientConfig: { requestHandler },
    // As clientConfig it would also replace the region of SSO, which is often another.
    parentClientConfig: region === undefined ? {} : { region },
  };
  try {
    return await untraced(() => fromNodeProviderChain(options)());
  } catch (error) {
    if (profile === undefined) throw error;
    // The chain only says that it found none: the profile's own source says why.
    return await untraced(() => fromIni(options)());
  } finally {
    transport.destroy();
  }
}

/** In an application's own thread, its calls are traced. */
function untraced<T>(call: () => Promise<T>): Promise<T> {
  return context.with(suppressTracing(ROOT_CONTEXT), call);
}
