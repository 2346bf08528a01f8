import http from 'node:http';
import https from 'node:https';
import { AnswerError } from './answer-error.js';
import type { ClockSkew } from './clock-skew.js';
import { isDirect } from './direct-hosts.js';
import type { HttpAnswer } from './http-answer.js';
import { type OnCall, observed } from './observed-call.js';
import { type ProxyRouter, proxyAgent } from './proxy.js';
import { CONNECTION_TIMEOUT } from './request-limits.js';
import { noteAnswered, noteWritten } from './unanswered.js';

/** Bytes read of one answer. The services answer in kilobytes; a misdirected request may get anything. */
export const MAX_ANSWER_BYTES = 1_000_000;
/** Connections to one host: as many as a queue has requests under way, and one to ask whether the host answers at all. */
const MAX_SOCKETS = 6;

export interface TransportOptions {
  /** Milliseconds until a new connection must stand. Default 2000. */
  readonly connectionTimeout?: number | undefined;
  /** Milliseconds until an answer must have come, for requests that nobody else ends. Default: none. */
  readonly answerTimeout?: number | undefined;
  /** Bytes of an answer; a longer one is an error, and its connection is closed. Default 1 MB. */
  readonly maxAnswerBytes?: number | undefined;
  /** Whether a request under way keeps the process alive. Default true. */
  readonly hold?: boolean | undefined;
  /**
   * Whether a request may arrive twice: it is sent again at once when an idle connection turns out to be closed, though the host may have
   * taken it just before. Default false.
   */
  readonly mayRepeat?: boolean | undefined;
  /** Told of the date of each answer that is no page: a portal's clock is not the service's. */
  readonly skew?: ClockSkew | undefined;
  /** Told of each request, probes included. */
  readonly onCall?: OnCall | undefined;
}

export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const AGENT_OPTIONS = { keepAlive: true, maxSockets: MAX_SOCKETS };

/**
 * Sends requests over HTTP/1.1 with connections kept open, through the proxy that the environment names. Idle connections do not keep
 * the process alive.
 *
 * After a request that got no answer, every idle connection is closed: the next request goes over a fresh one.
 */
export class HttpTransport {
  readonly #agents = new Map<string, http.Agent>();
  readonly #connectionTimeout: number;
  readonly #answerTimeout: number | undefined;
  readonly #maxAnswerBytes: number;
  readonly #hold: boolean;
  readonly #mayRepeat: boolean;
  readonly #skew: ClockSkew | undefined;
  readonly #onCall: OnCall | undefined;
  #proxy: Promise<ProxyRouter | undefined> | undefined;
  #lastUrl: URL | undefined;

  constructor(options: TransportOptions = {}) {
    this.#connectionTimeout = options.connectionTimeout ?? CONNECTION_TIMEOUT;
    this.#answerTimeout = options.answerTimeout;
    this.#maxAnswerBytes = options.maxAnswerBytes ?? MAX_ANSWER_BYTES;
    this.#hold = options.hold ?? true;
    this.#mayRepeat = options.mayRepeat ?? false;
    this.#skew = options.skew;
    this.#onCall = options.onCall;
  }

  /** As {@link send}, for a POST. */
  post(url: URL, headers: Record<string, string>, body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
    return this.send({ method: 'POST', url, headers, body, signal });
  }

  /**
   * Resolves with the answer, whatever its status.
   * @throws the network's error with its `code`; `AbortError` when the signal aborts; AnswerError for an answer that is too long
   */
  async send(request: OutgoingRequest): Promise<HttpAnswer> {
    this.#lastUrl = request.url;
    try {
      return await this.#exchange(request);
    } catch (error) {
      if (error instanceof StaleConnection && this.#mayRepeat) return this.#exchange(request);
      throw error instanceof StaleConnection ? error.cause : error;
    }
  }

  /**
   * Resolves when the host of the last request answers an empty one (`HEAD /`), whatever the answer says.
   * @throws as {@link send}
   */
  async probe(signal: AbortSignal): Promise<void> {
    if (this.#lastUrl === undefined) return;
    const url = new URL('/', this.#lastUrl);
    await this.#exchange({ method: 'HEAD', url, headers: {}, signal });
  }

  destroy(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
    void this.#proxy?.then((router) => router?.destroy());
  }

  #exchange(outgoing: OutgoingRequest): Promise<HttpAnswer> {
    const onCall = this.#onCall;
    if (onCall === undefined) return this.#exchangeUnobserved(outgoing);
    return observed(outgoing, onCall, () => this.#exchangeUnobserved(outgoing));
  }

  async #exchangeUnobserved(outgoing: OutgoingRequest): Promise<HttpAnswer> {
    const agent = await this.#agentFor(outgoing.url);
    return new Promise((resolve, reject) => this.#begin(outgoing, agent, resolve, reject));
  }

  #begin(
    outgoing: OutgoingRequest,
    agent: http.Agent,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: unknown) => void,
  ): void {
    const { method, url, headers, body, signal } = outgoing;
    const client = url.protocol === 'https:' ? https : http;
    const request = client.request(url, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      agent,
      ...(signal && { signal }),
    });
    let isAnswered = false;
    const cancel = this.#limitTime(request, () => signal && noteWritten(signal));
    if (!this.#hold) request.on('socket', (socket) => socket.unref());
    request.on('response', (response) => {
      isAnswered = true;
      const { date, 'content-type': type } = response.headers;
      if (!type?.startsWith('text/html')) this.#skew?.note(date, Date.now());
      const answer = read(response, this.#maxAnswerBytes);
      // An answer that breaks off does not say what became of the request.
      if (signal) answer.then(() => noteAnswered(signal)).catch(() => {});
      answer.then(resolve, reject);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (!isAnswered) this.#closeIdle();
      const isStale = !isAnswered && request.reusedSocket && error.code === 'ECONNRESET' && !signal?.aborted;
      reject(isStale ? new StaleConnection(error) : error);
    });
    request.on('close', cancel);
    request.end(body);
  }

  /** Ends a request whose connection or answer takes too long. */
  #limitTime(request: http.ClientRequest, onWrite: () => void): () => void {
    const timeout = this.#connectionTimeout;
    let timer = setTimeout(() => request.destroy(notConnected(timeout)), timeout).unref();
    const cancel = () => clearTimeout(timer);
    const connected = () => {
      cancel();
      onWrite();
      const answerTimeout = this.#answerTimeout;
      if (answerTimeout === undefined) return;
      timer = setTimeout(() => request.destroy(noAnswer(answerTimeout)), answerTimeout).unref();
    };
    request.on('socket', (socket) => {
      if (socket.connecting) socket.once(socketReady(request), connected);
      else connected();
    });
    return cancel;
  }

  #closeIdle(): void {
    closeIdle(this.#agents.values());
    void this.#proxy?.then((router) => router && closeIdle(router.agents.values()));
  }

  async #agentFor({ protocol, hostname }: URL): Promise<http.Agent> {
    if (!isDirect(hostname)) {
      this.#proxy ??= proxyAgent(AGENT_OPTIONS);
      const router = await this.#proxy;
      if (router !== undefined) return router;
    }
    let agent = this.#agents.get(protocol);
    if (agent === undefined) {
      agent = protocol === 'https:' ? new https.Agent(AGENT_OPTIONS) : new http.Agent(AGENT_OPTIONS);
      this.#agents.set(protocol, agent);
    }
    return agent;
  }
}

function closeIdle(agents: Iterable<http.Agent>): void {
  for (const agent of agents) {
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}

/** The host closed an idle connection at the moment when it was used again. */
class StaleConnection extends Error {
  constructor(override readonly cause: Error) {
    super(cause.message);
  }
}

function socketReady(request: http.ClientRequest): 'secureConnect' | 'connect' {
  return request.protocol === 'https:' ? 'secureConnect' : 'connect';
}

function notConnected(timeout: number): Error {
  return Object.assign(new Error(`did not establish a connection within ${timeout} ms`), { code: 'ETIMEDOUT' });
}

function noAnswer(timeout: number): Error {
  return Object.assign(new Error(`no answer within ${timeout} ms`), { name: 'TimeoutError' });
}

async function read(response: http.IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  const status = response.statusCode ?? 0;
  const headers = flat(response.headers);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    // Leaving the loop closes the connection.
    if (bytes > maxBytes)
      throw new AnswerError('AnswerTooLarge', `an answer of more than ${maxBytes} bytes`, status, headers);
    chunks.push(chunk as Buffer);
  }
  return { status, headers, body: Buffer.concat(chunks) };
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string | undefined> {
  const result: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) result[name] = Array.isArray(value) ? value.join(', ') : value;
  return result;
}
