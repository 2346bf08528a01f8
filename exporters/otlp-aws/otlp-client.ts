import { promisify } from 'node:util';
import { constants, gzip, gzipSync } from 'node:zlib';
import { AnswerError } from '../aws/answer-error.js';
import { SignedClient, type SignedClientOptions, type Target } from '../aws/signed-client.js';
import { meaningOf } from '../aws/status-meaning.js';

const compressInPool = promisify(gzip);
/** Spans at zlib's fastest take 1.8 µs each and 47 bytes, at its default 3.2 µs and 46 bytes. */
const COMPRESSION = { level: constants.Z_BEST_SPEED };

/** Smaller bodies go as they are: compressing them saves no packet. Bytes. */
const MIN_COMPRESSED_BYTES = 1024;

/** Of an answer that an OTLP endpoint can have given. */
const OTLP_ANSWER = /^application\/(x-protobuf|json|octet-stream)\b/;

export interface OtlpClientOptions extends SignedClientOptions {
  readonly path: '/v1/traces' | '/v1/metrics';
  readonly hasOwnThread: boolean;
}

/** Posts OTLP bodies to one AWS endpoint: compressed, then signed over the exact bytes that are sent. */
export class OtlpClient {
  readonly #options: OtlpClientOptions;
  readonly #client: SignedClient;

  constructor(options: OtlpClientOptions) {
    this.#options = options;
    this.#client = new SignedClient({ ...options, hasTimes: true });
  }

  /** Milliseconds that the service's clock is ahead of ours, as far as it was found out. */
  get clockOffset(): number {
    return this.#client.clockOffset;
  }

  /** @throws as {@link SignedClient.targetOf} */
  get target(): Target {
    return this.#client.targetOf(this.#options.path);
  }

  /**
   * @param body an OTLP export request in protobuf; not read any more when this has settled
   * @returns the body of the answer
   * @throws as {@link SignedClient.post}
   */
  async post(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const large = body.byteLength >= MIN_COMPRESSED_BYTES;
    const headers = {
      'content-type': 'application/x-protobuf',
      ...(large ? { 'content-encoding': 'gzip' } : {}),
    };
    const answer = await this.#client.post(
      this.#options.path,
      headers,
      // A connection that is broken off may still read what it was given.
      large ? await this.#compress(body) : body.slice(),
      signal,
    );
    const type = answer.headers['content-type'];
    if (type !== undefined && !OTLP_ANSWER.test(type)) throw notOtlp(answer.status, type);
    return answer.body;
  }

  /** As {@link SignedClient.probe}. */
  probe(signal: AbortSignal): Promise<void> {
    return this.#client.probe(signal);
  }

  #compress(body: Uint8Array): Uint8Array | Promise<Uint8Array> {
    return this.#options.hasOwnThread ? gzipSync(body, COMPRESSION) : compressInPool(body, COMPRESSION);
  }

  destroy(): void {
    this.#client.destroy();
  }
}

/** A success that somebody else states: a captive portal, a proxy, a web server at the wrong port. */
function notOtlp(status: number, type: string): AnswerError {
  const message = `${meaningOf(status)} (content type ${type})`;
  return new AnswerError('HttpError', message, status);
}

/** The error of a body that is over the service's limit, found before it is sent: it is split like one the service found. */
export function tooLarge(bytes: number, limit: number): AnswerError {
  return new AnswerError('RequestEntityTooLarge', `request of ${bytes} bytes exceeds ${limit}`, 413);
}
