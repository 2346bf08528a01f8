/** What the tests of the server layer share: the layer with everything it needs, servers, and a client that writes bytes. */

import assert from 'node:assert/strict';
import http, { type RequestListener } from 'node:http';
import type http2 from 'node:http2';
import type https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { setImmediate as tick } from 'node:timers/promises';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type DataPoint, DataPointType, type ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { fromPlainSpan } from '../../src/delivery/worker/delivered.js';
import { TelemetryRedaction } from '../../src/delivery/worker/telemetry-redaction.js';
import { createRedactor } from '../../src/redaction/redactor.js';
import { RequestAggregate } from '../../src/requests/request-aggregate.js';
import { RequestSpanReader } from '../../src/requests/request-span-reader.js';
import { installRequestLayer, type RequestLayer, type RequestLayerOptions } from '../../src/requests/server-layer.js';
import { DecidedSampler, withDecision } from '../../src/tracing/decided-sampler.js';
import { RequestIdGenerator } from '../../src/tracing/id-generator.js';
import { createPropagator } from '../../src/tracing/propagation.js';

export type Point = DataPoint<ExponentialHistogram>;

export interface Watched {
  readonly layer: RequestLayer;
  readonly aggregate: RequestAggregate;
  readonly exporter: InMemorySpanExporter;
  readonly provider: TracerProvider;
  spans(): ReadableSpan[];
  /** Of requests that have ended since the last call. */
  durations(): Point[];
  stop(): void;
}

/** The same for all: what it remembers of one request must hold for others. */
const reader = new RequestSpanReader({ name: 'requests' });
const redactor = createRedactor();
const redaction = new TelemetryRedaction(redactor);

export function watch(options: Partial<RequestLayerOptions> = {}): Watched {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const sampler: Sampler = options.sampler ?? new AlwaysOnSampler();
  const idGenerator = new RequestIdGenerator();
  const exporter = new InMemorySpanExporter();
  const resource = resourceFromAttributes({});
  const provider = new TracerProvider({
    sampler: new DecidedSampler(sampler),
    idGenerator,
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const aggregate = new RequestAggregate({ startTime: [0, 0] });
  const layer = installRequestLayer({
    modules: { http },
    tracer: () => provider.getTracer('requests'),
    onRequestSpan(span) {
      const plain = reader.read(span);
      redaction.redactSpan(plain);
      exporter.export([fromPlainSpan(plain, resource)], () => undefined);
    },
    withDecision,
    idGenerator,
    propagator: createPropagator(['xray', 'tracecontext', 'baggage']),
    aggregate,
    redactQuery: redactor.query,
    describeError: () => ({ name: 'Told', message: 'as told' }),
    ...options,
    sampler,
  });
  return {
    layer,
    aggregate,
    exporter,
    provider,
    spans: () => exporter.getFinishedSpans(),
    durations: () => durationsOf(aggregate),
    stop() {
      layer.uninstall();
      context.disable();
    },
  };
}

function durationsOf(aggregate: RequestAggregate): Point[] {
  const metrics = aggregate.collect([1, 0])?.metrics ?? [];
  return metrics.flatMap((metric) =>
    metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM ? metric.dataPoints : [],
  );
}

/** Waits until so many requests have ended, and each was traced and measured once. */
export async function assertEnded(watched: Watched, count: number): Promise<void> {
  await until(() => watched.spans().length >= count, `${count} spans`);
  assert.equal(watched.spans().length, count);
  assert.equal(watched.aggregate.inFlight(), 0);
  const counted = watched.durations().reduce((sum, { value }) => sum + value.count, 0);
  assert.equal(counted, count, 'each request is measured once');
}

/** What the tests of a suite start; each test's is stopped after it. */
export function watchPerTest() {
  /** Called after the test, the last one first. */
  const closing: (() => unknown)[] = [];
  let watched: Watched | undefined;

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const current = (): Watched => {
    assert.ok(watched, 'start() comes first');
    return watched;
  };
  const told = (name: string) => () =>
    current()
      .spans()
      .map(({ attributes }) => attributes[name]);

  return {
    closing,
    get watched() {
      return current();
    },
    start(options: Partial<RequestLayerOptions> = {}): Watched {
      const started = watch(options);
      watched = started;
      closing.push(() => started.stop());
      return started;
    },
    /** A client of a server with that listener. */
    async app(listener: RequestListener): Promise<RawClient> {
      const { port, close } = await serve(listener);
      const client = new RawClient(port);
      closing.push(close, () => client.drop());
      return client;
    },
    ended: (count: number) => assertEnded(current(), count),
    statuses: told('http.response.status_code'),
    errorTypes: told('error.type'),
  };
}

export type AnyServer = http.Server | https.Server | http2.Http2Server | http2.Http2SecureServer;

export async function listen<T extends AnyServer>(
  server: T,
): Promise<{ server: T; port: number; close(): Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  return { server, port, close };
}

export function serve(listener: RequestListener) {
  return listen(http.createServer(listener));
}

/** A client that says exactly what it is told to. */
export class RawClient {
  received = '';
  closed = false;
  readonly #socket: net.Socket;

  constructor(port: number) {
    this.#socket = net.connect(port, '127.0.0.1');
    this.#socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
    });
    this.#socket.on('close', () => {
      this.closed = true;
    });
    this.#socket.on('error', () => undefined);
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Closes at once, as a client does that was killed. */
  drop(): void {
    this.#socket.destroy();
  }

  async answers(count: number): Promise<void> {
    await until(() => (this.received.match(/HTTP\/1\.1 [2-5]/g) ?? []).length >= count, `${count} answers`);
  }
}

export function get(path: string, ...headers: string[]): string {
  return `${['GET', path, 'HTTP/1.1'].join(' ')}\r\n${['Host: app.test:8080', ...headers, ''].join('\r\n')}\r\n`;
}

const PATIENCE = 5_000;

export async function until(condition: () => boolean, what = 'it'): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await tick();
  }
}
