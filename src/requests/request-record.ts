import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Context, context, type Span, type SpanContext } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import { knownMethod } from './method.js';
import type { ActiveRequests, RequestAttributes } from './request-aggregate.js';
import { RequestContext } from './request-context.js';
import { pathOf, protocolVersion } from './request-line.js';
import { routeOf } from './route.js';

/** One incoming request: made at its arrival, complete when its response has ended. */
export interface RequestRecord {
  /** A known method, or `_OTHER`. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The route's template; set by a framework's hook, or read from the framework. */
  route: string | undefined;
  /** Undefined until the response has ended, and after that if no response was sent. */
  readonly statusCode: number | undefined;
  readonly userAgent: string | undefined;
  /** `x-request-id`. */
  readonly requestId: string | undefined;
  /** Epoch milliseconds. */
  readonly startTime: number;
  /** Valid ids, also when the request is not sampled. */
  readonly spanContext: SpanContext;
  /** The error that was captured for it, if any. */
  error: unknown;
  /** What the handler threw or what broke the response; the request failed whatever its status says. */
  readonly failure: unknown;
}

/** What the layer reads of a request; `IncomingMessage` and `Http2ServerRequest` both have it. */
export interface ServedRequest extends RecordHolder {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersion: string;
  /** The connection or stream was closed early. */
  readonly aborted: boolean;
  /** Names and values in turn. */
  readonly rawHeaders: string[];
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined } | null;
}

/** What the layer reads of a response; `ServerResponse` and `Http2ServerResponse` both have it. */
export interface ServedResponse extends RecordHolder {
  readonly statusCode: number;
  readonly headersSent: boolean;
  /** Null while the response to a pipelined request waits for its turn. */
  readonly socket?: object | null;
  /** HTTP/2 says so of cancelled streams as well. */
  readonly writableFinished: boolean;
  /** What the response was destroyed with. */
  readonly errored?: Error | null;
  /** Of an HTTP/2 response, which keeps that to its stream. */
  readonly stream?: { readonly errored?: Error | null };
}

/** The symbol under which a request and its response hold their record: on all of them, so all keep one shape. */
export const RECORD = Symbol('@org/monitoring request');

export interface RecordHolder {
  [RECORD]?: ServerRequest;
}

export interface Arrival {
  readonly request: ServedRequest;
  readonly response: ServedResponse;
  readonly scheme: string;
  /** What the request's headers say: baggage and the remote parent. */
  readonly parent: Context;
  readonly span: Span;
  /** Milliseconds, by the clock `now`. */
  readonly arrivedAt: number;
  /** A clock that never goes back. */
  readonly now: () => number;
  readonly active: ActiveRequests;
}

/**
 * The record with what the layer itself needs. It is the context that the handler and the listeners of both messages run in, and that
 * context's RPC metadata, so instrumentations that report a route to those report it here.
 *
 * Connections and timers made during a request keep its context, hence its record, as long as they live: when the response has ended,
 * the record lets go of both messages.
 */
export class ServerRequest extends RequestContext implements RequestRecord, RequestAttributes {
  readonly method: string;
  readonly scheme: string;
  readonly protocolVersion: string;
  readonly arrivedAt: number;
  readonly active: ActiveRequests;
  /** Both undefined once the request has ended. */
  request: ServedRequest | undefined;
  response: ServedResponse | undefined;
  /** Listeners to the request's `end` that are Node's own, as far as is known; it listens to most requests' once the response is complete. */
  nodesEndListeners = 0;
  /** Readings of resources taken for this request, if any. */
  reading: unknown = undefined;
  statusCode: number | undefined = undefined;
  errorType: string | undefined = undefined;
  error: unknown = undefined;
  failure: unknown = undefined;
  /** The failure was thrown to the process. */
  hasEscaped = false;
  /** The client went away before the server broke the response off. */
  hasClientLeft = false;
  private knownRoute: string | undefined = undefined;
  private readonly now: () => number;
  private readonly target: string;
  private readonly rawHeaders: string[];

  constructor({ request, response, scheme, parent, span, arrivedAt, now, active }: Arrival) {
    super(parent, span);
    this.method = knownMethod(request.method);
    this.scheme = scheme;
    this.protocolVersion = protocolVersion(request.httpVersion);
    this.arrivedAt = arrivedAt;
    this.now = now;
    this.active = active;
    this.request = request;
    this.response = response;
    this.target = request.url ?? '/';
    this.rawHeaders = request.rawHeaders;
  }

  /** While the request is being handled, the route that the framework has matched so far. */
  get route(): string | undefined {
    return this.knownRoute ?? (this.request && routeOf(this.request));
  }

  set route(route: string | undefined) {
    this.knownRoute = route;
  }

  /** Reckoned back from now: most requests are never asked. */
  get startTime(): number {
    return Date.now() - (this.now() - this.arrivedAt);
  }

  get spanContext(): SpanContext {
    return this.span.spanContext();
  }

  get path(): string {
    return pathOf(this.target);
  }

  get userAgent(): string | undefined {
    return header(this.rawHeaders, 'user-agent');
  }

  get requestId(): string | undefined {
    return header(this.rawHeaders, 'x-request-id');
  }
}

/** The record of a request that the layer saw arrive. */
export function recordOf(request: IncomingMessage): RequestRecord | undefined {
  return (request as RecordHolder)[RECORD];
}

/** The record of the request that the code with this context, by default the running code, works for. */
export function currentRequest(ctx: Context = context.active()): RequestRecord | undefined {
  return serverRequestOf(ctx);
}

export function serverRequestOf(ctx: Context): ServerRequest | undefined {
  const metadata: unknown = getRPCMetadata(ctx);
  return metadata instanceof ServerRequest ? metadata : undefined;
}

function header(rawHeaders: string[], name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const candidate = rawHeaders[i];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) return rawHeaders[i + 1];
  }
  return undefined;
}
