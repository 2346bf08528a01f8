import type { HistogramSeries, MetricInput } from './points.js';

const SERIES = 10_000;
const METHODS = ['GET', 'POST'];

/** Name of an instrument that no preset knows: every attribute is a dimension, as in EMF. */
const DURATION = { name: 'checkout.duration', unit: 's' };

const pairs = Array.from({ length: SERIES }, (_, index) => ({
  'http.route': `/shops/${Math.floor(index / METHODS.length)}/orders/:id`,
  'http.request.method': METHODS[index % METHODS.length] ?? 'GET',
}));

/** One point a series. */
export const plain: readonly MetricInput[] = [
  { ...DURATION, histograms: pairs.map((attributes) => ({ attributes, scale: 3 })) },
];

/** Two points of different scale a series, told apart by an attribute that is no dimension, and a series of all of them. */
export const merged: readonly MetricInput[] = [
  {
    ...DURATION,
    histograms: pairs.flatMap((attributes) => [
      { attributes: { ...attributes, tenant: 'a' }, scale: 3 },
      { attributes: { ...attributes, tenant: 'b' }, scale: 4 },
    ]),
  },
];
export const mergedDimensions = { [DURATION.name]: [[], ['http.route', 'http.request.method']] };

/** The example application's requests in a minute: nine pairs of route and method, some with more than one status. */
const REQUESTS: readonly [method: string, route: string | undefined, ...statuses: number[]][] = [
  ['GET', '/health', 200],
  ['GET', '/experiments', 200],
  ['POST', '/experiments', 201, 400],
  ['GET', '/experiments/:id', 200, 404],
  ['POST', '/experiments/:id/assignments', 201],
  ['POST', '/experiments/:id/conversions', 204],
  ['GET', '/experiments/:id/results', 200],
  ['GET', '/test-error', 500],
  ['GET', undefined, 404],
];

const HOST = [
  'container.cpu.usage',
  'container.cpu.utilization',
  'container.memory.working_set',
  'container.memory.available',
  'container.memory.utilization',
  'process.cpu.utilization',
  'process.memory.usage',
  'v8js.memory.heap.used',
  'monitoring.heap.limit',
  'nodejs.eventloop.delay.mean',
  'nodejs.eventloop.delay.p99',
  'nodejs.eventloop.delay.max',
  'nodejs.eventloop.utilization',
];

const requests = REQUESTS.flatMap(([method, route, ...statuses]) =>
  statuses.map(
    (status): HistogramSeries => ({
      attributes: {
        'http.request.method': method,
        ...(route === undefined ? {} : { 'http.route': route }),
        'http.response.status_code': status,
        'url.scheme': 'http',
        'network.protocol.version': '1.1',
        ...(status >= 500 ? { 'error.type': String(status) } : {}),
      },
      scale: 3,
    }),
  ),
);

export const demo: readonly MetricInput[] = [
  { name: 'http.server.request.duration', unit: 's', histograms: requests },
  ...HOST.map((name) => ({ name, unit: unitOf(name), gauge: 0.25 })),
];

function unitOf(name: string): string {
  if (name.includes('delay')) return 's';
  return name.includes('memory') && !name.endsWith('utilization') ? 'By' : '1';
}
