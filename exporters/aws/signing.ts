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
