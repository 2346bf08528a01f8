import { AsyncResource } from 'node:async_hooks';
import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type * as Http from 'node:http';
import type * as Http2 from 'node:http2';
import type * as Https from 'node:https';
import type { Socket } from 'node:net';
import { context } from '@opentelemetry/api';
import { type Emit, patchEmit, type Replaced } from './emit-patch.js';
import {
  RECORD,
  type RecordHolder,
  type ServedRequest,
  type ServedResponse,
  type ServerRequest,
  serverRequestOf,
} from './request-record.js';
import { isServerFault } from './span.js';

/** Only modules that the application has loaded; patching one must not load it. */
export interface ServerModules {
  http?: typeof Http;
  https?: typeof Https;
  http2?: typeof Http2;
}

/** What is told of requests. */
export interface Watch {
  readonly active: boolean;
  /** Undefined: it is seen already, or can't be. */
  arrive(
    request: ServedRequest | null | undefined,
    response: ServedResponse | null | undefined,
    scheme: string,
  ): ServerRequest | undefined;
  end(record: ServerRequest): void;
  fail(record: ServerRequest, error: unknown): void;
  /** Something was thrown out of the request's context. */
  escaped(record: ServerRequest): void;
}

/**
 * Patches the servers and messages of the modules; returns what undoes it.
 *
 * Three things are patched, each once and on its class: the servers' `emit`, where a request arrives; the responses' `emit`, where it
 * ends; and both messages' `emit`, to run their listeners in the context of the request. Single requests and responses get one symbol
 * and no listener, no closure and no method of their own.
 *
 * The end could be had from a `close` listener on each response or from the channel `http.server.response.finish` as well. All three cost
 * the same (1.9, 1.9 and 1.7 µs for the whole of an unsampled request, ±0.2); but the channel is silent when a connection breaks,
 * and a listener is one more thing that the application can see and remove.
 */
export function patchServers({ http, https, http2 }: ServerModules, watch: Watch): (() => void)[] {
  const undo: (() => void)[] = [];
  if (http) {
    undo.push(
      patchEmit(http.Server.prototype, serverEmit(watch, 'http')),
      patchEmit(http.IncomingMessage.prototype, requestEmit(watch)),
      patchEmit(http.ServerResponse.prototype, responseEmit(watch, isFinishNodesAlone)),
    );
  }
  if (https) undo.push(patchEmit(https.Server.prototype, serverEmit(watch, 'https')));
  if (http2) {
    // The classes of its servers are not exported; servers that never listen lead to them.
    undo.push(
      patchEmit(Object.getPrototypeOf(http2.createServer()), serverEmit(watch, 'http')),
      patchEmit(Object.getPrototypeOf(http2.createSecureServer()), serverEmit(watch, 'https')),
      patchEmit(http2.Http2ServerRequest.prototype, requestEmit(watch)),
      patchEmit(http2.Http2ServerResponse.prototype, responseEmit(watch)),
    );
  }
  return undo;
}

/** A handler of `checkContinue` or `checkExpectation` takes the place of the one for `request`, or passes the same messages on to it. */
const ARRIVALS: ReadonlySet<string | symbol> = new Set(['request', 'checkContinue', 'checkExpectation']);
const CONNECTIONS: ReadonlySet<string | symbol> = new Set(['connection', 'secureConnection']);

function serverEmit(watch: Watch, scheme: string): (replaced: Replaced) => Emit {
  return (replaced) =>
    function emit(event, ...args) {
      if (!watch.active) return replaced.emit.call(this, event, ...args);
      if (!ARRIVALS.has(event)) {
        if (CONNECTIONS.has(event)) readPeer(args[0]);
        return replaced.emit.call(this, event, ...args);
      }
      const [request, response] = args as [ServedRequest | undefined, ServedResponse | undefined];
      const record = watch.arrive(request, response, scheme);
      if (record === undefined) return replaced.emit.call(this, event, ...args);
      try {
        return context.with(record, replaced.emit, this, event, ...args);
      } catch (error) {
        watch.escaped(record);
        watch.fail(record, error);
        throw error;
      }
    };
}

/**
 * A socket gets a property when its peer's address is first read, as it is for a sampled request. Without this, sockets would come in two
 * shapes, and the streams' code that all sockets and messages share would be slower for every request: with 1 % of them sampled, a
 * request costs 2.4 µs more than without the layer, and 3.4 µs more without this (Node 24, hello world, 11 µs bare).
 */
function readPeer(socket: unknown): void {
  try {
    (socket as Partial<Socket> | undefined)?.remoteAddress;
  } catch {
    // A stream that an application passes off as a connection: its own affair.
  }
}

/**
 * Bodies arrive on the connection, whose context is not the request's: without this, what runs after a body was read (in most apps
 * everything, for POST) would be in no context or in that of another request on the same connection.
 */
function requestEmit(watch: Watch): (replaced: Replaced) => Emit {
  return (replaced) =>
    function emit(event, ...args) {
      const record = (this as RecordHolder)[RECORD];
      if (record === undefined || !watch.active) return replaced.emit.call(this, event, ...args);
      if (event === 'aborted') noteClient(record);
      if (!needsContext(record, this, event)) return replaced.emit.call(this, event, ...args);
      return emitWithin(record, watch, replaced.emit, this, event, args);
    };
}

/** What a response says after its end, or after its client has left, is no failure of the answer. */
function noteFailure(record: ServerRequest, error: unknown): void {
  if (record.response !== undefined && !record.hasClientLeft) record.failure ??= error;
}

/** A response that is destroyed while its client waits breaks the connection as a client does that leaves; only then it has an error. */
function noteClient(record: ServerRequest): void {
  const { response } = record;
  record.hasClientLeft = response !== undefined && response.errored == null && response.stream?.errored == null;
}

/**
 * `close` follows a complete response and a broken connection alike, once.
 *
 * @param isNodesAlone whether nobody but Node hears what the event leads to
 */
function responseEmit(
  watch: Watch,
  isNodesAlone: (event: string | symbol, response: EventEmitter, record: ServerRequest) => boolean = () => false,
): (replaced: Replaced) => Emit {
  return (replaced) =>
    function emit(event, ...args) {
      const record = (this as RecordHolder)[RECORD];
      if (record === undefined || !watch.active) return replaced.emit.call(this, event, ...args);
      if (isNodesAlone(event, this, record)) return finishAlone(this, replaced.emit, record);
      if (event === 'close') watch.end(record);
      else if (event === 'error') noteFailure(record, args[0]);
      if (!needsContext(record, this, event)) return replaced.emit.call(this, event, ...args);
      return emitWithin(record, watch, replaced.emit, this, event, args);
    };
}

function emitWithin(
  record: ServerRequest,
  watch: Watch,
  emit: Emit,
  emitter: EventEmitter,
  event: string | symbol,
  args: unknown[],
): boolean {
  let hasReturned = false;
  try {
    const isHeard = context.with(record, emit, emitter, event, ...args);
    hasReturned = true;
    return isHeard;
  } finally {
    // Not caught: what is thrown again is told by Node as if it came from here.
    if (!hasReturned) watch.escaped(record);
  }
}

const FINISHED = channel('http.server.response.finish');

/** Whether nobody but Node's own listener hears that a response is complete: nobody of the application, and nobody who is told of an error. */
function isFinishNodesAlone(event: string | symbol, response: EventEmitter, record: ServerRequest): boolean {
  const { request, error } = record;
  if (event !== 'finish' || error !== undefined || FINISHED.hasSubscribers) return false;
  const { shouldKeepAlive, statusCode = 500 } = response as Partial<Http.ServerResponse>;
  return (
    shouldKeepAlive === true &&
    !isServerFault(statusCode) &&
    request instanceof EventEmitter &&
    isServed(request) &&
    request.listenerCount('end') === 0 &&
    request.listenerCount('close') === 0 &&
    response.listenerCount('close') === 0 &&
    response.listenerCount('finish') === 1
  );
}

/** Whether a server of Node's reads from the connection, and has made the response: then a single listener is Node's own. */
function isServed({ socket, upgrade }: ServedRequest & { readonly upgrade?: boolean | null }): boolean {
  const parser = (socket as { readonly parser?: unknown } | null)?.parser;
  return typeof parser === 'object' && parser !== null && upgrade !== true;
}

const OUTSIDE = new AsyncResource('@org/monitoring');
/** Before Node 24, leaving a context costs more than it is worth: all hooks of resources are called for it. */
const LEAVES_CONTEXTS = Number.parseInt(process.versions.node, 10) >= 24;

/**
 * When a response is complete, Node sets the timer of the idle connection, which would keep the context, so the record and all headers of
 * the request, until the next one: 0.7 KB a connection of the simplest requests. As that survives each collection, the young generation
 * grows for it: by 20 MB within ten seconds of hello world (Node 24). So Node's own listener runs outside. It may listen to the request's end,
 * for which it needs no context either: a context is 0.5 µs.
 */
function finishAlone(response: EventEmitter, emit: Emit, record: ServerRequest): boolean {
  const isHeard = LEAVES_CONTEXTS
    ? OUTSIDE.runInAsyncScope(emitFinish, response, emit)
    : emitFinish.call(response, emit);
  record.nodesEndListeners = (record.request as unknown as EventEmitter).listenerCount('end');
  return isHeard;
}

function emitFinish(this: EventEmitter, emit: Emit): boolean {
  return emit.call(this, 'finish');
}

/** Whether an event has listeners to run in the context of its request, and the running code is in another. */
function needsContext(record: ServerRequest, emitter: EventEmitter, event: string | symbol): boolean {
  const listeners = emitter.listenerCount(event);
  if (listeners === 0) return false;
  if (event === 'end' && listeners === record.nodesEndListeners) return false;
  const active = context.active();
  return active !== record && serverRequestOf(active) !== record;
}
