import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { errorMonitor } from 'node:events';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { type Context, context, propagation, type TextMapSetter } from '@opentelemetry/api';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import { observed, readProperty } from './observe.js';
import type { CallTarget, UnsampledCallDurations, UnsampledContext } from './unsampled-calls.js';

type Request = (...args: unknown[]) => ClientRequest;

interface ClientModule {
  request: Request;
  get: Request;
  default?: ClientModule;
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

const RESPONSE = Symbol('@org/monitoring response');

interface ResponseHolder {
  [RESPONSE]?: IncomingMessage | undefined;
}

const setter: TextMapSetter<ClientRequest> = { set: (call, name, value) => void call.setHeader(name, value) };

export interface UnsampledHttpCallsConfig extends InstrumentationConfig {
  module: 'http' | 'https';
  durations: UnsampledCallDurations;
  unsampledContext: UnsampledContext;
}

/**
 * Patches `request` and `get` of a module over the HTTP instrumentation, which has to be made before and disabled after: calls of
 * unsampled requests go past it, all others to it.
 */
export class UnsampledHttpCalls extends InstrumentationBase<UnsampledHttpCallsConfig> {
  constructor(config: UnsampledHttpCallsConfig) {
    super(`@org/monitoring/unsampled ${config.module} calls`, '', config);
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    const { module } = this.getConfig();
    return new InstrumentationNodeModuleDefinition(
      module,
      ['*'],
      (exports: ClientModule) => observed(() => this.patch(exports)) ?? exports,
      (exports: ClientModule) => this.unpatch(exports),
    );
  }

  override enable(): void {
    super.enable();
    subscribe('http.client.response.finish', keepResponse);
  }

  override disable(): void {
    super.disable();
    unsubscribe('http.client.response.finish', keepResponse);
  }

  private patch(exports: ClientModule): ClientModule {
    const methods = shorten(exports, this.getConfig());
    for (const name of METHODS) {
      const patched = this._wrap(exports, name, () => methods[name]);
      // What an ES module imports as default is another object.
      if (exports.default !== undefined && patched !== undefined) exports.default[name] = patched as unknown as Request;
    }
    return exports;
  }

  private unpatch(exports: ClientModule): void {
    for (const name of METHODS) this._unwrap(exports, name);
  }
}

const METHODS = ['request', 'get'] as const;

/** A listener for `response` would keep Node from discarding an answer that the application does not want. */
function keepResponse(message: unknown): void {
  const { request, response } = message as { request: ResponseHolder; response: IncomingMessage };
  if (RESPONSE in request) request[RESPONSE] = response;
}

function shorten(exports: ClientModule, { module: scheme, durations, unsampledContext }: UnsampledHttpCallsConfig) {
  const { request: instrumented, get: instrumentedGet } = exports;
  const plain = beneath(instrumented);

  function start(active: Context, args: unknown[]): ClientRequest {
    const call = plain(...args);
    observed(() => {
      propagation.inject(active, call, setter);
      follow(call, durations.start(call.method, targetOf(args, scheme)));
    });
    return call;
  }

  /** The instrumentation would make an object with the names `0`, `1` and so on of it. */
  function startWithList(args: unknown[]): ClientRequest {
    const call = plain(...(observed(() => propagatedInList(context.active(), args)) ?? args));
    observed(() => follow(call, durations.start(call.method, targetOf(args, scheme))));
    return call;
  }

  /** Undefined: the call is the instrumentation's. */
  function startPast(args: unknown[]): ClientRequest | undefined {
    if (hasHeaderList(args)) return startWithList(args);
    const active = sendsHeadersLater(args) ? unsampledContext() : undefined;
    return active && start(active, args);
  }

  return {
    request: (...args: unknown[]): ClientRequest => startPast(args) ?? instrumented(...args),
    get(...args: unknown[]): ClientRequest {
      const call = startPast(args);
      if (call === undefined) return instrumentedGet(...args);
      call.end();
      return call;
    },
  };
}

/** The method that an instrumentation has wrapped, as it tells for taking its wrapper off. */
function beneath(method: Request): Request {
  const original = readProperty(method, '__original');
  return typeof original === 'function' ? (original as Request) : method;
}

function hasHeaderList(args: unknown[]): boolean {
  return Array.isArray(readProperty(args[0], 'headers')) || Array.isArray(readProperty(args[1], 'headers'));
}

/** The arguments with what tells the trace in the list of headers, in place of what that tells already. */
function propagatedInList(active: Context, args: unknown[]): unknown[] {
  const carrier: Record<string, string> = {};
  propagation.inject(active, carrier);
  const told = new Set(Object.keys(carrier));
  return args.map((options) => {
    const headers = readProperty(options, 'headers');
    if (told.size === 0 || !Array.isArray(headers)) return options;
    // Names and values in turn, or pairs of them: told by the first, as Node does.
    const isFlat = !Array.isArray(headers[0]);
    if (isFlat && headers.length % 2 === 1) return options;
    const pairs: unknown[][] = isFlat
      ? headers.flatMap((_, i) => (i % 2 === 0 ? [headers.slice(i, i + 2)] : []))
      : headers;
    const all = [...pairs.filter(([name]) => !told.has(String(name).toLowerCase())), ...Object.entries(carrier)];
    return { ...(options as object), headers: isFlat ? all.flat() : all };
  });
}

/** `Expect` has a request write its headers as it is made: nothing can be added any more. */
function sendsHeadersLater(args: unknown[]): boolean {
  for (const options of [args[0], args[1]]) {
    const headers = readProperty(options, 'headers');
    if (typeof headers !== 'object' || headers === null) continue;
    for (const name in headers) if (name.length === EXPECT.length && name.toLowerCase() === EXPECT) return false;
  }
  return true;
}

const EXPECT = 'expect';

/** `close` follows an answer that was read to its end, one that broke off, and an error alike, once. */
function follow(call: ClientRequest & ResponseHolder, end: ReturnType<UnsampledCallDurations['start']>): void {
  let errorType: string | undefined;
  call[RESPONSE] = undefined;
  call.on(errorMonitor, (error: Error) => {
    errorType = error.name;
  });
  call.once('close', () => {
    const response = call[RESPONSE];
    if (response !== undefined && !response.complete) errorType ??= 'Error';
    observed(() => end({ statusCode: response?.statusCode, protocolVersion: response?.httpVersion, errorType }));
  });
}

/** Whom the arguments of `http.request(url?, options?, callback?)` name. */
function targetOf([input, more]: unknown[], scheme: 'http' | 'https'): CallTarget {
  const url = typeof input === 'string' ? new URL(input) : input instanceof URL ? input : undefined;
  const options = (url === undefined ? input : more) as RequestOptions | null | undefined;
  const address = options?.hostname ?? options?.host ?? url?.hostname ?? 'localhost';
  const port = options?.port ?? (url?.port || undefined) ?? options?.defaultPort ?? DEFAULT_PORTS[scheme];
  return { address, port: Number(port) };
}
