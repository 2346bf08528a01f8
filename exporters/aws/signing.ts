import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentials } from './client-options.js';

/** A request as it will be sent: what is signed is exactly this. */
export interface UnsignedRequest {
  readonly method: 'POST' | 'GET';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface SigningScope {
  readonly service: string;
  readonly region: string;
}

/**
 * Signs with AWS Signature Version 4 over the exact bytes.
 * @param date the time of the signature, by the service's clock
 * @returns the headers to send, `host`, `authorization`, `x-amz-date`, `x-amz-content-sha256` and, for temporary credentials,
 *   `x-amz-security-token` among them
 */
export async function sign(
  request: UnsignedRequest,
  scope: SigningScope,
  credentials: AwsCredentials,
  date: Date,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({ ...scope, credentials, sha256: NodeSha256 });
  const { url } = request;
  const signed = await signer.sign(
    new HttpRequest({
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url),
      headers: { ...request.headers, host: url.host },
      body: request.body,
    }),
    { signingDate: date },
  );
  return signed.headers;
}

function queryOf(url: URL): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const key of new Set(url.searchParams.keys())) query[key] = url.searchParams.getAll(key);
  return query;
}

/** SHA-256 and HMAC-SHA-256 of Node's own crypto, in the shape that the signer asks for. */
class NodeSha256 {
  #hash: Hash | Hmac;

  constructor(private readonly secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = this.#create();
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#create();
  }

  #create(): Hash | Hmac {
    return this.secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(this.secret));
  }
}

function keyOf(secret: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof secret === 'string') return secret;
  return ArrayBuffer.isView(secret)
    ? new Uint8Array(secret.buffer, secret.byteOffset, secret.byteLength)
    : new Uint8Array(secret);
}

/** Error codes by which services say that a signature's time is off. */
const SKEW_CODES = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

/** Smaller differences are not why a signature was refused: services allow 5 minutes. Milliseconds. */
const NOTABLE_SKEW = 60_000;

/** How far the service's clock is from ours, learnt from answers that refuse a signature. */
export class ClockSkew {
  #offset = 0;

  /** Milliseconds to add to our time. */
  get offset(): number {
    return this.#offset;
  }

  /** The service's time for `now` (epoch milliseconds). */
  correct(now: number): Date {
    return new Date(now + this.#offset);
  }

  /**
   * Takes note of a refusal.
   * @param dateHeader the answer's `Date`
   * @returns true when the clock was the likely cause: signing again with {@link correct} is worth one attempt
   */
  learn(code: string, message: string, dateHeader: string | undefined, now: number): boolean {
    if (!SKEW_CODES.has(code) && !/signature (expired|not yet current)/i.test(message)) return false;
    const offset = Date.parse(dateHeader ?? '') - now;
    if (!Number.isFinite(offset) || Math.abs(offset - this.#offset) < NOTABLE_SKEW) return false;
    this.#offset = offset;
    return true;
  }
}
