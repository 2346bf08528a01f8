import assert from 'node:assert/strict';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { type Attributes, context, propagation, SpanKind, type SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { AggregationTemporality, DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createPropagator } from '../../src/tracing/propagation.js';
import { get, RawClient, serve, until, watch } from './watched-servers.js';

/** What one request leaves: its span, and the attributes of the point of http.server.request.duration that counts it. */
interface Trail {
  name: string;
  kind: SpanKind;
  status: SpanStatusCode;
  parent: string | undefined;
  traceId: string | undefined;
  attributes: Attributes;
  events: string[];
  point: Attributes;
}

interface Scenario {
  title: string;
  handler: RequestListener;
  request: string;
  /** Drops the connection once this says so; absent: waits for the answer. */
  dropWhen?: (client: RawClient, arrived: boolean) => boolean;
  /** Where the two part: attributes of the span, of the metric's point, and the span's name. Undefined is an attribute that is not there. */
  ours?: Difference;
  upstream?: Difference;
  why?: string;
}

interface Difference {
  name?: string;
  attributes?: Record<string, unknown>;
  point?: Record<string, unknown>;
  events?: string[];
  status?: SpanStatusCode;
}

const load = createRequire(__filename);
const ok: RequestListener = (_req, res) => void res.end('ok');
const nothing: RequestListener = () => undefined;
const UNMATCHED = { point: { 'http.route': 'unmatched' } };
const NO_ROUTE = { point: { 'http.route': undefined } };

const scenarios: Scenario[] = [
  { title: 'a plain request', handler: ok, request: get('/') },
  { title: 'a path and a query', handler: ok, request: get('/users/42?full=1&name=x') },
  { title: 'a user agent', handler: ok, request: get('/', 'User-Agent: test/1') },
  { title: 'HEAD', handler: ok, request: get('/').replace('GET', 'HEAD') },
  { title: 'HTTP/1.0', handler: ok, request: 'GET / HTTP/1.0\r\n\r\n' },
  { title: 'no answer but 404', handler: answer(404), request: get('/') },
  { title: '500', handler: answer(500), request: get('/') },
  { title: '204', handler: answer(204), request: get('/') },
  {
    title: 'an answer before the body is read',
    handler: ok,
    request: 'POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody',
  },
  {
    title: 'a W3C parent',
    handler: ok,
    request: get('/', 'traceparent: 00-11111111111111111111111111111111-2222222222222222-01'),
  },
  {
    title: 'an X-Ray parent',
    handler: ok,
    request: get('/', 'X-Amzn-Trace-Id: Root=1-11111111-111111111111111111111111;Parent=2222222222222222;Sampled=1'),
  },
  {
    title: 'proxies',
    handler: ok,
    request: get(
      '/',
      'X-Forwarded-For: 203.0.113.7, 10.0.0.1',
      'X-Forwarded-Host: shop.test',
      'X-Forwarded-Proto: https',
    ),
  },
  {
    title: 'Forwarded',
    handler: ok,
    request: get('/', 'Forwarded: for="[2001:db8::1]:4711";host="shop.test:444";proto=https'),
  },
  { title: 'a credential in the query', handler: ok, request: get('/?a=1&sig=secret') },
  { title: 'early hints before the answer', handler: early, request: get('/') },
  {
    title: 'a query whose encoding is not canonical',
    handler: ok,
    request: get('/?q=a%20b'),
    ours: { attributes: { 'url.query': 'q=a%20b' } },
    upstream: { attributes: { 'url.query': 'q=a+b' } },
    why: 'the client’s own words, and no parsing',
  },
  {
    title: 'a path with dots',
    handler: ok,
    request: get('/a/../b'),
    ours: { attributes: { 'url.path': '/a/../b' } },
    upstream: { attributes: { 'url.path': '/b' } },
    why: 'the path that the application saw',
  },
  {
    title: 'several proxies’ hosts',
    handler: ok,
    request: get('/', 'X-Forwarded-Host: shop.test, inner.test'),
    ours: { attributes: { 'server.address': 'shop.test', 'server.port': undefined } },
    upstream: { attributes: { 'server.address': 'shop.test, inner.test', 'server.port': undefined } },
    why: 'a list is no address; its first is whom the client asked',
  },
  {
    title: 'an unusual method',
    handler: ok,
    request: get('/').replace('GET', 'PROPFIND'),
    ours: { name: 'HTTP' },
    upstream: { name: 'PROPFIND' },
    why: 'the conventions’ name where the method is _OTHER',
  },
  {
    title: 'a client that leaves before the answer',
    handler: nothing,
    request: get('/'),
    dropWhen: (_client, arrived) => arrived,
    ours: {
      attributes: { 'http.response.status_code': undefined, 'error.type': 'aborted' },
      point: { 'http.response.status_code': undefined, 'error.type': 'aborted' },
    },
    upstream: {
      attributes: { 'http.response.status_code': 200, 'error.type': undefined },
      point: { 'http.response.status_code': 200, 'error.type': undefined },
    },
    why: 'no status was sent, least of all 200',
  },
  {
    title: 'a client that leaves in the middle of the answer',
    handler: half,
    request: get('/'),
    dropWhen: (client) => client.received.includes('half'),
    ours: { attributes: { 'error.type': 'aborted' }, point: { 'error.type': 'aborted' } },
    upstream: { attributes: { 'error.type': undefined }, point: { 'error.type': undefined } },
    why: 'an answer that did not arrive is not like one that did',
  },
  {
    title: 'an answer written to after its end',
    handler: late,
    request: get('/'),
    ours: { attributes: { 'http.response.status_code': 200 }, point: { 'http.response.status_code': 200 } },
    upstream: {
      attributes: { 'http.response.status_code': undefined },
      point: { 'http.response.status_code': undefined },
    },
    why: 'the status was sent all the same',
  },
  {
    title: 'Express',
    handler: expressApp(),
    request: get('/api/users/42'),
    ours: {
      name: 'GET /api/users/:id',
      attributes: { 'http.route': '/api/users/:id' },
      point: { 'http.route': '/api/users/:id' },
    },
    upstream: { name: 'GET', attributes: { 'http.route': undefined }, point: { 'http.route': undefined } },
    why: 'upstream needs the Express instrumentation for that',
  },
];

function answer(status: number): RequestListener {
  return (_req, res) => {
    res.statusCode = status;
    res.end();
  };
}

function early(_req: IncomingMessage, res: http.ServerResponse): void {
  res.writeEarlyHints({ link: '</style.css>; rel=preload' });
  res.end('ok');
}

function half(_req: IncomingMessage, res: http.ServerResponse): void {
  res.writeHead(200, { 'content-length': '100' });
  res.write('half');
}

function late(_req: IncomingMessage, res: http.ServerResponse): void {
  res.on('error', () => undefined);
  res.end('ok');
  res.write('more');
}

function expressApp(): RequestListener {
  const express = load('express');
  const router = express.Router();
  router.get('/:id', ok);
  const app = express();
  app.use('/api/users', router);
  return app;
}

interface Watcher {
  spans(): ReadableSpan[];
  points(): Attributes[] | Promise<Attributes[]>;
  stop(): void;
}

function ours(): Watcher {
  const watched = watch();
  return { ...watched, points: () => watched.durations().map(({ attributes }) => attributes) };
}

class Reader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

interface Definition {
  name: string;
  patch(module: typeof http): unknown;
  unpatch(module: typeof http): void;
}

function upstream(): Watcher {
  const exporter = new InMemorySpanExporter();
  const reader = new Reader();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(createPropagator(['xray', 'tracecontext', 'baggage']));
  const instrumentation = new HttpInstrumentation({ enabled: false, disableOutgoingRequestInstrumentation: true });
  instrumentation.setTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  instrumentation.setMeterProvider(new MeterProvider({ readers: [reader] }));
  // The module is loaded already, so the hooks on loading would come too late.
  const definitions = Reflect.apply(
    Reflect.get(instrumentation, 'init'),
    instrumentation,
    [],
  ) as unknown as Definition[];
  const definition = definitions.find(({ name }) => name === 'http');
  assert.ok(definition);
  definition.patch(http);
  return {
    spans: () => exporter.getFinishedSpans(),
    points: async () => {
      const { resourceMetrics } = await reader.collect();
      const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      return metrics.flatMap((metric) =>
        metric.dataPointType === DataPointType.HISTOGRAM ? metric.dataPoints.map(({ attributes }) => attributes) : [],
      );
    },
    stop() {
      definition.unpatch(http);
      propagation.disable();
      context.disable();
    },
  };
}

async function trailOf(scenario: Scenario, makeWatcher: () => Watcher): Promise<Trail> {
  const watcher = makeWatcher();
  let arrived = false;
  const { port, close } = await serve((req, res) => {
    arrived = true;
    scenario.handler(req, res);
  });
  const client = new RawClient(port);
  try {
    client.send(scenario.request);
    if (scenario.dropWhen) {
      await until(() => scenario.dropWhen?.(client, arrived) ?? true);
      client.drop();
    }
    await until(() => watcher.spans().length > 0, 'a span');
    const points = await watcher.points();
    assert.deepEqual([watcher.spans().length, points.length], [1, 1]);
    return trail(watcher.spans()[0], points[0]);
  } finally {
    client.drop();
    await close();
    watcher.stop();
  }
}

function trail(span: ReadableSpan | undefined, point: Attributes | undefined): Trail {
  assert.ok(span && point);
  const parent = span.parentSpanContext;
  const { 'network.peer.port': peerPort, ...attributes } = span.attributes;
  assert.equal(typeof peerPort, 'number');
  return {
    name: span.name,
    kind: span.kind,
    status: span.status.code,
    parent: parent?.spanId,
    traceId: parent && span.spanContext().traceId,
    attributes,
    events: span.events.map(({ name }) => name),
    point,
  };
}

/** What is left of a trail without the attributes in which the two are to differ, after checking these. */
function common(whole: Trail, { name, attributes = {}, point = {} }: Difference): Trail {
  if (name !== undefined) assert.equal(whole.name, name);
  return {
    ...whole,
    name: name === undefined ? whole.name : '',
    attributes: without(whole.attributes, attributes),
    point: without(whole.point, point),
  };
}

function without(attributes: Attributes, expected: Record<string, unknown>): Attributes {
  const rest = { ...attributes };
  for (const [name, value] of Object.entries(expected)) {
    assert.deepEqual(attributes[name], value, name);
    delete rest[name];
  }
  return rest;
}

/** In every metric of ours a request without a route says so; upstream leaves the attribute out. */
function withRoute(difference: Difference = {}, always: { point: Record<string, unknown> }): Difference {
  return { ...difference, point: { ...always.point, ...difference.point } };
}

describe('spans and metric points against those of instrumentation-http', () => {
  after(() => trace.disable());

  for (const scenario of scenarios) {
    const { title, why } = scenario;
    it(`${why === undefined ? 'are the same' : 'differ as decided'}: ${title}${why === undefined ? '' : ` (${why})`}`, async () => {
      const mine = common(await trailOf(scenario, ours), withRoute(scenario.ours, UNMATCHED));
      const theirs = common(await trailOf(scenario, upstream), withRoute(scenario.upstream, NO_ROUTE));
      assert.deepEqual(mine, theirs);
      assert.equal(mine.kind, SpanKind.SERVER);
    });
  }
});
