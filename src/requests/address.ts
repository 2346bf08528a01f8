import type { IncomingHttpHeaders } from 'node:http';

export interface Address {
  host: string;
  port?: number;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };
const HOST = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/;

/** `key=value` of a Forwarded header (RFC 7239), the value plain or quoted, and the sign that follows. */
const FORWARDED_PAIR = /([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))\s*([;,]|$)/gi;

/** Whom the client asked for: the nearest of Forwarded, X-Forwarded-Host and Host (`:authority` in HTTP/2). */
export function serverAddress(headers: IncomingHttpHeaders, scheme: string): Address | undefined {
  const forwarded = parseForwarded(headers.forwarded).find((hop) => hop.host);
  if (forwarded?.host) return parseHost(forwarded.host, forwarded.proto);
  const forwardedHost = firstOf(headers['x-forwarded-host']);
  if (forwardedHost) return parseHost(forwardedHost, firstOf(headers['x-forwarded-proto']));
  const host = headers.host ?? firstOf(headers[':authority']);
  return host ? parseHost(host, scheme) : undefined;
}

/** Who asked: the first of Forwarded, X-Forwarded-For and the connection's other end. */
export function clientAddress(headers: IncomingHttpHeaders, remoteAddress: string | undefined): string | undefined {
  const forwarded = parseForwarded(headers.forwarded).find((hop) => hop.for);
  const address = forwarded?.for || firstOf(headers['x-forwarded-for']);
  return address ? withoutPort(address) : remoteAddress;
}

interface Hop {
  host?: string;
  proto?: string;
  for?: string;
}

function parseForwarded(header: string | undefined): Hop[] {
  if (!header) return [];
  const hops: Hop[] = [];
  let hop: Record<string, string> = {};
  for (const [, name = '', quoted, plain = '', next] of header.matchAll(FORWARDED_PAIR)) {
    hop[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (next === ';') continue;
    hops.push(hop);
    hop = {};
  }
  return hops;
}

function parseHost(text: string, scheme: string | undefined): Address {
  const [, host, port] = HOST.exec(text) ?? [];
  if (host === undefined) return { host: text };
  const number = port === undefined ? DEFAULT_PORTS[scheme ?? ''] : Number(port);
  return number === undefined ? { host } : { host, port: number };
}

/** An IPv6 address has a port only in brackets. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed;
  const [address, port, ...more] = text.split(':');
  return address !== undefined && port !== undefined && more.length === 0 ? address : text;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text?.split(',')[0]?.trim();
}
