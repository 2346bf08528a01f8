import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DEFAULT_SAMPLING, type Sampling } from '../pricing/traffic.js';
import { answerApi, isApi } from './api.js';
import type { ViewOptions } from './api-request.js';
import type { Arrival, Route } from './arrival.js';
import { authenticate } from './authentication.js';
import { type AwsError, awsErrorOf, commonError } from './aws-error.js';
import { errorReply } from './aws-replies.js';
import { type Backend, dispatch, type Outcome, refusedItems } from './dispatch.js';
import { faultError } from './fault-errors.js';
import { type Fault, Faults } from './faults.js';
import { decompress, foreignness, HttpError, problem, type Reply, readWire, send } from './http.js';
import { Live } from './live.js';
import { PageFiles } from './page-files.js';
import { type Envelope, identify } from './routing.js';
import { XRAY_OPERATIONS, type XRayOperation } from './services/xray.js';
import { type Credentials, parseAuthorization } from './sigv4.js';
import type { Hold } from './store/ledger.js';
import { Store } from './store/store.js';
import { type ForeseenMetrics, NOTHING_FORESEEN } from './views/foreseen-series.js';

export const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const DEFAULT_DELAY = 1000;
const DEFAULT_SKEW = 3600 * 1000;

export interface StudioAccount {
  /** 12 digits; `000000000000` when absent. */
  readonly id?: string;
  readonly arn?: string;
  readonly userId?: string;
  /** Given: signatures are verified with them. Absent: any well-formed signature passes. */
  readonly credentials?: Credentials;
}

export interface StudioOptions {
  /** A loopback address; nothing else is listened on. */
  readonly host?: '127.0.0.1';
  /** 0, the default: any free port. */
  readonly port?: number;
  /** Bytes of telemetry held in memory; 64 MiB when absent. */
  readonly maxBytes?: number;
  /** Epoch milliseconds: the time by which ages of data are judged. Signatures are judged by the machine's clock. */
  readonly now?: () => number;
  /** In [0, 1): decides faults with a probability. */
  readonly random?: () => number;
  readonly account?: StudioAccount;
  /** How many requests begin a trace in production, for the cost of traces; X-Ray's default rule when absent. */
  readonly sampling?: Sampling;
  /** Metrics that the cost counts before they arrive; none when absent. */
  readonly foreseen?: ForeseenMetrics;
  /** Folders of dashboard bodies (`*.json`) that the page shows beside those put by PutDashboard. */
  readonly dashboards?: readonly string[];
  /** The address that a frame of an error links to, as `MONITORING_EDITOR` has it; frames are no links when absent. */
  readonly editor?: string;
  /** The folder of the built page; beside this file when absent. */
  readonly page?: string;
  /** Operations of X-Ray that the endpoint answers beside its own; the command line gives none. */
  readonly xrayOperations?: readonly XRayOperation[];
}

export interface Studio {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly store: Store;
  readonly faults: Faults;
  /** Ends open connections, hanging ones too. */
  close(): Promise<void>;
}

/**
 * Starts a local endpoint that answers CloudWatch, CloudWatch Logs, X-Ray, STS and OTLP/HTTP as AWS and a collector
 * would, enforces their limits and keeps what arrived.
 *
 * @throws Error when the address cannot be listened on
 */
export async function startStudio(options: StudioOptions = {}): Promise<Studio> {
  const store = new Store(options.maxBytes ?? DEFAULT_MAX_BYTES);
  const faults = new Faults(options.random);
  const endpoint = new Endpoint(store, faults, options);
  const server = createServer((request, response) => void endpoint.serve(request, response));
  server.keepAliveTimeout = 65_000;
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, store, faults, close: () => close(server) };
}

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** A request before its body is decompressed. */
type Sent = Omit<Envelope, 'body' | 'signature'>;

class Endpoint {
  readonly #now: () => number;
  readonly #backend: Backend;
  readonly #credentials: Credentials | undefined;
  readonly #started: number;
  readonly #live: Live;
  readonly #page: PageFiles;
  readonly #views: ViewOptions;

  constructor(
    private readonly store: Store,
    private readonly faults: Faults,
    options: StudioOptions,
  ) {
    this.#now = options.now ?? Date.now;
    this.#started = this.#now();
    const { id = '000000000000', credentials, ...account } = options.account ?? {};
    this.#backend = {
      store,
      account: {
        id,
        arn: account.arn ?? `arn:aws:iam::${id}:user/local`,
        userId: account.userId ?? 'AIDALOCALENDPOINT0000',
      },
      xrayOperations: [...XRAY_OPERATIONS, ...(options.xrayOperations ?? [])],
    };
    this.#credentials = credentials;
    this.#live = new Live(store);
    this.#page = new PageFiles(options.page ?? join(__dirname, 'page'));
    const production = {
      sampling: options.sampling ?? DEFAULT_SAMPLING,
      foreseen: options.foreseen ?? NOTHING_FORESEEN,
    };
    this.#views = { production, dashboardFolders: options.dashboards ?? [], editor: options.editor };
  }

  /** Never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    try {
      const reply = await this.#reply(request, response);
      if (reply !== undefined) send(response, reply);
    } catch (error) {
      refuse(request, response, error);
    }
  }

  async #reply(request: IncomingMessage, response: ServerResponse): Promise<Reply | undefined> {
    const foreign = foreignness(request.headers);
    if (foreign !== undefined) throw new HttpError(403, foreign);
    const { path, query } = parseTarget(request.url ?? '/');
    const envelope = { method: request.method ?? 'GET', path, query, headers: request.headers };
    const page = this.#page.answer(envelope.method, path, request.headers.accept);
    if (page !== undefined) return page;
    if (envelope.method === 'GET' && path === '/api/live') return this.#connect(request, response);
    const hold = this.store.ledger.hold();
    try {
      if (isApi(envelope.method, path)) return await this.#api(envelope, request, hold);
      return await this.#telemetry({ ...envelope, wire: await readWire(request, hold) }, response, hold);
    } catch (error) {
      if (error instanceof HttpError && !isApi(envelope.method, path)) this.#refuseUnread(envelope, error);
      throw error;
    } finally {
      hold.release();
    }
  }

  #connect(request: IncomingMessage, response: ServerResponse): undefined {
    if (!this.#live.connect(request, response)) throw new HttpError(503, 'Too many pages are open.');
  }

  async #api(envelope: Sent, request: IncomingMessage, hold: Hold): Promise<Reply> {
    const body = await decompress(await readWire(request, hold), envelope.headers['content-encoding'], hold);
    const { store, faults } = this;
    const context = { store, faults, now: this.#now(), started: this.#started, views: this.#views };
    return answerApi({ ...envelope, body: body.toString() }, context);
  }

  async #telemetry(
    sent: Sent & { readonly wire: Buffer },
    response: ServerResponse,
    hold: Hold,
  ): Promise<Reply | undefined> {
    const begun = performance.now();
    const body = await decompress(sent.wire, sent.headers['content-encoding'], hold);
    const signature = parseAuthorization(sent.headers.authorization);
    const arrival: Arrival = { ...sent, body, signature, requestId: randomUUID(), now: this.#now() };
    const route = identify(arrival, this.#backend.xrayOperations);
    if (route.protocol === 'none') throw new HttpError(404, `No service is known by this request to ${sent.path}.`);
    if (sent.method !== 'POST' && route.protocol !== 'query') throw new HttpError(405, 'Only POST is answered here.');
    const fault = this.faults.strike({ service: route.service, path: sent.path, action: route.action });
    const log = (status: number, outcome: Partial<Outcome>, error?: string): void =>
      this.#log(route, arrival, { status, begun, fault, items: outcome.items ?? 0, error });
    if (fault?.kind === 'hang' || fault?.kind === 'reset') {
      log(0, {}, fault.kind);
      if (fault.kind === 'reset') response.socket?.resetAndDestroy();
      return undefined;
    }
    await wait(fault);
    const clock = Date.now() + (fault?.kind === 'clock-skew' ? (fault.offsetMs ?? DEFAULT_SKEW) : 0);
    response.sendDate = false;
    response.setHeader('date', new Date(clock).toUTCString());
    return this.#answer(route, arrival, { fault, clock, log });
  }

  #answer(
    route: Route,
    arrival: Arrival,
    call: {
      readonly fault: Fault | undefined;
      readonly clock: number;
      readonly log: (status: number, outcome: Partial<Outcome>, error?: string) => void;
    },
  ): Reply {
    try {
      const forced = call.fault === undefined ? undefined : faultError(call.fault, route, this.#backend.account);
      if (forced !== undefined) throw forced;
      authenticate(route, arrival, call.clock, this.#credentials);
      const outcome = dispatch(route, arrival, this.#backend);
      call.log(outcome.reply.status, outcome);
      if (outcome.rejected !== undefined) this.#refusePart(route, outcome.rejected);
      return outcome.reply;
    } catch (thrown) {
      const error = awsErrorOf(thrown) ?? internal(route, thrown);
      const items = refusedItems(route, arrival, this.#backend.xrayOperations);
      call.log(error.status, { items }, error.code);
      this.#refuseWhole(route, error, items, call.fault);
      return withRetryAfter(errorReply(route, arrival, error), call.fault);
    }
  }

  /** Refused as HTTP: too long, not decompressible, nothing at that path. */
  #refuseUnread(sent: Sent, error: HttpError): void {
    const nothing = Buffer.alloc(0);
    const signature = parseAuthorization(sent.headers.authorization);
    const arrival = { ...sent, wire: nothing, body: nothing, signature, requestId: randomUUID(), now: this.#now() };
    const route = identify(arrival, this.#backend.xrayOperations);
    const { status, message } = error;
    const code = `Http${status}`;
    this.#log(route, arrival, { status, begun: performance.now(), items: 0, fault: undefined, error: code });
    const { service, action } = route;
    this.store.refuse({ at: arrival.now, service, action: action.slice(0, 200), code, message, status, items: 0 });
  }

  #refusePart(route: Route, rejected: { readonly count: number; readonly message: string }): void {
    const { service, action } = route;
    const { count: items, message } = rejected;
    this.store.refuse({ at: this.#now(), service, action, code: 'partial', message, status: 200, items });
  }

  #refuseWhole(route: Route, error: AwsError, items: number, fault: Fault | undefined): void {
    const { code, message, status } = error;
    const what = { at: this.#now(), service: route.service, action: route.action, code, message, status, items };
    this.store.refuse(fault === undefined ? what : { ...what, fault: fault.kind });
  }

  #log(
    route: Route,
    arrival: Arrival,
    call: {
      readonly status: number;
      readonly begun: number;
      readonly items: number;
      readonly fault: Fault | undefined;
      readonly error: string | undefined;
    },
  ): void {
    this.store.calls.push({
      id: arrival.requestId,
      at: arrival.now,
      service: route.service,
      action: route.action.slice(0, 200),
      status: call.status,
      items: call.items,
      wireBytes: arrival.wire.length,
      bytes: arrival.body.length,
      durationMs: Math.round((performance.now() - call.begun) * 1000) / 1000,
      signed: arrival.signature !== undefined,
      ...(call.error === undefined ? {} : { error: call.error }),
      ...(arrival.signature === undefined ? {} : { region: arrival.signature.region }),
      ...(call.fault === undefined ? {} : { fault: call.fault.kind }),
    });
  }
}

function parseTarget(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  return { path, query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)) };
}

async function wait(fault: Fault | undefined): Promise<void> {
  const time = fault?.delayMs ?? (fault?.kind === 'delay' ? DEFAULT_DELAY : 0);
  if (time > 0) await new Promise((resolve) => setTimeout(resolve, time).unref());
}

const internal = (route: Route, thrown: unknown): AwsError =>
  commonError(route.service, 'internal', `The local endpoint failed: ${String(thrown)}`);

function withRetryAfter(reply: Reply, fault: Fault | undefined): Reply {
  if (fault?.retryAfter === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(fault.retryAfter) } };
}

/** The rest of a body that is not read ends the connection; otherwise it would be taken for the next request. */
function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (request.destroyed && !request.complete) return;
  if (!request.complete) {
    response.setHeader('connection', 'close');
    // Who is still sending would see the connection break instead of the answer.
    request.resume();
  }
  const status = error instanceof HttpError ? error.status : 500;
  const message = error instanceof Error ? error.message : String(error);
  const reply = problem(status, message);
  send(response, error instanceof HttpError ? { ...reply, headers: { ...reply.headers, ...error.headers } } : reply);
}
