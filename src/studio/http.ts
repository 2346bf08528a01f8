import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import type { Hold } from './store/ledger.js';

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
    readonly headers: Readonly<Record<string, string>> = {},
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

/** @throws HttpError 413 when it is too long, 503 when the bodies in flight take too much; the rest is not read. */
export async function readWire(request: IncomingMessage, hold: Hold): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_WIRE_BYTES) throw tooLong(MAX_WIRE_BYTES);
  // A request that is destroyed can't be answered any more.
  return gather(request.iterator({ destroyOnReturn: false }), MAX_WIRE_BYTES, hold);
}

async function gather(source: AsyncIterable<Buffer>, limit: number, hold: Hold): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    length += chunk.length;
    if (length > limit) throw tooLong(limit);
    if (!hold.grow(chunk.length)) throw tooMuchAtOnce();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

const tooLong = (limit: number): HttpError => new HttpError(413, `The body is longer than ${limit} bytes.`);

const tooMuchAtOnce = (): HttpError =>
  new HttpError(503, 'The bodies that arrive at the moment take too much memory together; send again.', {
    'retry-after': '1',
  });

/** @throws HttpError 400 broken, 413 too long when decompressed, 415 unknown encoding, 503 as {@link readWire} does. */
export async function decompress(wire: Buffer, encoding: string | undefined, hold: Hold): Promise<Buffer> {
  const name = (encoding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity' || name === 'none') return wire;
  if (name !== 'gzip') throw new HttpError(415, `Content-Encoding ${JSON.stringify(name)} is not supported.`);
  const unpacking = createGunzip({ chunkSize: 64 * 1024 });
  unpacking.end(wire);
  try {
    return await gather(unpacking, MAX_BODY_BYTES, hold);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, 'The body is not valid gzip.');
  }
}

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
