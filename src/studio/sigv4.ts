import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Milliseconds by which a signature's date may differ from the service's clock. */
export const MAX_CLOCK_SKEW = 15 * 60 * 1000;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What an `Authorization: AWS4-HMAC-SHA256 …` header says. */
export interface Signature {
  readonly accessKeyId: string;
  /** `yyyymmdd` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

export interface SignedRequest {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** As sent, compressed if it was. */
  readonly wire: Buffer;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

export function parseAuthorization(header: string | undefined): Signature | undefined {
  const match = header === undefined ? null : AUTHORIZATION.exec(header.trim());
  if (match === null) return undefined;
  const [, accessKeyId = '', date = '', region = '', service = '', names = '', signature = ''] = match;
  return { accessKeyId, date, region, service, signedHeaders: names.split(';'), signature };
}

/** Epoch milliseconds of the `X-Amz-Date` header (`yyyymmddThhmmssZ`). */
export function signingTime(headers: IncomingHttpHeaders): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'] ?? ''));
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** The inverse of `signingTime`'s format. */
export const signingDate = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '');

const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** Whether the hash that the sender declared, if any, is that of the bytes that came. */
export function payloadMatches(request: SignedRequest): boolean {
  const declared = request.headers['x-amz-content-sha256'];
  return declared === undefined || declared === 'UNSIGNED-PAYLOAD' || declared === sha256(request.wire);
}

/** Recomputes the signature over what came. */
export function isSignedWith(credentials: Credentials, signature: Signature, request: SignedRequest): boolean {
  const canonical = canonicalRequest(signature, request);
  const scope = `${signature.date}/${signature.region}/${signature.service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', String(request.headers['x-amz-date'] ?? ''), scope, sha256(canonical)].join('\n');
  const dateKey = hmac(`AWS4${credentials.secretAccessKey}`, signature.date);
  const key = hmac(hmac(hmac(dateKey, signature.region), signature.service), 'aws4_request');
  return timingSafeEqual(hmac(key, text), Buffer.from(signature.signature, 'hex'));
}

function canonicalRequest(signature: Signature, request: SignedRequest): string {
  const headers = signature.signedHeaders.map((name) => `${name}:${canonicalHeader(request.headers[name])}\n`);
  const declared = request.headers['x-amz-content-sha256'];
  const payload = declared === 'UNSIGNED-PAYLOAD' ? declared : sha256(request.wire);
  return [
    request.method,
    request.path.split('/').map(percentEncode).join('/'),
    canonicalQuery(request.query),
    headers.join(''),
    signature.signedHeaders.join(';'),
    payload,
  ].join('\n');
}

const canonicalHeader = (value: string | string[] | undefined): string =>
  [value ?? '']
    .flat()
    .map((part) => part.trim().replace(/\s+/g, ' '))
    .join(',');

const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

const canonicalQuery = (query: URLSearchParams): string =>
  [...query]
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&');
