import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { propagation, type TextMapSetter } from '@opentelemetry/api';
import { removeTraceHeaders } from './contained/trace-headers.js';
import { observed, readProperty } from './observe.js';
import type { CallTarget, UnsampledCallDurations, UnsampledContext } from './unsampled-calls.js';

/** What undici, and so `fetch`, tells of a request on its diagnostics channels. */
export interface UndiciRequest {
  readonly method: string;
  readonly origin: string | URL;
  headers?: unknown;
  addHeader?(name: string, value: string): unknown;
}

interface Followed {
  readonly end: ReturnType<UnsampledCallDurations['start']>;
  statusCode: number | undefined;
  protocolVersion: string | undefined;
}

/** Origins whose parts are remembered; a service that calls more of them parses each anew. */
const MAX_ORIGINS = 100;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

const setter: TextMapSetter<UndiciRequest> = { set: (request, name, value) => void request.addHeader?.(name, value) };

/** Calls by `fetch` and undici of unsampled requests, which the instrumentation is told to leave alone. */
export class UnsampledFetchCalls {
  readonly #durations: UnsampledCallDurations;
  readonly #unsampledContext: UnsampledContext;
  readonly #followed = new WeakMap<object, Followed>();
  readonly #targets = new Map<string, CallTarget>();
  readonly #listeners: Readonly<Record<string, (message: unknown) => void>> = {
    'undici:client:sendHeaders': (message) =>
      this.#sent(message as { request: object; socket: { alpnProtocol?: unknown } }),
    'undici:request:headers': (message) =>
      this.#answered(message as { request: object; response: { statusCode: number } }),
    'undici:request:trailers': (message) => this.#end((message as { request: object }).request, undefined),
    'undici:request:error': (message) => this.#failed(message as { request: object; error: unknown }),
  };

  constructor(durations: UnsampledCallDurations, unsampledContext: UnsampledContext) {
    this.#durations = durations;
    this.#unsampledContext = unsampledContext;
    for (const [channel, listener] of Object.entries(this.#listeners)) subscribe(channel, listener);
  }

  /** Whether the request is one of these: it then carries the decision, and is measured here. To be asked as it is made. */
  takes(request: UndiciRequest): boolean {
    if (request.method === 'CONNECT' || typeof request.addHeader !== 'function') return false;
    const active = this.#unsampledContext();
    if (active === undefined) return false;
    const end = observed(() => this.#durations.start(request.method, this.#targetOf(request.origin)));
    if (end === undefined) return false;
    observed(() => {
      removeTraceHeaders(request, active);
      propagation.inject(active, request, setter);
    });
    this.#followed.set(request, { end, statusCode: undefined, protocolVersion: undefined });
    return true;
  }

  stop(): void {
    for (const [channel, listener] of Object.entries(this.#listeners)) unsubscribe(channel, listener);
  }

  #sent({ request, socket }: { request: object; socket: { alpnProtocol?: unknown } }): void {
    const followed = this.#followed.get(request);
    if (followed) followed.protocolVersion = socket.alpnProtocol === 'h2' ? '2' : '1.1';
  }

  #answered({ request, response }: { request: object; response: { statusCode: number } }): void {
    const followed = this.#followed.get(request);
    if (followed) followed.statusCode = response.statusCode;
  }

  #failed({ request, error }: { request: object; error: unknown }): void {
    const name = readProperty(error, 'name');
    const code = readProperty(error, 'code');
    const errorType = typeof code === 'string' ? code : typeof name === 'string' && name !== '' ? name : 'Error';
    this.#end(request, name === 'AbortError' ? undefined : errorType);
  }

  #end(request: object, errorType: string | undefined): void {
    const followed = this.#followed.get(request);
    if (followed === undefined) return;
    this.#followed.delete(request);
    const { statusCode, protocolVersion, end } = followed;
    observed(() => end({ statusCode, protocolVersion, errorType }));
  }

  #targetOf(origin: string | URL): CallTarget {
    const key = String(origin);
    let target = this.#targets.get(key);
    if (target === undefined) {
      const { hostname, port, protocol } = new URL(key);
      target = {
        address: hostname,
        port: port === '' ? DEFAULT_PORTS[protocol] : Number(port),
        scheme: protocol.slice(0, -1),
      };
      if (this.#targets.size < MAX_ORIGINS) this.#targets.set(key, target);
    }
    return target;
  }
}
