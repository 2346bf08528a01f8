import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** Bytes of a body on the wire. Above every limit of the services, so that theirs answer first. */
export const MAX_WIRE_BYTES = 16 * 1024 * 1024;
/** Bytes of a body after decompression; also what a decompression bomb can cost. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** The request cannot be taken as HTTP, before any service looked at it. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'HttpError';
  }
}

export const json = (value: unknown, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

export const problem = (status: number, error: string): Reply => json({ error }, status);

/** The part of a content type before its parameters, lower case. */
export const mediaType = (headers: IncomingHttpHeaders): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** @throws HttpError 413 when it is too long; the rest is not read. */
export async function readWire(request: IncomingMessage, limit = MAX_WIRE_BYTES): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLong(limit);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw tooLong(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

const tooLong = (limit: number): HttpError => new HttpError(413, `The body is longer than ${limit} bytes.`);

const gunzipAsync = promisify(gunzip);

/** @throws HttpError 400 broken, 413 too long when decompressed, 415 unknown encoding. */
export async function decompress(wire: Buffer, encoding: string | undefined): Promise<Buffer> {
  const name = (encoding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity' || name === 'none') return wire;
  if (name !== 'gzip') throw new HttpError(415, `Content-Encoding ${JSON.stringify(name)} is not supported.`);
  try {
    return await gunzipAsync(wire, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if (isTooLarge(error)) throw tooLong(MAX_BODY_BYTES);
    throw new HttpError(400, 'The body is not valid gzip.');
  }
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof RangeError && (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';

const LOOPBACK_HOST = /^(127(?:\.\d{1,3}){3}|localhost|\[::1\])(:\d{1,5})?$/i;

/**
 * Why a request must not be answered, if so. A page of another site can send a browser here by rebinding its own name
 * to loopback (the Host header still names it) or by a cross-site request (Origin, Sec-Fetch-Site).
 */
export function foreignness(headers: IncomingHttpHeaders): string | undefined {
  const host = headers.host;
  if (host === undefined || !LOOPBACK_HOST.test(host)) return 'The Host header is not a loopback address.';
  const origin = headers.origin;
  if (origin !== undefined && origin !== `http://${host}`) return 'Requests of other origins are not answered.';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'Cross-site requests are not answered.';
  return undefined;
}

export function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed || response.headersSent) return;
  const body = reply.body ?? '';
  response.writeHead(reply.status, {
    ...reply.headers,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  response.end(body);
}
