import { lookup as dnsLookup } from 'node:dns/promises';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';

/** How far a connection gets: name, connection, encryption, first byte, each with its time. */

export type Step = 'DNS' | 'TCP' | 'TLS' | 'HTTP';

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
  /** How far the clock of the other side is ahead of ours, milliseconds; known where it answered with a `Date`. */
  readonly clockOffset?: number;
}

/** What the steps are made with; a test has its own. */
export interface Network {
  lookup(host: string): Promise<string[]>;
  /** Milliseconds that each step may take. */
  readonly limits: Readonly<Record<Step, number>>;
  now(): number;
}

export const systemNetwork: Network = {
  lookup: async (host) => (await dnsLookup(host, { all: true })).map(({ address }) => address),
  // Connection and request as the exporters have them (exporters/aws/client-options.ts): what is slower fails there too.
  limits: { DNS: 2000, TCP: 2000, TLS: 2000, HTTP: 5000 },
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
  try {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host)) addresses = [host];
    else
      addresses = await take(
        'DNS',
        () => network.lookup(host),
        (found) => found.join(', '),
      );
    const secure = url.protocol === 'https:';
    const port = Number(url.port) || (secure ? 443 : 80);
    const first = addresses[0] ?? host;
    const connected = await take(
      'TCP',
      () => opened(tcpConnect({ host: first, port }), 'connect'),
      () => `${first}:${port}`,
    );
    socket = connected;
    if (secure) {
      const encrypted = await take(
        'TLS',
        () => {
          const alpn = protocol === 'grpc' ? { ALPNProtocols: ['h2'] } : {};
          // A server name is a name: TLS knows no addresses in its place.
          const name = isIP(host) ? { host } : { servername: host };
          return opened(tlsConnect({ socket: connected, ...name, ...alpn, ...tls }), 'secureConnect');
        },
        describeTls,
      );
      socket = encrypted;
    }
    if (protocol === 'grpc') {
      await take(
        'HTTP',
        () => firstSettings(url, socket),
        () => 'HTTP/2',
      );
      return { url: address, steps, addresses };
    }
    const answered = await take(
      'HTTP',
      () => firstByte(url, socket),
      ({ status }) => `status ${status}`,
    );
    const sent = Date.parse(answered.date ?? '');
    return {
      url: address,
      steps,
      addresses,
      ...(Number.isFinite(sent) && { clockOffset: sent - network.now() }),
    };
  } catch (error) {
    return { url: address, steps, addresses, failure: { step, ...told(error) } };
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
    return { addresses: [], failure: told(error) };
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

const WAITED_FOR: Record<Step, string> = { DNS: 'address', TCP: 'connection', TLS: 'encryption', HTTP: 'first byte' };

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

function firstByte(url: URL, socket: Socket | undefined): Promise<{ status: number; date: string | undefined }> {
  return new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http;
    // With `agent: false` Node ignores `createConnection` and opens a second connection.
    const createConnection = () => socket as Socket;
    const request = client.request(
      url,
      { method: 'GET', createConnection, headers: { connection: 'close' } },
      (response) => {
        resolve({ status: response.statusCode ?? 0, date: response.headers.date });
        response.resume();
        request.destroy();
      },
    );
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

function told(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'Error', message: String(error) };
  // An attempt on several addresses at once fails with all their errors.
  const cause = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
  return { code, message: cause.message };
}
