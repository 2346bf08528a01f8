import assert from 'node:assert/strict';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import type { ConversionOptions } from '../../../exporters/cloudwatch-metrics/conversion.js';
import { Conversion } from '../../../exporters/cloudwatch-metrics/conversion.js';
import type { Datum } from '../../../exporters/cloudwatch-metrics/datum.js';
import { SERIES_IDLE } from '../../../exporters/cloudwatch-metrics/series-cap.js';
import { Temporality } from '../../../exporters/cloudwatch-metrics/temporality.js';
import { collected, counter, explicitHistogram, gauge, histogram, upDownCounter } from './collected.js';
import { explicitPoint, exponentialPoint } from './histograms.js';

const NOW = Date.UTC(2026, 10, 22, 12);

function start(options: Partial<ConversionOptions> = {}) {
  const notices: string[] = [];
  const unfit: string[] = [];
  const conversion = new Conversion({
    dimensions: 'standard',
    maxSeries: 500,
    statisticValues: true,
    storageResolution: 60,
    temporality: new Temporality({ maxSeries: 1000, ttl: 900_000, processStart: 0 }),
    onNotice: (kind) => notices.push(kind),
    ...options,
  });
  const convert = (metrics: ResourceMetrics, now = NOW): Datum[] => {
    const steps = conversion.convert({
      metrics,
      now,
      extra: [],
      onUnfit: (reason, metric) => unfit.push(`${reason} ${metric}`),
    });
    return [...steps].flat().map(({ value }) => value);
  };
  return { conversion, convert, notices, unfit };
}

/** `metric{dimension values}` by what is published for it. */
function published(datums: readonly Datum[]): Record<string, unknown> {
  return Object.fromEntries(
    datums.map(({ MetricName, Dimensions, Value, StatisticValues, Values, Counts }) => {
      const own = Dimensions.slice(2).map(({ Name, Value: value }) => `${Name}=${value}`);
      const equal =
        MetricName.endsWith('duration') && Values?.length === 1 ? (Values[0] ?? 0) * (Counts?.[0] ?? 0) : undefined;
      return [`${MetricName}{${own}}`, Value ?? StatisticValues?.Sum ?? equal ?? { Values, Counts }];
    }),
  );
}

const request = (route: string | undefined, status: number, values: number[], more = {}) => ({
  time: NOW,
  value: exponentialPoint(values),
  attributes: {
    'http.request.method': 'GET',
    'http.response.status_code': status,
    ...(route === undefined ? {} : { 'http.route': route }),
    ...more,
  },
});

describe('Conversion', () => {
  it('publishes request durations of the service and by route, merged over what is no dimension, and what failed', () => {
    const { convert } = start();
    const points = [
      request('/a', 200, [1, 2], { 'network.protocol.version': '1.1' }),
      request('/a', 200, [4], { 'network.protocol.version': '2' }),
      request('/a', 500, [8]),
      request('/b', 404, [16]),
      request(undefined, 404, [32]),
    ];
    assert.deepEqual(published(convert(collected([histogram('http.server.request.duration', points)]))), {
      'http.server.request.duration{}': 63,
      'http.server.request.duration{http.route=/a,http.request.method=GET}': 15,
      'http.server.request.duration{http.route=/b,http.request.method=GET}': 16,
      'http.server.request.duration{http.route=unmatched,http.request.method=GET}': 32,
      'http.server.fault{}': { Values: [0, 1], Counts: [5, 1] },
      'http.server.fault{http.route=/a,http.request.method=GET}': { Values: [0, 1], Counts: [3, 1] },
      'http.server.fault{http.route=/b,http.request.method=GET}': { Values: [0], Counts: [1] },
      'http.server.fault{http.route=unmatched,http.request.method=GET}': { Values: [0], Counts: [1] },
      'http.server.error{}': { Values: [0, 1], Counts: [4, 2] },
    });
  });

  it('has the same count, sum, minimum and maximum in the merged series as in all points', () => {
    const sets = fc.array(fc.array(fc.double({ min: 0.001, max: 100, noNaN: true }), { minLength: 1, maxLength: 40 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(sets, (all) => {
        const points = all.map((values, i) => request('/a', 200, values, { 'url.scheme': `s${i}` }));
        const datums = start().convert(collected([histogram('http.server.request.duration', points)]));
        const values = all.flat();
        const sum = values.reduce((total, value) => total + value, 0);
        for (const datum of datums.filter(({ MetricName }) => MetricName === 'http.server.request.duration')) {
          const { Values = [], Counts = [], StatisticValues } = datum;
          assert.equal(
            Counts.reduce((total, count) => total + count, 0),
            values.length,
          );
          assert.equal(Values[0], Math.min(...values));
          assert.equal(Values.at(-1), Math.max(...values));
          assert.ok(Math.abs((StatisticValues?.Sum ?? (Values[0] ?? 0) * (Counts[0] ?? 0)) - sum) <= 1e-9 * sum);
        }
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('takes service and environment from the resource, as the first dimensions of everything', () => {
    const { convert } = start();
    const [datum] = convert(collected([counter('orders', [{ value: 1, time: NOW, attributes: { kind: 'x' } }])]));
    assert.deepEqual(datum?.Dimensions, [
      { Name: 'Service', Value: 'checkout' },
      { Name: 'Environment', Value: 'prod' },
      { Name: 'kind', Value: 'x' },
    ]);
    const [bare] = convert(collected([counter('orders', [{ value: 1, time: NOW }])], {}));
    assert.deepEqual(bare?.Dimensions, [
      { Name: 'Service', Value: 'UnknownService' },
      { Name: 'Environment', Value: 'generic:default' },
    ]);
  });

  it('keeps points with attributes that look alike apart', () => {
    const points = [
      { value: 1, time: NOW, attributes: { a: 'b,c,d' } },
      { value: 2, time: NOW, attributes: { a: 'b', c: 'd' } },
      { value: 4, time: NOW, attributes: { a: 'b', 'c=d': '' } },
    ];
    assert.deepEqual(published(start().convert(collected([counter('orders', points)]))), {
      'orders{a=b,c,d}': 1,
      'orders{a=b,c=d}': 2,
      'orders{a=b}': 4,
    });
  });

  it('adds up counters and levels, and merges readings by what they measure', () => {
    const two = (a: number, b: number) => [
      { value: a, time: NOW, attributes: { x: 'a' } },
      { value: b, time: NOW, attributes: { x: 'b' } },
    ];
    const datums = start().convert(
      collected([
        upDownCounter('http.server.active_requests', two(3, 4)),
        gauge('v8js.memory.heap.used', two(10, 20), 'By'),
        gauge('process.cpu.utilization', two(0.25, 0.75)),
      ]),
    );
    assert.deepEqual(published(datums), {
      'http.server.active_requests{}': 7,
      'v8js.memory.heap.used{}': 30,
      'process.cpu.utilization{}': { Values: [25, 75], Counts: [1, 1] },
    });
    assert.equal(datums[2]?.Unit, 'Percent');
  });

  it('merges explicit histograms as well', () => {
    const points = [
      { value: explicitPoint([1, 7], [5, 10]), time: NOW, attributes: { x: 'a' } },
      { value: explicitPoint([20], [5, 10]), time: NOW, attributes: { x: 'b' } },
    ];
    const datums = start().convert(collected([explicitHistogram('http.server.request.body.size', points, 'By')]));
    assert.equal(datums.length, 1);
    assert.deepEqual(datums[0]?.StatisticValues, { SampleCount: 3, Sum: 28, Minimum: 1, Maximum: 20 });
  });

  it('publishes levels of up-down counters, also when the reader asked for changes', () => {
    const { convert } = start();
    const change = (value: number) =>
      collected([upDownCounter('pool.size', [{ value, time: NOW }], '{connection}', 'delta')]);
    assert.deepEqual(
      [3, -1].map((value) => convert(change(value))[0]?.Value),
      [3, 2],
    );
  });

  it('publishes what happened in the interval when the reader accumulates', () => {
    const { convert, unfit } = start({
      temporality: new Temporality({ maxSeries: 10, ttl: 900_000, processStart: 1000 }),
    });
    const at = (value: number, started: number) =>
      convert(
        collected([
          counter('orders', [{ value, time: NOW, start: started }], '{order}', 'cumulative'),
          histogram(
            'job.duration',
            [{ value: exponentialPoint(new Array(value).fill(2)), time: NOW, start: started }],
            's',
            'cumulative',
          ),
        ]),
      ).map(({ Value, Counts = [] }) => Value ?? Counts.reduce((sum, count) => sum + count, 0));
    assert.deepEqual(at(5, 500), []);
    assert.deepEqual(unfit, ['unknown_start orders', 'unknown_start job.duration']);
    assert.deepEqual(at(8, 500), [3, 3]);
    assert.deepEqual(at(2, 2000), [2, 2]);
  });

  it('publishes the rest of a metric together when the places are taken, and loses nothing', () => {
    const { convert, conversion, notices } = start({ maxSeries: 10 });
    const points = Array.from({ length: 20 }, (_, i) => ({ value: 1, time: NOW, attributes: { user: `u${i}` } }));
    const result = published(convert(collected([counter('orders', points)])));
    // Four tenths of the places for one metric.
    assert.equal(Object.keys(result).length, 5);
    assert.equal(result['orders{otel.metric.overflow=true}'], 16);
    assert.equal(
      Object.values(result).reduce((sum: number, value) => sum + Number(value), 0),
      20,
    );
    assert.deepEqual(conversion.series.status(NOW), { active: 5, max: 10, overflowed: 16 });
    assert.ok(notices.includes('series'));
  });

  /** Every kind of metric, the least important first, with `routes` routes. */
  const mixture = (routes: number) => {
    const paths = Array.from({ length: routes }, (_, i) => `/${i}`);
    const byRoute = paths.map((path) => ({ value: 1, time: NOW, attributes: { 'http.route': path } }));
    return collected([
      counter('orders', byRoute),
      counter('monitoring.request.process_cpu.time', byRoute),
      counter('db.client.connections', byRoute),
      histogram(
        'http.server.request.duration',
        paths.map((path) => request(path, 200, [1])),
      ),
    ]);
  };
  const nameOf = ({ MetricName, Dimensions }: Datum) => `${MetricName}/${Dimensions.length - 2}`;

  for (const maxSeries of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 100, 500]) {
    it(`publishes no more than ${maxSeries} series of six hundred routes, also over time`, () => {
      const { convert, conversion } = start({ maxSeries });
      const first = convert(mixture(600));
      assert.equal(first.length, maxSeries);
      assert.deepEqual(
        new Set(convert(mixture(700)).map(({ Dimensions }) => JSON.stringify(Dimensions))),
        new Set(first.map(({ Dimensions }) => JSON.stringify(Dimensions))),
      );
      assert.equal(conversion.series.status(NOW).active, maxSeries);
    });
  }

  it('never publishes more series than the cap, whatever comes', () => {
    const points = fc.array(
      fc.record({
        metric: fc.constantFrom('orders', 'stock', 'http.server.request.body.size', 'http.client.request.duration'),
        route: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
        minutes: fc.integer({ min: 0, max: 200 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(points, fc.integer({ min: 0, max: 12 }), (all, maxSeries) => {
        const { convert } = start({ maxSeries, dimensions: 'full' });
        const seen = new Map<string, number>();
        for (const { metric, route, minutes } of all.sort((a, b) => a.minutes - b.minutes)) {
          const now = NOW + minutes * 60_000;
          const attributes = route === undefined ? {} : { 'server.address': route, x: route };
          const datums = convert(collected([counter(metric, [{ value: 1, time: now, attributes }])]), now);
          for (const { MetricName, Dimensions } of datums) seen.set(MetricName + JSON.stringify(Dimensions), now);
          const active = [...seen.values()].filter((time) => now - time <= SERIES_IDLE);
          assert.ok(active.length <= maxSeries);
        }
      }),
    );
  });

  it('gives places to services first, then to http.server, then to other known metrics, then to the rest', () => {
    const first = (maxSeries: number) => new Set(start({ maxSeries }).convert(mixture(3)).map(nameOf));
    const services = [
      'http.server.request.duration/0',
      'http.server.fault/0',
      'http.server.error/0',
      'monitoring.request.process_cpu.time/0',
    ];
    assert.deepEqual([...first(4)], services);
    assert.deepEqual(
      [...first(8)],
      [
        ...services,
        'http.server.request.duration/2',
        'http.server.fault/2',
        'http.server.request.duration/1',
        'http.server.fault/1',
      ],
    );
    assert.ok(!first(13).has('orders/1') && first(13).has('db.client.connections/1'));
    assert.ok(first(100).has('orders/1') && first(100).has('monitoring.request.process_cpu.time/1'));
  });

  it('leaves a place to the series that holds it, whatever comes later', () => {
    const { convert, unfit } = start({ maxSeries: 2 });
    const orders = counter('orders', [{ value: 1, time: NOW, attributes: { shop: 's' } }]);
    const requests = counter('http.server.request.body.size', [{ value: 1, time: NOW }]);
    assert.deepEqual(Object.keys(published(convert(collected([orders])))), ['orders{shop=s}']);
    assert.deepEqual(Object.keys(published(convert(collected([requests, orders])))), ['orders{shop=s}']);
    assert.deepEqual(unfit, ['series_cap http.server.request.body.size']);
  });

  it('counts a point once in the overflow, also when several of its series have no place', () => {
    const { convert } = start({ maxSeries: 2, dimensions: { orders: [['shop'], ['country']] } });
    const orders = [1, 2, 4].map((value) => ({ value, time: NOW, attributes: { shop: value, country: value } }));
    assert.deepEqual(published(convert(collected([counter('orders', orders)]))), {
      'orders{shop=1}': 1,
      'orders{otel.metric.overflow=true}': 7,
    });
  });

  it('does not take a part for the service because an attribute is named like a common dimension', () => {
    const { convert } = start({ maxSeries: 2 });
    const orders = [1, 2, 4].map((value) => ({ value, time: NOW, attributes: { Service: value } }));
    assert.deepEqual(Object.values(published(convert(collected([counter('orders', orders)])))), [1, 6]);
  });

  it("publishes the SDK's overflow as overflow, not as an unmatched route", () => {
    const points = [
      request('/a', 200, [1]),
      { time: NOW, value: exponentialPoint([2]), attributes: { 'otel.metric.overflow': true } },
    ];
    const { convert, conversion, notices } = start();
    const datums = convert(collected([histogram('http.server.request.duration', points)]));
    assert.deepEqual([conversion.series.status(NOW).overflowed, notices], [1, ['series']]);
    const names = Object.keys(published(datums)).filter((key) => key.startsWith('http.server.request.duration'));
    assert.deepEqual(names, [
      'http.server.request.duration{}',
      'http.server.request.duration{http.route=/a,http.request.method=GET}',
      'http.server.request.duration{otel.metric.overflow=true}',
    ]);
  });

  it('keeps metrics of one name apart that differ in unit or in kind', () => {
    const at = { value: 2, time: NOW };
    const datums = start().convert(
      collected([
        counter('work', [at], 's'),
        counter('work', [at], 'ms'),
        counter('work', [at], 's'),
        gauge('work', [at], 's'),
      ]),
    );
    assert.deepEqual(
      datums.map(({ Unit, Value }) => [Unit, Value]),
      [
        ['Seconds', 4],
        ['Milliseconds', 2],
        ['Seconds', 2],
      ],
    );
  });

  it('says that a unit is none of those of CloudWatch, and nothing of others', () => {
    const { convert, notices } = start();
    const units = ['Cel', 's', '', '1', '{thing}'].map((unit, i) => gauge(`g${i}`, [{ value: 1, time: NOW }], unit));
    assert.deepEqual(
      convert(collected(units)).map(({ Unit }) => Unit),
      ['None', 'Seconds', 'None', 'None', 'Count'],
    );
    assert.deepEqual(notices, ['unit Cel']);
  });

  it('takes thirty dimensions without a word, and says that it left one of more out', () => {
    const { convert, notices } = start();
    const wide = (name: string, attributes: number) =>
      counter(name, [
        {
          value: 1,
          time: NOW,
          attributes: Object.fromEntries(Array.from({ length: attributes }, (_, i) => [`a${i}`, i])),
        },
      ]);
    const dimensions = (metric: unknown) => convert(collected([metric]))[0]?.Dimensions.length;
    assert.deepEqual([dimensions(wide('a', 28)), notices], [30, []]);
    assert.deepEqual([dimensions(wide('b', 29)), notices], [30, ['dimensions']]);
  });

  it('makes the same series for every process of a service', () => {
    const dimensionsOf = (instance: string) => {
      const resource = { 'service.name': 'shop', 'service.instance.id': instance, 'telemetry.sdk.version': instance };
      const points = [request('/a/:id', 200, [1])];
      const datums = start({ dimensions: 'full' }).convert(
        collected([histogram('http.server.request.duration', points)], resource),
      );
      return datums.map(({ MetricName, Dimensions }) => [MetricName, Dimensions]);
    };
    assert.ok(dimensionsOf('a').length > 0);
    assert.deepEqual(dimensionsOf('a'), dimensionsOf('b'));
  });

  it('makes no series of what tells single requests, clients and processes apart', () => {
    const more = (i: number) => ({
      'url.path': `/a/${i}`,
      'url.query': `q=${i}`,
      'url.scheme': `s${i}`,
      'client.address': `10.0.0.${i}`,
      'user_agent.original': `agent ${i}`,
      'server.port': 1000 + i,
      'network.protocol.version': `${i}`,
      'service.instance.id': `${i}`,
      'error.type': `${i}`,
    });
    const points = [1, 2, 3].map((i) => request('/a/:id', 200, [1], more(i)));
    const names = Object.keys(
      published(start().convert(collected([histogram('http.server.request.duration', points)]))),
    );
    assert.deepEqual(names, [
      'http.server.request.duration{}',
      'http.server.fault{}',
      'http.server.error{}',
      'http.server.request.duration{http.route=/a/:id,http.request.method=GET}',
      'http.server.fault{http.route=/a/:id,http.request.method=GET}',
    ]);
  });

  it('publishes at most 150 values of the readings that become one series', () => {
    const { convert } = start({ dimensions: 'lite' });
    const shops = (count: number) =>
      gauge(
        'load.ratio',
        Array.from({ length: count }, (_, i) => ({ value: i, time: NOW, attributes: { shop: i } })),
      );
    for (const count of [150, 151, 1000]) {
      const [{ Values, Counts = [] } = {}, ...others] = convert(collected([shops(count)]));
      assert.deepEqual([Values?.length, others.length], [150, 0]);
      assert.equal(
        Counts.reduce((sum, one) => sum + one, 0),
        count,
      );
    }
  });

  it('names as many hosts as twenty, and none other', () => {
    const hosts = (count: number) =>
      histogram(
        'http.client.request.duration',
        Array.from({ length: count }, (_, i) => ({
          value: exponentialPoint([1]),
          time: NOW,
          attributes: { 'server.address': `h${i}` },
        })),
      );
    const hasOther = (count: number) =>
      Object.keys(published(start().convert(collected([hosts(count)])))).some((name) => name.endsWith('=other}'));
    assert.deepEqual([hasOther(20), hasOther(21)], [false, true]);
  });

  it('names the first twenty hosts that are called and calls the others other', () => {
    const points = Array.from({ length: 25 }, (_, i) => ({
      value: exponentialPoint([1]),
      time: NOW,
      attributes: { 'server.address': `h${i}` },
    }));
    const names = Object.keys(
      published(start().convert(collected([histogram('http.client.request.duration', points)]))),
    );
    assert.equal(names.length, 22);
    assert.ok(names.includes('http.client.request.duration{server.address=h19}'));
    assert.ok(names.includes('http.client.request.duration{server.address=other}'));
  });

  it('publishes what the exporter counts about itself only when it is not zero', () => {
    const points = [
      { value: 0, time: NOW, attributes: { signal: 'logs', reason: 'overflow' } },
      { value: 2, time: NOW, attributes: { signal: 'traces', reason: 'overflow' } },
    ];
    assert.deepEqual(published(start().convert(collected([counter('monitoring.exporter.dropped', points)]))), {
      'monitoring.exporter.dropped{signal=traces,reason=overflow}': 2,
    });
  });

  it('leaves out what would fail the whole request, and says what and why', () => {
    const { convert, unfit } = start();
    const two_weeks = 14 * 24 * 3_600_000;
    const datums = convert(
      collected([
        gauge('a', [{ value: Number.NaN, time: NOW }]),
        gauge('b', [{ value: 1, time: NOW - two_weeks - 1 }]),
        gauge('c', [{ value: 1, time: NOW - two_weeks }]),
        gauge('d', [{ value: 1, time: NOW + 7_200_001 }]),
        gauge('e', [{ value: 1, time: NOW + 7_200_000 }]),
        gauge('f', [{ value: 2 ** 361, time: NOW }]),
      ]),
    );
    assert.deepEqual(
      datums.map(({ MetricName }) => MetricName),
      ['c', 'e'],
    );
    assert.deepEqual(unfit, ['invalid a', 'too_old b', 'too_new d', 'invalid f']);
  });

  it('keeps points of different times apart, each with its own', () => {
    const points = [1, 2].map((minute) => ({ value: minute, time: NOW - minute * 60_000 }));
    const datums = start().convert(collected([counter('orders', points)]));
    assert.deepEqual(
      datums.map(({ Timestamp, Value }) => [Timestamp.getTime(), Value]),
      [
        [NOW - 60_000, 1],
        [NOW - 120_000, 2],
      ],
    );
  });

  it('has one series per metric in lite', () => {
    const { convert } = start({ dimensions: 'lite' });
    const orders = counter(
      'orders',
      [1, 2].map((value) => ({ value, time: NOW, attributes: { shop: `${value}` } })),
    );
    const requests = histogram('http.server.request.duration', [request('/a', 200, [1])]);
    assert.deepEqual(Object.keys(published(convert(collected([orders, requests])))), [
      'http.server.request.duration{}',
      'http.server.fault{}',
      'http.server.error{}',
      'orders{}',
    ]);
  });

  it('uses custom sets, and counts a point once where two sets come to the same', () => {
    const { convert } = start({ dimensions: { orders: [[], ['shop'], ['country', 'shop']] } });
    const orders = counter('orders', [{ value: 2, time: NOW, attributes: { shop: 's' } }]);
    assert.deepEqual(published(convert(collected([orders]))), { 'orders{}': 2, 'orders{shop=s}': 2 });
  });

  it('gives others a turn at least every 64 points and 16 datums', () => {
    const { conversion } = start({ maxSeries: 10_000 });
    const points = Array.from({ length: 1000 }, (_, i) => ({ value: 1, time: NOW, attributes: { i } }));
    const steps = [
      ...conversion.convert({
        metrics: collected([counter('orders', points)]),
        now: NOW,
        extra: [],
        onUnfit: () => {},
      }),
    ];
    assert.ok(steps.every((items) => items.length <= 16));
    assert.ok(steps.length >= Math.floor(1000 / 64) + Math.floor(1000 / 16));
  });
});
