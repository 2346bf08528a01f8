// What redaction adds to an error event and a span: `npx tsx bench/redaction/cost.ts [folder of another checkout]`, which is then measured beside this one.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { quiet } from '../overhead/statistics.js';

const ROUNDS = 60;
const CALLS = 2000;

interface Redactor {
  text(value: string, limit?: number): string;
  copy(value: unknown): unknown;
}
interface Checkout {
  createRedactor(): Redactor;
  TelemetryRedaction: new (redactor: Redactor) => { redactSpan(span: object): void };
  EventBuilder: new (
    redactor: Redactor,
    readings: object,
    warn: () => void,
    ownFolder?: string,
  ) => {
    texts: { describe(error: unknown): object };
    build(occasion: object, suppressed: number): object;
  };
}

/** Before redaction had a room of its own, it was among the errors. */
const PLACES = [
  ['src/redaction/redactor.ts', 'src/errors/redaction.ts'],
  ['src/delivery/worker/telemetry-redaction.ts', 'src/errors/telemetry-redaction.ts'],
  ['src/errors/event-builder.ts'],
];

async function load(folder: string): Promise<Checkout> {
  const modules = PLACES.map((places) => places.map((place) => join(folder, place)).find(existsSync) ?? '');
  const loaded = await Promise.all(modules.map((file) => import(pathToFileURL(file).href)));
  return Object.assign({}, ...loaded);
}

const server = (index: number) => ({
  'http.request.method': 'GET',
  'http.route': '/orders/:id',
  'url.path': `/orders/${index}`,
  'url.scheme': 'http',
  'server.address': 'shop.example',
  'server.port': 443,
  'http.response.status_code': 200,
  'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0',
  'network.peer.address': '10.0.0.1',
  'client.address': '10.0.0.1',
});
const SPANS: Readonly<Record<string, (index: number) => object>> = {
  'server span': server,
  'server span with a query': (index) => ({ ...server(index), 'url.query': `page=${index}&sort=name&q=red%20shoes` }),
  'span of a statement with a parameter': (index) => ({
    'db.system.name': 'postgresql',
    'db.query.text':
      'SELECT id, name, price FROM orders WHERE customer = $1 AND status = $2 ORDER BY created_at DESC LIMIT 20',
    'db.namespace': 'shop',
    'server.address': 'db.internal',
    'server.port': 5432 + (index % 3),
  }),
  'span of a statement with literals': (index) => ({
    'db.system.name': 'postgresql',
    'db.query.text': `SELECT id, name, price FROM orders WHERE customer = 'c-${index}' AND status = 'open' ORDER BY created_at DESC LIMIT 20`,
    'db.namespace': 'shop',
    'server.address': 'db.internal',
    'server.port': 5432,
  }),
};

function spans({ createRedactor, TelemetryRedaction }: Checkout, attributes: (index: number) => object): () => void {
  const redaction = new TelemetryRedaction(createRedactor());
  const scope = { name: '@org/monitoring/requests', version: '0.1.0' };
  let index = 0;
  return () => {
    index++;
    redaction.redactSpan({
      name: 'GET /orders/:id',
      status: { code: 0 },
      attributes: attributes(index),
      links: [],
      events: [],
      scope,
    });
  };
}

function events({ createRedactor, EventBuilder }: Checkout): () => void {
  const readings = {
    uptime: () => 1,
    rss: () => 1,
    heapUsed: () => 1,
    memory: () => ({ rss: 1, heapUsed: 1 }),
    runtimeVersion: '22.15.0',
  };
  const builder = new EventBuilder(createRedactor(), readings, () => undefined);
  const request = {
    method: 'GET',
    route: '/orders/:id',
    path: '/orders/17',
    statusCode: 500,
    userAgent: 'curl/8.5.0',
    requestId: 'r-1',
  };
  let index = 0;
  return () => {
    index++;
    const error = new TypeError(`order ${index} cannot be read from the store at 10.0.0.1:5432`, {
      cause: new Error('connect ECONNREFUSED 10.0.0.1:5432'),
    });
    const raw = builder.texts.describe(error);
    const how = {
      mechanism: 'express',
      handled: true,
      context: { order: index, customer: 'c-17', note: 'second attempt' },
    };
    builder.build({ error, raw, how, request, span: undefined, now: 0, fingerprint: 'f' }, 0);
  };
}

/** Microseconds a call. */
function time(call: () => void): number {
  const start = process.hrtime.bigint();
  for (let count = 0; count < CALLS; count++) call();
  return Number(process.hrtime.bigint() - start) / 1e3 / CALLS;
}

const folders = [resolve(import.meta.dirname, '../..'), ...process.argv.slice(2).map((folder) => resolve(folder))];
const checkouts = await Promise.all(folders.map(load));
const subjects: [string, (checkout: Checkout) => () => void][] = [
  ['error event', events],
  ...Object.entries(SPANS).map(([name, attributes]): [string, (checkout: Checkout) => () => void] => [
    name,
    (checkout) => spans(checkout, attributes),
  ]),
];
for (const [name, make] of subjects) {
  const calls = checkouts.map(make);
  const times: number[][] = calls.map(() => []);
  for (let round = 0; round < ROUNDS; round++) calls.forEach((call, index) => void times[index]?.push(time(call)));
  const [ours = Number.NaN, other] = times.map(quiet);
  const ratio =
    other === undefined ? '' : `, ${(ours / other).toFixed(2)} times the ${other.toFixed(2)} µs of the other checkout`;
  console.log(`${name}: ${ours.toFixed(2)} µs${ratio}`);
}
