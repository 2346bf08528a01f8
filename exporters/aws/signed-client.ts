import { AnswerError, errorOf } from './answer-error.js';
import { type AwsCredentials, type AwsOptions, type SharedCredentials, VERSION } from './client-options.js';
import type { Clock } from './clock.js';
import { ClockSkew, CORRECTED_SKEW } from './clock-skew.js';
import { credentialsOf, isRefusedCredentials } from './credentials.js';
import { type OtlpService, regionOf, serviceEndpoint, serviceUrl } from './endpoints.js';
import type { HttpAnswer } from './http-answer.js';
import { HttpTransport, type TransportOptions } from './http-transport.js';
import { locate } from './service-location.js';
import { sign } from './signing.js';

export interface SignedClientOptions extends TransportOptions {
  /**
   * Whether bodies hold times that their writer corrects by {@link SignedClient.clockOffset}: one that is refused for the clock must be written
   * anew. Default false.
   */
  readonly hasTimes?: boolean;
  readonly service: OtlpService;
  readonly aws: AwsOptions;
  readonly clock: Clock;
}

/** Where requests go and what they are signed for. */
export interface Target {
  readonly url: URL;
  readonly region: string;
}

/**
 * @param path of the request: `/v1/traces`, `/GetSamplingRules`
 * @throws Error `Region is missing` when neither the options nor the endpoint name one; TypeError for an endpoint that is no URL
 */
export function targetOf({ service, aws }: Pick<SignedClientOptions, 'service' | 'aws'>, path: string): Target {
  const given = aws.endpoint === undefined ? undefined : serviceUrl(aws.endpoint, path);
  const region = aws.region ?? (given === undefined ? undefined : regionOf(given.hostname));
  if (region === undefined) throw new Error('Region is missing: give `region`, or an `endpoint` whose host names one');
  const { useFips, useDualStack } = aws;
  return { region, url: given ?? serviceUrl(serviceEndpoint({ service, region, useFips, useDualStack }), path) };
}

/** Posts to one AWS service, each request signed over the exact bytes that are sent. */
export class SignedClient {
  readonly #options: SignedClientOptions;
  readonly #transport: HttpTransport;
  readonly #credentials: SharedCredentials;
  readonly #skew: ClockSkew;
  /** The options with what variables and files add; as given until that is known. */
  #aws: AwsOptions;
  #located = false;

  constructor(options: SignedClientOptions) {
    this.#options = options;
    this.#skew = options.skew ?? new ClockSkew();
    this.#transport = new HttpTransport({ ...options, skew: this.#skew, onCall: options.aws.onCall });
    this.#credentials = credentialsOf(options.aws, options.clock);
    this.#aws = options.aws;
  }

  /** Milliseconds that the service's clock is ahead of ours, as far as it was found out. */
  get clockOffset(): number {
    return this.#skew.offset;
  }

  /**
   * Where requests to the path go, as far as it is known yet.
   * @throws as {@link targetOf}
   */
  targetOf(path: string): Target {
    return targetOf({ service: this.#options.service, aws: this.#aws }, path);
  }

  /**
   * One request, sent a second time when it was refused for a cause that is now removed: a clock that is off, credentials that
   * have expired.
   * @throws AnswerError when the answer is not 2xx, the network's error, or the credential source's
   */
  async post(
    path: string,
    headers: Record<string, string>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    await this.#locate();
    const target = this.targetOf(path);
    const all = { 'user-agent': `org-monitoring/${VERSION}`, ...headers };
    const first = await this.#attempt(target, all, body, signal);
    const last = first.refused && !signal.aborted ? await this.#attempt(target, all, body, signal) : first;
    if (last.error !== undefined) throw last.error;
    return last.answer;
  }

  /** As {@link HttpTransport.probe}. */
  probe(signal: AbortSignal): Promise<void> {
    return this.#transport.probe(signal);
  }

  destroy(): void {
    this.#transport.destroy();
  }

  async #locate(): Promise<void> {
    if (this.#located) return;
    const { aws, service } = this.#options;
    const found = await locate(aws, service);
    this.#aws = { ...aws, ...found };
    // A region that is missing may be added to a file.
    this.#located = found.region !== undefined;
  }

  async #attempt(
    { url, region }: Target,
    headers: Record<string, string>,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<{ answer: HttpAnswer; error?: AnswerError; refused?: boolean }> {
    const credentials = await this.#credentials.get();
    const { offset } = this.#skew;
    const date = this.#skew.correct(this.#options.clock.now());
    const scope = { service: this.#options.service, region };
    const signed = await sign({ method: 'POST', url, headers, body }, scope, credentials, date);
    const answer = await this.#transport.post(url, signed, body, signal);
    if (isSuccess(answer)) {
      this.#credentials.accept(credentials);
      return { answer };
    }
    const error = errorOf(answer);
    const refused = await this.#removesCause(error, credentials, offset);
    const isOutdated = this.#options.hasTimes && Math.abs(this.#skew.offset - offset) >= CORRECTED_SKEW;
    if (!isOutdated) return { answer, error, refused };
    return { answer, error: new AnswerError('RequestTimeTooSkewed', error.message, error.status, error.headers) };
  }

  /** True when the next attempt is signed differently. */
  async #removesCause(error: AnswerError, used: AwsCredentials, offset: number): Promise<boolean> {
    if (this.#skew.learn(error.name, error.message, error.headers.date, this.#options.clock.now(), offset)) return true;
    return isRefusedCredentials(error.name) && (await this.#credentials.refuse(used));
  }
}

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}
