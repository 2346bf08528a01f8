import http from 'node:http';
import https from 'node:https';
import { CONNECTION_TIMEOUT } from './client-options.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Answers are short; what a misdirected request gets back may not be. Bytes. */
const MAX_ANSWER_BYTES = 65_536;
const MAX_SOCKETS = 4;

export interface TransportOptions {
  /** Milliseconds until a new connection must stand. */
  readonly connectionTimeout?: number | undefined;
  /** What is read of an answer; the rest is left out. Default 64 KiB. */
  readonly maxAnswerBytes?: number | undefined;
  /** Whether a request under way keeps the process alive. Default true. */
  readonly hold?: boolean | undefined;
}

/** Posts over HTTP/1.1 with connections kept open; idle connections do not keep the process alive. */
export class HttpTransport {
  readonly #agents = new Map<string, http.Agent>();
  readonly #connectionTimeout: number;
  readonly #maxAnswerBytes: number;
  readonly #hold: boolean;

  constructor(options: TransportOptions = {}) {
    this.#connectionTimeout = options.connectionTimeout ?? CONNECTION_TIMEOUT;
    this.#maxAnswerBytes = options.maxAnswerBytes ?? MAX_ANSWER_BYTES;
    this.#hold = options.hold ?? true;
  }

  /**
   * Resolves with the answer, whatever its status.
   * @throws the network's error with its `code`; `AbortError` when `signal` aborts
   */
  async post(url: URL, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      return await this.#exchange(url, headers, body, signal);
    } catch (error) {
      // The server closed an idle connection at the moment it was used again; that says nothing about the server.
      if (error instanceof StaleConnection) return this.#exchange(url, headers, body, signal);
      throw error;
    }
  }

  destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #exchange(url: URL, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const client = url.protocol === 'https:' ? https : http;
      const request = client.request(url, {
        method: 'POST',
        headers: { ...headers, 'content-length': String(body.byteLength) },
        agent: this.#agent(url.protocol),
        signal,
      });
      const cancel = this.#limitConnecting(request);
      if (!this.#hold) request.on('socket', (socket) => socket.unref());
      request.on('response', (response) => {
        read(response, this.#maxAnswerBytes).then(resolve, reject);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted;
        reject(stale ? new StaleConnection() : error);
      });
      request.on('close', cancel);
      request.end(body);
    });
  }

  #limitConnecting(request: http.ClientRequest): () => void {
    const timeout = this.#connectionTimeout;
    const timer = setTimeout(() => request.destroy(notConnected(timeout)), timeout).unref();
    const cancel = () => clearTimeout(timer);
    request.on('socket', (socket) => {
      if (socket.connecting) socket.once(socketReady(request), cancel);
      else cancel();
    });
    return cancel;
  }

  #agent(protocol: string): http.Agent {
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
      agent = protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
      this.#agents.set(protocol, agent);
    }
    return agent;
  }
}

class StaleConnection extends Error {}

function socketReady(request: http.ClientRequest): 'secureConnect' | 'connect' {
  return request.protocol === 'https:' ? 'secureConnect' : 'connect';
}

function notConnected(timeout: number): Error {
  return Object.assign(new Error(`did not establish a connection within ${timeout} ms`), { code: 'ETIMEDOUT' });
}

async function read(response: http.IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    // Ends the loop, which closes the connection.
    if (bytes > maxBytes) break;
    chunks.push(chunk as Buffer);
  }
  return { status: response.statusCode ?? 0, headers: flat(response.headers), body: Buffer.concat(chunks) };
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string | undefined> {
  const result: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) result[name] = Array.isArray(value) ? value.join(', ') : value;
  return result;
}
