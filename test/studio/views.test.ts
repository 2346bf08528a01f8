import assert from 'node:assert/strict';
import { DEFAULT_SAMPLING } from '../../src/pricing/traffic.js';
import type { Span } from '../../src/studio/otlp-model.js';
import { LogGroup, LogStream } from '../../src/studio/store/log-groups.js';
import { Store } from '../../src/studio/store/store.js';
import { EVER } from '../../src/studio/time-range.js';
import { describeCost } from '../../src/studio/views/cost.js';
import { describeErrors, listErrors } from '../../src/studio/views/errors.js';
import { NOTHING_FORESEEN } from '../../src/studio/views/foreseen-series.js';
import { parseFrame } from '../../src/studio/views/occurrence.js';
import { describeOverview } from '../../src/studio/views/overview.js';
import { describeServiceMap } from '../../src/studio/views/service-map.js';
import { describeWaterfall } from '../../src/studio/views/waterfall.js';

const T0 = 1_795_600_000_000;
const PRODUCTION = { sampling: DEFAULT_SAMPLING, foreseen: NOTHING_FORESEEN };
const newStore = (): Store => new Store(64 * 1024 * 1024);

function putEvents(store: Store, events: readonly { readonly at: number; readonly event: unknown }[]): void {
  const group = new LogGroup('/shop/errors', T0, 'STANDARD', {});
  const stream = new LogStream('s', T0);
  store.logs.createGroup(group);
  store.logs.createStream(group, stream);
  for (const { at, event } of events) store.logs.append(stream, at, JSON.stringify(event), at);
}

const STACK =
  'TypeError: no\n    at node:internal/x:1:1\n    at run (/srv/node_modules/lib/a.js:2:3)\n    at pay (/srv/app/pay.js:12:5)';
const exception = (more: Record<string, unknown> = {}) => ({
  severityText: 'ERROR',
  eventName: 'exception',
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  attributes: {
    exception: {
      type: 'TypeError',
      message: 'no',
      stacktrace: STACK,
      cause: [{ path: 'cause', type: 'Error', message: 'refused', stacktrace: 'Error: refused' }],
      source: [{ file: '/srv/app/pay.js', line: 12, function: 'pay', code: '> 12 | throw x;' }],
    },
    error: { fingerprint: 'f1', ...more },
    http: { request: { method: 'GET' }, route: '/pay/:id' },
  },
  resource: { attributes: { 'service.name': 'shop' } },
});
const summary = {
  eventName: 'exception.summary',
  attributes: { exception: { type: 'TypeError', message: 'no' }, error: { fingerprint: 'f1', suppressed: 7 } },
};

describe('Errors', () => {
  it('are grouped by fingerprint and count what was held back', () => {
    const store = newStore();
    putEvents(store, [
      { at: T0, event: exception() },
      { at: T0 + 1000, event: exception({ suppressed: 2 }) },
      { at: T0 + 2000, event: summary },
      { at: T0 + 3000, event: { ...exception({ fingerprint: 'f2' }), severityText: 'FATAL' } },
      { at: T0 + 4000, event: { body: 'no error' } },
    ]);
    const { total, suppressed, kinds, groups } = listErrors(store, EVER);
    assert.deepEqual([total, suppressed, kinds], [12, 9, 2]);
    const [first, second] = groups;
    assert.deepEqual(
      [first?.fingerprint, first?.count, first?.suppressed, first?.where, first?.routes, first?.service, first?.fatal],
      ['f1', 11, 9, 'pay.js:12', ['GET /pay/:id'], 'shop', false],
    );
    assert.deepEqual([first?.firstSeen, first?.lastSeen], [T0, T0 + 2000]);
    assert.equal(
      first?.trend.reduce((a, b) => a + b, 0),
      11,
    );
    assert.deepEqual([second?.fingerprint, second?.fatal], ['f2', true]);
  });

  it('count an event once that arrived twice, by its log.record.uid', () => {
    const store = newStore();
    const event = (uid: string) => {
      const one = exception({ suppressed: 2 });
      return { ...one, attributes: { ...one.attributes, log: { record: { uid } } } };
    };
    putEvents(store, [
      { at: T0, event: event('a') },
      { at: T0 + 1000, event: event('b') },
      { at: T0 + 2000, event: event('a') },
    ]);
    assert.deepEqual(
      [listErrors(store, EVER)].map(({ total, suppressed }) => ({ total, suppressed })),
      [{ total: 6, suppressed: 4 }],
    );
  });

  it('are those of the range, but know when they were first seen', () => {
    const store = newStore();
    putEvents(store, [
      { at: T0, event: exception() },
      { at: T0 + 9000, event: exception() },
    ]);
    const [group] = listErrors(store, { start: T0 + 5000, end: T0 + 10_000 }).groups;
    assert.deepEqual([group?.count, group?.firstSeen], [1, T0]);
  });

  it('show code, causes and where their trace is', () => {
    const store = newStore();
    putEvents(store, [{ at: T0, event: exception() }]);
    const shown = () => describeErrors(store, 'f1', EVER)?.events[0];
    assert.deepEqual(shown()?.sources, [
      { file: '/srv/app/pay.js', line: '12', function: 'pay', code: '> 12 | throw x;' },
    ]);
    assert.deepEqual(
      shown()?.causes.map(({ type, message }) => [type, message]),
      [['Error', 'refused']],
    );
    assert.deepEqual([shown()?.xrayTraceId, shown()?.traceHeld], [`1-${'a'.repeat(8)}-${'a'.repeat(24)}`, false]);
    store.traces.add(span({ traceId: 'a'.repeat(32) }));
    assert.equal(shown()?.traceHeld, true);
    assert.equal(describeErrors(store, 'nosuch', EVER), undefined);
  });

  it('are the same when they come by OTLP', () => {
    const store = newStore();
    store.records.add({
      ...ORIGIN,
      timeUnixNano: `${T0}000000`,
      observedTimeUnixNano: '0',
      severityNumber: 17,
      severityText: 'ERROR',
      body: 'no',
      eventName: 'exception',
      flags: 0,
      attributes: {
        'exception.type': 'TypeError',
        'exception.message': 'no',
        'exception.stacktrace': STACK,
        'error.fingerprint': 'f1',
      },
    });
    const [group] = listErrors(store, EVER).groups;
    assert.deepEqual([group?.type, group?.where, group?.count, group?.service], ['TypeError', 'pay.js:12', 1, 'shop']);
    assert.equal(describeErrors(store, 'f1', EVER)?.events[0]?.stack, STACK);
  });

  for (const [line, file, own] of [
    ['    at pay (/srv/app/pay.js:12:5)', '/srv/app/pay.js', true],
    ['    at async file:///srv/app/a.mjs:1:2', '/srv/app/a.mjs', true],
    ['    at run (/srv/node_modules/lib/a.js:2:3)', '/srv/node_modules/lib/a.js', false],
    ['    at node:internal/x:1:1', 'node:internal/x', false],
    ['    at <anonymous>', '<anonymous>', false],
  ] as const) {
    it(`take ${line.trim()} apart`, () => {
      assert.deepEqual([parseFrame(line)?.file, parseFrame(line)?.own], [file, own]);
    });
  }
});

const ORIGIN = {
  receiver: 'xray' as const,
  arrived: T0,
  resource: { 'service.name': 'shop' },
  scope: { name: 't', attributes: {} },
};
const id = (n: number): string => n.toString(16).padStart(16, '0');

function span(more: Partial<Span> & { readonly at?: number; readonly ms?: number }): Span {
  const { at = 0, ms = 10, ...fields } = more;
  return {
    ...ORIGIN,
    traceId: '1'.repeat(32),
    spanId: id(1),
    flags: 1,
    name: 'span',
    kind: 2,
    startTimeUnixNano: `${T0 + at}000000`,
    endTimeUnixNano: `${T0 + at + ms}000000`,
    attributes: {},
    droppedAttributesCount: 0,
    events: [],
    links: [],
    status: { code: 0 },
    ...fields,
  };
}

function waterfallOf(spans: readonly Span[]) {
  const store = newStore();
  for (const one of spans) store.traces.add(one);
  const trace = store.traces.list()[0];
  assert.ok(trace);
  return describeWaterfall(trace);
}

describe('A waterfall', () => {
  it('puts children below their parents by start, whatever the order of arrival', () => {
    const { rows } = waterfallOf([
      span({ spanId: id(4), parentSpanId: id(2), at: 2 }),
      span({ spanId: id(3), parentSpanId: id(1), at: 5 }),
      span({ spanId: id(2), parentSpanId: id(1), at: 1 }),
      span({ spanId: id(1), ms: 20 }),
    ]);
    assert.deepEqual(
      rows.map((row) => [Number(row.id), row.depth, row.below, row.at]),
      [
        [1, 0, 3, 0],
        [2, 1, 1, 1],
        [4, 2, 0, 2],
        [3, 1, 0, 5],
      ],
    );
  });

  it('keeps orphans and says how many, and does not lose a circle', () => {
    const { rows, orphans } = waterfallOf([
      span({ spanId: id(1) }),
      span({ spanId: id(2), parentSpanId: id(9), at: 1 }),
      span({ spanId: id(3), parentSpanId: id(2), at: 2 }),
      span({ spanId: id(5), parentSpanId: id(6), at: 3 }),
      span({ spanId: id(6), parentSpanId: id(5), at: 4 }),
      span({ spanId: id(7), parentSpanId: id(7), at: 5 }),
    ]);
    assert.equal(orphans, 1);
    assert.deepEqual(
      rows.map((row) => [Number(row.id), row.depth, row.orphan]),
      [
        [1, 0, false],
        [2, 0, true],
        [3, 1, false],
        [7, 0, false],
        [5, 0, false],
        [6, 1, false],
      ],
    );
  });

  it('takes a chain of ten thousand spans', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      span({ spanId: id(index + 1), ...(index === 0 ? {} : { parentSpanId: id(index) }), at: index }),
    );
    const { rows } = waterfallOf(chain);
    assert.deepEqual([rows.length, rows[0]?.below, rows.at(-1)?.depth], [10_000, 9999, 200]);
  });
});

describe('The map of services', () => {
  it('tells who calls whom, how often and how long', () => {
    const store = newStore();
    store.traces.add(span({ spanId: id(1), ms: 40 }));
    store.traces.add(span({ spanId: id(2), parentSpanId: id(1), kind: 3, attributes: { 'server.address': 'cart' } }));
    store.traces.add(
      span({ spanId: id(3), parentSpanId: id(2), kind: 2, resource: { 'service.name': 'cart' }, status: { code: 2 } }),
    );
    store.traces.add(
      span({ spanId: id(4), parentSpanId: id(1), kind: 3, attributes: { 'db.system.name': 'postgresql' }, ms: 5 }),
    );
    store.traces.add(span({ spanId: id(5), parentSpanId: id(1), kind: 1 }));
    const { traces, nodes, edges } = describeServiceMap(store, EVER);
    assert.equal(traces, 1);
    assert.deepEqual(
      edges.map(({ from, to, count, faults, p99 }) => [from, to, count, faults, p99]),
      [
        ['clients', 'shop', 1, 0, 40],
        ['shop', 'cart', 1, 1, 10],
        ['shop', 'postgresql', 1, 0, 5],
      ],
    );
    assert.deepEqual(
      nodes.map(({ name, kind }) => [name, kind]),
      [
        ['clients', 'client'],
        ['shop', 'service'],
        ['cart', 'service'],
        ['postgresql', 'database'],
      ],
    );
  });
});

describe('The cost', () => {
  const put = (store: Store, name: string, dimensions: Record<string, string>) =>
    store.metrics.put(
      'Shop',
      name,
      Object.entries(dimensions).map(([key, value]) => ({ name: key, value })),
      {
        timestamp: T0,
        arrived: T0,
        unit: 'Count',
        resolution: 60,
        value: 1,
      },
    );

  it('is that of the series at production intervals, by metric, and says what multiplies', () => {
    const store = newStore();
    const service = { Service: 'shop', Environment: 'prod' };
    put(store, 'm', service);
    put(store, 'n', service);
    for (let user = 0; user < 18; user += 1) put(store, 'm', { ...service, userId: String(user) });
    const cost = describeCost(store, PRODUCTION);
    assert.deepEqual([cost.series, cost.dollars], [20, 6.44]);
    assert.deepEqual(
      cost.metrics.map(({ name, series, dollars }) => [name, series, dollars]),
      [
        ['m', 19, 5.7],
        ['n', 1, 0.3],
      ],
    );
    assert.deepEqual(cost.presets, [{ name: 'lite', series: 2, saves: 5.4 }]);
    assert.deepEqual(cost.offenders, [
      { dimension: 'userId', values: 18, series: 18, without: 1, saves: 5.1, examples: ['0', '1', '2'] },
    ]);
  });

  it('names ten dimensions at the most', () => {
    const store = newStore();
    for (let index = 0; index < 11; index += 1)
      for (const value of ['a', 'b']) put(store, 'm', { [`d${index}`]: value });
    assert.equal(describeCost(store, PRODUCTION).offenders.length, 10);
  });

  it('of nothing is nothing', () => {
    const cost = describeCost(newStore(), PRODUCTION);
    assert.deepEqual([cost.dollars, cost.traffic], [0, null]);
  });

  it('counts what a process sends once it runs for an interval, whether the process stayed so long or not', () => {
    const short = newStore();
    const long = newStore();
    const service = { Service: 'shop', Environment: 'prod' };
    const foreseen = { service: ['process.memory.usage', 'cpu.time'], route: ['cpu.time'] };
    for (const store of [short, long]) {
      put(store, 'http.server.request.duration', service);
      put(store, 'http.server.request.duration', { ...service, 'http.request.method': 'GET', 'http.route': '/a' });
    }
    put(long, 'process.memory.usage', service);
    put(long, 'cpu.time', service);
    put(long, 'cpu.time', { ...service, 'http.route': '/a' });
    const [shorter, longer] = [short, long].map((store) => describeCost(store, { ...PRODUCTION, foreseen }));
    assert.deepEqual([shorter?.series, shorter?.dollars], [5, 1.94]);
    assert.equal(shorter?.says, longer?.says);
  });

  it('is the sum over services, each of which is a process', () => {
    const store = newStore();
    for (const service of ['shop', 'stock']) put(store, 'm', { Service: service, Environment: 'prod' });
    const { dollars, services } = describeCost(store, PRODUCTION);
    assert.deepEqual(
      services.map((one) => [one.service, one.series, one.dollars]),
      [
        ['shop', 1, 0.74],
        ['stock', 1, 0.74],
      ],
    );
    assert.equal(dollars, 1.48);
    put(store, 'monitoring.exporter.dropped', { signal: 'metrics', reason: 'denied' });
    assert.equal(describeCost(store, PRODUCTION).dollars, 1.78, 'a series without a service is no further process');
  });
});

describe('The overview', () => {
  it('tells how much, what is slow and what fails', () => {
    const store = newStore();
    const service = [
      { name: 'Environment', value: 'prod' },
      { name: 'Service', value: 'shop' },
    ];
    const route = (name: string) => [
      ...service,
      { name: 'http.request.method', value: 'GET' },
      { name: 'http.route', value: name },
    ];
    const at = (seconds: number, value: number, count: number) => ({
      timestamp: T0 + seconds * 1000,
      arrived: T0,
      unit: 'Seconds',
      resolution: 60 as const,
      values: [value],
      counts: [count],
    });
    for (const seconds of [0, 2, 4]) {
      store.metrics.put('Shop', 'http.server.request.duration', service, at(seconds, 0.1, 20));
      store.metrics.put('Shop', 'http.server.request.duration', route('/fast'), at(seconds, 0.01, 15));
      store.metrics.put('Shop', 'http.server.request.duration', route('/slow'), at(seconds, 0.9, 5));
    }
    store.metrics.put('Shop', 'http.server.fault', route('/slow'), { ...at(4, 1, 3), unit: 'Count' });
    store.metrics.put('Shop', 'http.server.request.duration', route('/rare'), at(4, 30, 1));
    const overview = describeOverview(store, EVER, { now: T0 + 5000, production: PRODUCTION });
    assert.equal(overview.requests.perSecond, 10);
    assert.deepEqual([overview.slowest?.route, overview.slowest?.p99], ['/slow', 0.9]);
    assert.deepEqual([overview.requests.total, overview.requests.faults], [61, 3]);
    assert.deepEqual(overview.services, ['shop']);
    assert.equal(overview.anything, true);
  });

  it('counts by the series of the service, and tells in a row of other routes what has no series of its own', () => {
    const store = newStore();
    const service = [
      { name: 'Environment', value: 'prod' },
      { name: 'Service', value: 'shop' },
    ];
    const put = (name: string, more: readonly { name: string; value: string }[], values: number[], counts: number[]) =>
      store.metrics.put('Shop', name, [...service, ...more], {
        timestamp: T0,
        arrived: T0,
        unit: name === 'http.server.request.duration' ? 'Seconds' : 'Count',
        resolution: 60,
        values,
        counts,
      });
    const route = [
      { name: 'http.request.method', value: 'GET' },
      { name: 'http.route', value: '/known' },
    ];
    const overflow = [{ name: 'otel.metric.overflow', value: 'true' }];
    put('http.server.request.duration', [], [0.01, 3], [1850, 150]);
    put('http.server.fault', [], [0, 1], [1849, 151]);
    put('http.server.error', [], [0, 1], [1993, 7]);
    put('http.server.request.duration', route, [0.01], [200]);
    put('http.server.fault', route, [0, 1], [199, 1]);
    put('http.server.request.duration', overflow, [0.01, 3], [1650, 150]);
    const of = () => describeOverview(store, EVER, { now: T0 + 5000, production: PRODUCTION });
    const { requests, routes, slowest } = of();
    assert.deepEqual([requests.total, requests.faults, requests.errors], [2000, 151, 7]);
    assert.deepEqual(
      routes.map(({ route, other, count, faults, errors, p99 }) => [route, other, count, faults, errors, p99]),
      [
        ['', true, 1800, 150, 7, 3],
        ['/known', false, 200, 1, 0, 0.01],
      ],
    );
    assert.deepEqual([slowest?.other, slowest?.p99], [true, 3]);
    put('http.server.request.duration', [], [4], [1]);
    const [rest] = of().routes;
    assert.deepEqual([rest?.count, rest?.p99, rest?.maximum], [1801, null, 4], 'one request had no route');
  });

  it('of nothing says so', () => {
    const { anything, requests, slowest } = describeOverview(newStore(), EVER, { now: T0, production: PRODUCTION });
    assert.deepEqual([anything, requests.perSecond, slowest], [false, null, null]);
  });
});
