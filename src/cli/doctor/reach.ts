import { lookup as dnsLookup } from 'node:dns/promises';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { proxyOf } from '../../../exporters/aws/proxy.js';
import { isFromTheWay, meaningOf } from '../../../exporters/aws/status-meaning.js';

/** How far a connection gets: name, connection, tunnel of a proxy, encryption, first byte, each with its time. */

export type Step = 'DNS' | 'TCP' | 'CONNECT' | 'TLS' | 'HTTP';

export interface TakenStep {
  readonly step: Step;
  /** Milliseconds. */
  readonly duration: number;
  readonly detail: string;
}

export interface Reach {
  readonly url: string;
  readonly steps: readonly TakenStep[];
  readonly failure?: { readonly step: Step; readonly code: string; readonly message: string };
  readonly addresses: readonly string[];
  /** Host and port of the proxy on the way: name, connection and addresses are the proxy's then. */
  readonly proxy?: string;
  /** How far the clock of the other side is ahead of ours, milliseconds; known where it answered with a `Date`. */
  readonly clockOffset?: number;
}

/** What the steps are made with; a test has its own. */
export interface Network {
  lookup(host: string): Promise<string[]>;
  /** The proxy through which requests to the URL go; undefined: directly. @throws Error when the setting is no URL of a proxy */
  proxyOf(url: URL): Promise<URL | undefined>;
  /** Milliseconds that each step may take. */
  readonly limits: Readonly<Record<Step, number>>;
  now(): number;
}

export const systemNetwork: Network = {
  lookup: async (host) => (await dnsLookup(host, { all: true })).map(({ address }) => address),
  proxyOf,
  // Connection and request as the exporters have them (exporters/aws/client-options.ts): what is slower fails there too.
  limits: { DNS: 2000, TCP: 2000, CONNECT: 2000, TLS: 2000, HTTP: 5000 },
  now: Date.now,
};

/** Addresses that lead to a VPC endpoint, a local endpoint, or otherwise not to the internet. */
const PRIVATE = /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|::1$|f[cd][0-9a-f]{2}:|fe80:)/i;

export function isPrivate(address: string): boolean {
  return PRIVATE.test(address);
}

/** Who is to answer at an address. */
export interface Peer {
  /** gRPC is asked for the settings of HTTP/2, with which a server begins; default `http`. */
  readonly protocol?: 'http' | 'grpc';
  /** Texts of PEM files: authority, client key and client certificate. */
  readonly tls?: { readonly ca?: string; readonly key?: string; readonly cert?: string };
}

/** Never rejects. */
export async function reach(
  address: string,
  network: Network,
  { protocol = 'http', tls = {} }: Peer = {},
): Promise<Reach> {
  const url = new URL(address);
  const steps: TakenStep[] = [];
  let addresses: string[] = [];
  let step: Step = 'DNS';
  let socket: Socket | undefined;
  const take = async <T>(name: Step, work: () => Promise<T>, detail: (result: T) => string): Promise<T> => {
    step = name;
    const began = performance.now();
    const result = await within(network.limits[name], name, work);
    steps.push({ step, duration: Math.round((performance.now() - began) * 10) / 10, detail: detail(result) });
    return result;
  };
  let proxy: URL | undefined;
  const known = () => ({ url: address, steps, addresses, ...(proxy && { proxy: proxy.host }) });
  try {
    // gRPC has rules of its own (docs/collector.md).
    proxy = protocol === 'grpc' ? undefined : await network.proxyOf(url);
    const { host, port, secure } = endOf(url);
    const first = proxy ? endOf(proxy) : { host, port, secure };
    if (isIP(first.host)) addresses = [first.host];
    else
      addresses = await take(
        'DNS',
        () => network.lookup(first.host),
        (found) => found.join(', '),
      );
    const reached = addresses[0] ?? first.host;
    let connected: Socket = await take(
      'TCP',
      () => opened(tcpConnect({ host: reached, port: first.port }), 'connect'),
      () => `${reached}:${first.port}${proxy ? ', the proxy' : ''}`,
    );
    socket = connected;
    if (proxy !== undefined && first.secure) {
      const plain = connected;
      connected = await take('TLS', () => encrypted(plain, first.host, {}), describeTls);
      socket = connected;
    }
    if (proxy !== undefined && secure) {
      const [toProxy, by] = [connected, proxy];
      connected = await take(
        'CONNECT',
        () => tunnelled(toProxy, by, `${url.hostname}:${port}`),
        () => `to ${url.hostname}:${port}`,
      );
      socket = connected;
    }
    if (secure) {
      const plain = connected;
      const alpn = protocol === 'grpc' ? { ALPNProtocols: ['h2'] } : {};
      connected = await take('TLS', () => encrypted(plain, host, { ...alpn, ...tls }), describeTls);
      socket = connected;
    }
    if (protocol === 'grpc') {
      await take(
        'HTTP',
        () => firstSettings(url, socket),
        () => 'HTTP/2',
      );
      return known();
    }
    const answered = await take(
      'HTTP',
      () => firstByte(url, socket, secure ? undefined : proxy),
      ({ status }) => `status ${status}`,
    );
    const sent = Date.parse(answered.date ?? '');
    return { ...known(), ...(Number.isFinite(sent) && { clockOffset: sent - network.now() }) };
  } catch (error) {
    return { ...known(), failure: { step, ...failureOf(error) } };
  } finally {
    socket?.destroy();
  }
}

/** The first step by itself. Never rejects. */
export async function lookUp(
  host: string,
  network: Network,
): Promise<{ addresses: string[]; failure?: { code: string; message: string } }> {
  try {
    return { addresses: await within(network.limits.DNS, 'DNS', () => network.lookup(host)) };
  } catch (error) {
    return { addresses: [], failure: failureOf(error) };
  }
}

async function within<T>(limit: number, step: Step, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = Object.assign(new Error(`no ${WAITED_FOR[step]} within ${limit} ms`), { code: 'TIMEOUT' });
    timer = setTimeout(() => reject(error), limit);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const WAITED_FOR: Record<Step, string> = {
  DNS: 'address',
  TCP: 'connection',
  CONNECT: 'tunnel',
  TLS: 'encryption',
  HTTP: 'first byte',
};

/** Where a connection leads. The host is without brackets. */
function endOf({ protocol, hostname, port }: URL): { host: string; port: number; secure: boolean } {
  const secure = protocol === 'https:';
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 443 : 80), secure };
}

function encrypted(socket: Socket, host: string, options: ConnectionOptions): Promise<TLSSocket> {
  // A server name is a name: TLS knows no addresses in its place.
  const name = isIP(host) ? { host } : { servername: host };
  return opened(tlsConnect({ socket, ...name, ...options }), 'secureConnect');
}

/** What a proxy is told of who asks, where its URL has a user. */
function authorization({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
}

/** Asks the proxy at the other end of the connection for a tunnel. */
function tunnelled(socket: Socket, proxy: URL, path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const headers = { host: path, ...authorization(proxy) };
    const request = http.request({ method: 'CONNECT', path, headers, createConnection: () => socket });
    request.on('error', reject);
    request.on('connect', ({ statusCode = 0 }, tunnel) => {
      if (statusCode === 200) resolve(tunnel as Socket);
      else reject(Object.assign(new Error(meaningOf(statusCode)), { code: `HTTP ${statusCode}` }));
    });
    request.end();
  });
}

function opened<S extends Socket | TLSSocket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.destroy();
      reject(error);
    });
    (socket as Socket).once(event, () => resolve(socket));
  });
}

function describeTls(socket: TLSSocket): string {
  const { valid_to: until, issuer } = socket.getPeerCertificate();
  return `${socket.getProtocol()}, certificate of ${issuer?.O ?? issuer?.CN ?? 'unknown'} until ${until}`;
}

function firstByte(
  url: URL,
  socket: Socket | undefined,
  proxy: URL | undefined,
): Promise<{ status: number; date: string | undefined }> {
  return new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http;
    // With `agent: false` Node ignores `createConnection` and opens a second connection.
    const createConnection = () => socket as Socket;
    const headers = { connection: 'close', ...(proxy && authorization(proxy)) };
    // A proxy is asked for the whole URL.
    const path = proxy ? { path: url.href } : {};
    const request = client.request(url, { method: 'GET', createConnection, headers, ...path }, (response) => {
      const status = response.statusCode ?? 0;
      if (proxy && isFromTheWay(status))
        reject(Object.assign(new Error(meaningOf(status)), { code: `HTTP ${status}` }));
      else resolve({ status, date: response.headers.date });
      response.resume();
      request.destroy();
    });
    request.on('error', reject);
    request.end();
  });
}

function firstSettings(url: URL, socket: Socket | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(url, { createConnection: () => socket as Socket });
    session.once('error', reject);
    session.once('close', () => reject(Object.assign(new Error('the connection was closed'), { code: 'CLOSED' })));
    session.once('remoteSettings', () => {
      resolve();
      session.destroy();
    });
  });
}

function failureOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'Error', message: String(error) };
  // An attempt on several addresses at once fails with all their errors.
  const cause = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
  return { code, message: cause.message };
}
