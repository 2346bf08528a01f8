import assert from 'node:assert/strict';
import { CloudWatchClient, type PutMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import type { ExportResult } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  CloudWatchMetricExporter,
  type CloudWatchMetricExporterOptions,
} from '../../exporters/cloudwatch-metrics/exporter.js';
import { collected, counter, explicitHistogram, RESOURCE } from '../exporters/cloudwatch-metrics/collected.js';
import { type MotoConnection, runningMoto } from './moto-server.js';
import { assertStatistics, LAST_BITS, ReadBack, recorded, type SeriesDimensions } from './read-back.js';

const NAMESPACE = 'Checkout/Real';
const COMMON = { Service: 'checkout', Environment: 'prod' };

/** Values are published with seven significant digits: half a unit of the seventh. */
const HISTOGRAM_SUM = 1e-6;

/** The magnitudes that PutMetricData takes, written out: moto checks none but NaN. */
const LARGEST = 2 ** 360;
const SMALLEST = 8.51592e-109;

const SUCCESS = 0;

describe('moto, by CloudWatchMetricExporter', () => {
  const moto = runningMoto();

  let application: Application | undefined;
  const started = (options: ApplicationOptions = {}) => {
    application = new Application(moto(), options);
    return application;
  };
  afterEach(async () => {
    await application?.close();
    application = undefined;
  });

  it('publishes what a counter added, summed over exports, for each set of attributes', async () => {
    const app = started();
    const orders = app.meter.createCounter('orders', { unit: '{order}' });
    const shop = [3, 4.5, 1];
    const app2 = [10, 0.25, 7];
    for (const [i, value] of shop.entries()) {
      orders.add(value, { channel: 'shop' });
      orders.add(app2[i] ?? 0, { channel: 'app' });
      await app.export();
    }
    await app.holds('orders', { ...COMMON, channel: 'shop' }, recorded(shop));
    await app.holds('orders', { ...COMMON, channel: 'app' }, recorded(app2));
    assert.deepEqual(await app.readBack.series(), [
      'orders{Service=checkout,Environment=prod,channel=app}',
      'orders{Service=checkout,Environment=prod,channel=shop}',
    ]);
  });

  it('publishes the level of an up-down counter and the last value of a gauge at each export', async () => {
    const app = started();
    const open = app.meter.createUpDownCounter('open');
    const temperature = app.meter.createGauge('temperature');
    for (const [change, degrees] of [
      [5, 20.5],
      [-2, -3],
      [4, 0],
    ] as const) {
      open.add(change);
      temperature.record(1000);
      temperature.record(degrees);
      await app.export();
    }
    await app.holds('open', COMMON, recorded([5, 3, 7]));
    await app.holds('temperature', COMMON, recorded([20.5, -3, 0]));
  });

  for (const statisticValues of [true, false]) {
    it(`publishes the count, minimum, maximum and sum of a histogram with statisticValues: ${statisticValues}`, async () => {
      const app = started({ statisticValues });
      const duration = app.meter.createHistogram('duration', { unit: 's' });
      const values: number[] = [];
      for (let round = 0; round < 3; round++) {
        for (const value of threeDecades(2000, round)) {
          duration.record(value);
          values.push(value);
        }
        await app.export();
      }
      await app.holds('duration', COMMON, recorded(values), HISTOGRAM_SUM);
    });
  }

  it('publishes a histogram with a single bucket', async () => {
    const app = started();
    const size = app.meter.createHistogram('unbucketed', { unit: 'By' });
    const values = [1.5, 700, 33, 1e9];
    for (const value of values) size.record(value);
    await app.export();
    await app.holds('unbucketed', COMMON, recorded(values), HISTOGRAM_SUM);
  });

  it('publishes a histogram that has no buckets by its statistics alone', async () => {
    const app = started();
    const value = { count: 4, sum: 734.25, min: 1.5, max: 700.125, buckets: { boundaries: [], counts: [] } };
    const result = await app.exportCollected(collected([explicitHistogram('bare', [{ value, time: Date.now() }])]));
    assert.equal(result.code, SUCCESS);
    await app.holds('bare', COMMON, { count: 4, sum: 734.25, min: 1.5, max: 700.125, average: 734.25 / 4 });
  });

  it('scales values, sums, minima and maxima to the units of CloudWatch', async () => {
    const app = started();
    const values = [0.125, 1, 17.3, 940];
    const cases = [
      { name: 'wait', unit: 'ns', expected: 'Microseconds', factor: 1e-3 },
      { name: 'heap', unit: 'KiBy', expected: 'Kilobytes', factor: 1.024 },
      { name: 'lease', unit: 'h', expected: 'Seconds', factor: 3600 },
      { name: 'pool.utilization', unit: '1', expected: 'Percent', factor: 100 },
    ] as const;
    for (const { name, unit } of cases) {
      const histogram = app.meter.createHistogram(name, { unit });
      for (const value of values) histogram.record(value);
    }
    app.meter.createCounter('read', { unit: 'MiBy' }).add(3);
    await app.export();
    for (const { name, expected, factor } of cases) {
      await app.holds(name, COMMON, recorded(values, factor), HISTOGRAM_SUM);
      const read = app.readBack;
      assert.ok(await read.byGetMetricStatistics(name, COMMON, expected), `${name} in ${expected}`);
      assert.equal(await read.byGetMetricStatistics(name, COMMON, 'None'), undefined);
      assert.ok(await read.byGetMetricData(name, COMMON, expected), `${name} in ${expected}`);
    }
    await app.holds('read', COMMON, recorded([3], 1.024 ** 2));
  });

  it('publishes a request under the service and under its route, and no other series', async () => {
    const app = started();
    const duration = app.meter.createHistogram('http.server.request.duration', { unit: 's' });
    const requests = [
      { route: '/pay', status: 200, seconds: 0.25 },
      { route: '/pay', status: 500, seconds: 1.5 },
      { route: '/cart/:id', status: 404, seconds: 0.03125 },
    ];
    for (const { route, status, seconds } of requests) {
      duration.record(seconds, {
        'http.route': route,
        'http.request.method': 'POST',
        'http.response.status_code': status,
      });
    }
    await app.export();
    const metric = 'http.server.request.duration';
    const route = (value: string) => ({ ...COMMON, 'http.route': value, 'http.request.method': 'POST' });
    // By GetMetricData only: moto's other call would add the routes to the service.
    assertStatistics(await app.readBack.byGetMetricData(metric, COMMON), recorded([0.25, 1.5, 0.03125]), HISTOGRAM_SUM);
    await app.holds(metric, route('/pay'), recorded([0.25, 1.5]), HISTOGRAM_SUM);
    await app.holds(metric, route('/cart/:id'), recorded([0.03125]), HISTOGRAM_SUM);
    await app.holds('http.server.fault', route('/pay'), recorded([0, 1]));
    assertStatistics(await app.readBack.byGetMetricData('http.server.fault', COMMON), recorded([0, 1, 0]), LAST_BITS);
    assertStatistics(await app.readBack.byGetMetricData('http.server.error', COMMON), recorded([0, 0, 1]), LAST_BITS);
    const text = 'Service=checkout,Environment=prod';
    const routes = [
      `${text},http.route=/cart/:id,http.request.method=POST`,
      `${text},http.route=/pay,http.request.method=POST`,
    ];
    assert.deepEqual(
      await app.readBack.series(),
      [
        `http.server.error{${text}}`,
        ...[text, ...routes].flatMap((dimensions) => [`http.server.fault{${dimensions}}`, `${metric}{${dimensions}}`]),
      ].sort(),
    );
  });

  it('publishes the largest and the smallest numbers, and leaves out and counts those beyond', async () => {
    const app = started();
    const level = app.meter.createGauge('level', { unit: 'Cel' });
    const values = { largest: LARGEST, lowest: -LARGEST, tiny: SMALLEST / 1e9, zero: 0 };
    for (const [size, value] of Object.entries(values)) level.record(value, { size });
    level.record(LARGEST * (1 + Number.EPSILON), { size: 'too large' });
    level.record(Number.NaN, { size: 'no number' });
    await app.export();
    for (const [size, value] of Object.entries({ ...values, tiny: SMALLEST })) {
      await app.holds('level', { ...COMMON, size }, recorded([value]));
    }
    assert.equal(app.dropped('invalid'), 2);
    assert.deepEqual(
      (await app.readBack.series()).filter((series) => series.startsWith('level')),
      Object.keys(values)
        .map((size) => `level{Service=checkout,Environment=prod,size=${size}}`)
        .sort(),
    );
  });

  it('publishes names and values of dimensions that CloudWatch would not take in a form that it does', async () => {
    const app = started();
    const visits = app.meter.createCounter('visits');
    visits.add(2, { ':city': 'Malmö', empty: '', note: 'a\tb', word: '語' });
    visits.add(3, { long: 'x'.repeat(1024) });
    visits.add(5, { long: 'x'.repeat(1025) });
    await app.export();
    await app.holds('visits', { ...COMMON, _city: 'Malm%C3%B6', note: 'a b', word: '%E8%AA%9E' }, recorded([2]));
    await app.holds('visits', { ...COMMON, long: 'x'.repeat(1024) }, recorded([3]));
    const series = await app.readBack.series();
    assert.equal(series.length, 3);
    const cut = series.map((text) => /long=(x+-[0-9a-f]{8})\}$/.exec(text)?.[1]).find((value) => value !== undefined);
    assert.equal(cut?.length, 1024);
    await app.holds('visits', { ...COMMON, long: cut }, recorded([5]));
  });

  it('publishes more series than one request holds', async () => {
    const count = 1200;
    // One metric gets a part of all places.
    const app = started({ maxSeries: 4 * count, watched: true });
    const stock = app.meter.createCounter('stock');
    for (let i = 0; i < count; i++) stock.add(i, { article: String(i) });
    await app.export();
    assert.equal(app.requests.length, 2);
    assert.equal((await app.readBack.series()).length, count);
    for (const i of [0, 999, 1000, count - 1]) {
      await app.holds('stock', { ...COMMON, article: String(i) }, recorded([i]));
    }
  });

  it('leaves each export at its own time', async () => {
    const app = started();
    const minute = Math.floor(Date.now() / 60_000) * 60_000;
    const expected: [number, number][] = [
      [minute - 180_000, 4],
      [minute - 120_000, 8],
      [minute - 60_000, 15],
    ];
    for (const [time, value] of expected) {
      const result = await app.exportCollected(collected([counter('jobs', [{ value, time }])]));
      assert.equal(result.code, SUCCESS);
    }
    assert.deepEqual(await app.readBack.sumsByMinute('jobs', COMMON), expected);
  });

  it('loses a refused datum alone, counts it, and says that the export failed', async () => {
    // The exporter itself would send none such: it is spoiled on its way.
    const app = started({ watched: true, spoiled: 'spoiled' });
    const time = Date.now();
    const names = ['first', 'second', 'spoiled', 'last'];
    const result = await app.exportCollected(
      collected(names.map((name, i) => counter(name, [{ value: i + 1, time }]))),
    );
    assert.notEqual(result.code, SUCCESS);
    await app.holds('first', COMMON, recorded([1]));
    await app.holds('second', COMMON, recorded([2]));
    await app.holds('last', COMMON, recorded([4]));
    const present = (await app.readBack.series()).map((text) => text.replace(/\{.*/, ''));
    assert.deepEqual(present, ['first', 'last', 'second']);
    assert.equal(app.dropped(), 1);
    assert.equal(app.requests.length, 2, 'the refused request, and the same without the datum that the answer names');
  });
});

interface ApplicationOptions extends Partial<CloudWatchMetricExporterOptions> {
  /** The exporter gets a client that shows its requests, instead of making its own. */
  readonly watched?: boolean;
  /** The metric whose value becomes NaN on its way, where requests are watched. */
  readonly spoiled?: string;
}

/** An SDK with our exporter, and what the service has of it. */
class Application {
  readonly readBack: ReadBack;
  /** What was put, requests that were refused included; watched ones only. */
  readonly requests: PutMetricDataCommandInput[] = [];
  readonly #client: CloudWatchClient;
  readonly #exporter: CloudWatchMetricExporter;
  readonly #provider: MeterProvider;

  constructor(moto: MotoConnection, { watched = false, spoiled, ...options }: ApplicationOptions) {
    this.readBack = new ReadBack(moto, NAMESPACE);
    this.#client = new CloudWatchClient({ ...moto, maxAttempts: 1 });
    this.#watch(spoiled);
    this.#exporter = new CloudWatchMetricExporter({
      ...moto,
      ...(watched ? { client: this.#client } : {}),
      namespace: NAMESPACE,
      entity: false,
      ...options,
    });
    this.#provider = new MeterProvider({
      resource: resourceFromAttributes(RESOURCE),
      readers: [new PeriodicExportingMetricReader({ exporter: this.#exporter, exportIntervalMillis: 3_600_000 })],
      views: [
        {
          instrumentName: 'unbucketed',
          aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [] } },
        },
      ],
    });
  }

  get meter() {
    return this.#provider.getMeter('test');
  }

  /** A collection and its delivery. */
  async export(): Promise<void> {
    await this.#provider.forceFlush();
  }

  exportCollected(metrics: ReturnType<typeof collected>): Promise<ExportResult> {
    return new Promise((resolve) => this.#exporter.export(metrics, resolve));
  }

  dropped(reason?: string): number {
    return this.#exporter
      .status()
      .counters.filter((count) => count.name === 'dropped' && (reason ?? count.reason) === count.reason)
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** Both reading calls say what was recorded. */
  async holds(
    metric: string,
    dimensions: SeriesDimensions,
    expected: ReturnType<typeof recorded>,
    tolerance = LAST_BITS,
  ): Promise<void> {
    assertStatistics(await this.readBack.byGetMetricStatistics(metric, dimensions), expected, tolerance);
    assertStatistics(await this.readBack.byGetMetricData(metric, dimensions), expected, tolerance);
  }

  async close(): Promise<void> {
    await this.#provider.shutdown();
    this.#client.destroy();
    this.readBack.close();
  }

  #watch(spoiled: string | undefined): void {
    this.#client.middlewareStack.add(
      (next) => async (args) => {
        const input = args.input as PutMetricDataCommandInput;
        this.requests.push(input);
        const MetricData = input.MetricData?.map((datum) =>
          datum.MetricName === spoiled ? { ...datum, Value: Number.NaN } : datum,
        );
        return next({ ...args, input: { ...input, MetricData } });
      },
      { step: 'initialize', name: 'watch' },
    );
  }
}

/** Log-uniform from a millisecond to a second, the same in every run. */
function threeDecades(count: number, seed: number): number[] {
  let state = seed + 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 0.001 * 1000 ** (state / 2 ** 32);
  });
}
