import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AwsCredentials, AwsOptions } from '../aws/client-options.js';
import { VERSION } from '../aws/client-options.js';
import type { Clock } from '../aws/clock.js';
import { type OtlpService, regionOf, serviceEndpoint, signalUrl } from '../aws/endpoints.js';
import { ClockSkew, sign } from '../aws/signing.js';
import { CredentialsCache, credentialsSource } from './credentials.js';
import { HttpTransport } from './http-transport.js';
import { errorOf, OtlpError } from './otlp-error.js';

const compress = promisify(gzip);

/** Smaller bodies go as they are: compressing them saves no packet. Bytes. */
const MIN_COMPRESSED_BYTES = 1024;

export interface OtlpClientOptions {
  readonly service: OtlpService;
  readonly path: '/v1/traces' | '/v1/metrics';
  readonly aws: AwsOptions;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly connectionTimeout?: number | undefined;
}

/** Where requests go and what they are signed for. */
export interface Target {
  readonly url: URL;
  readonly region: string;
}

/**
 * @throws Error `Region is missing` when neither the options nor the endpoint name one; TypeError for an endpoint that is no URL
 */
export function targetOf({ service, path, aws }: Pick<OtlpClientOptions, 'service' | 'path' | 'aws'>): Target {
  const given = aws.endpoint === undefined ? undefined : signalUrl(aws.endpoint, path);
  const region = aws.region ?? (given === undefined ? undefined : regionOf(given.hostname));
  if (region === undefined) throw new Error('Region is missing: give `region`, or an `endpoint` whose host names one');
  const { useFips, useDualStack } = aws;
  return { region, url: given ?? signalUrl(serviceEndpoint({ service, region, useFips, useDualStack }), path) };
}

/** Posts OTLP bodies to one AWS endpoint: compressed, then signed over the exact bytes that are sent. */
export class OtlpClient {
  readonly #options: OtlpClientOptions;
  readonly #transport: HttpTransport;
  readonly #credentials: CredentialsCache;
  readonly #skew = new ClockSkew();

  constructor(options: OtlpClientOptions) {
    this.#options = options;
    this.#transport = new HttpTransport(options.connectionTimeout);
    this.#credentials = new CredentialsCache(credentialsSource(options.aws), options.clock);
  }

  /** Milliseconds that the service's clock is ahead of ours, as far as it was found out. */
  get clockOffset(): number {
    return this.#skew.offset;
  }

  /**
   * One request, sent a second time when it was refused for a cause that is now removed: a clock that is off, credentials that
   * have expired.
   * @param body an OTLP export request in protobuf
   * @returns the body of the answer
   * @throws OtlpError when the answer is not 2xx, the network's error, or the credential source's
   */
  async post(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const target = targetOf(this.#options);
    const large = body.byteLength >= MIN_COMPRESSED_BYTES;
    const bytes = large ? await compress(body) : body;
    const headers = {
      'content-type': 'application/x-protobuf',
      'user-agent': `org-monitoring/${VERSION}`,
      ...(large ? { 'content-encoding': 'gzip' } : {}),
    };
    const first = await this.#attempt(target, headers, bytes, signal);
    const answer = first.refused && !signal.aborted ? await this.#attempt(target, headers, bytes, signal) : first;
    if (answer.error !== undefined) throw answer.error;
    return answer.body;
  }

  destroy(): void {
    this.#transport.destroy();
  }

  async #attempt(
    { url, region }: Target,
    headers: Record<string, string>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<{ body: Uint8Array; error?: OtlpError; refused?: boolean }> {
    const credentials = await this.#credentials.get();
    const date = this.#skew.correct(this.#options.clock.now());
    const scope = { service: this.#options.service, region };
    const signed = await sign({ method: 'POST', url, headers, body }, scope, credentials, date);
    const answer = await this.#transport.post(url, signed, body, signal);
    if (answer.status >= 200 && answer.status < 300) return { body: answer.body };
    const error = errorOf(answer);
    return { body: answer.body, error, refused: this.#removesCause(error, credentials) };
  }

  /** True when the next attempt is signed differently. */
  #removesCause(error: OtlpError, used: AwsCredentials): boolean {
    if (this.#skew.learn(error.name, error.message, error.headers.date, this.#options.clock.now())) return true;
    if (!REFUSED_CREDENTIALS.has(error.name)) return false;
    this.#credentials.refuse(used);
    return true;
  }
}

const REFUSED_CREDENTIALS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
]);

/** The error of a body that is over the service's limit, found before it is sent: it is split like one the service found. */
export function tooLarge(bytes: number, limit: number): OtlpError {
  return new OtlpError('RequestEntityTooLarge', `request of ${bytes} bytes exceeds ${limit}`, 413);
}
