import type { Attributes } from '@opentelemetry/api';
import type { PlainRequest, PlainRequestSpan } from '../wire/request-span.js';
import { type AskedRequest, startAttributes } from './span.js';

const SCHEME = 2;

const ADDRESSES: readonly string[] = [
  ':authority',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
];
const TOLD_LENGTHS: ReadonlySet<number> = new Set(['host', 'user-agent', ...ADDRESSES].map(({ length }) => length));

/** The headers for a {@link PlainRequest}. */
export function toldHeaders(
  rawHeaders: readonly string[],
): [host: string | undefined, userAgent: string | undefined, addresses: string[] | undefined] {
  let host: string | undefined;
  let userAgent: string | undefined;
  let addresses: string[] | undefined;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [written = '', value = ''] = [rawHeaders[i], rawHeaders[i + 1]];
    if (!TOLD_LENGTHS.has(written.length)) continue;
    const name = written.toLowerCase();
    // Of these, only the first counts when they come again; others Node joins.
    if (name === 'host') host ??= value;
    else if (name === 'user-agent') userAgent ??= value;
    else if (ADDRESSES.includes(name)) {
      addresses ??= [];
      addresses.push(name, value);
    }
  }
  return [host, userAgent, addresses];
}

/** @param redactQuery as {@link startAttributes} takes it */
export function requestAttributes(request: PlainRequest, redactQuery: (query: string) => string): Attributes {
  return startAttributes(askedRequest(request), request[SCHEME], redactQuery);
}

/** The request as attributes are made of it. */
export function askedRequest(request: PlainRequest | PlainRequestSpan): AskedRequest {
  const [method, url, , httpVersion, host, userAgent, addresses, remoteAddress, remotePort] = request;
  const headers: Record<string, string> = addresses === undefined ? {} : joined(addresses);
  if (host !== undefined) headers.host = host;
  if (userAgent !== undefined) headers['user-agent'] = userAgent;
  return { method, url, httpVersion, headers, socket: { remoteAddress, remotePort } };
}

/** As Node joins them. */
function joined(headers: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    const before = result[name];
    result[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return result;
}
