import assert from 'node:assert/strict';
import { type Attributes, type DiagLogger, DiagLogLevel, diag, ValueType } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { MetricView } from '../../src/config/metric-views.js';
import { ExponentialHistogram } from '../../src/metrics/exponential-histogram.js';
import { sourceViews } from '../../src/views/source-views.js';

const SCOPE = { name: '@org/monitoring/requests', version: '1' };
const INTERVAL = { startTime: [1, 0] as [number, number], endTime: [2, 0] as [number, number] };
const STATUS = 'http.response.status_code';

function histogram(points: [Attributes, number[]][], name = 'http.client.request.duration'): MetricData {
  return {
    descriptor: { name, description: 'd', unit: 's', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.DELTA,
    dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
    dataPoints: points.map(([attributes, values]) => ({ ...INTERVAL, attributes, value: recorded(values).toPoint() })),
  };
}

function sum(points: [Attributes, number][], isMonotonic = true): MetricData {
  return {
    descriptor: { name: 'calls', description: '', unit: '{call}', valueType: ValueType.INT },
    aggregationTemporality: AggregationTemporality.DELTA,
    dataPointType: DataPointType.SUM,
    isMonotonic,
    dataPoints: points.map(([attributes, value]) => ({ ...INTERVAL, attributes, value })),
  };
}

function recorded(values: number[]): ExponentialHistogram {
  const histogram = new ExponentialHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

const view = (rest: Partial<MetricView>): MetricView => ({ path: 'meter_provider.views[0]', selector: {}, ...rest });
const applied = (views: Partial<MetricView>[], metric: MetricData, toCloudWatch = false) =>
  sourceViews(views.map(view), { toCloudWatch })(metric, SCOPE);
const points = ([metric]: MetricData[]) => metric?.dataPoints.map(({ attributes, value }) => [attributes, value]);

describe('views of what is kept outside the SDK', () => {
  const said: string[] = [];
  before(() => {
    const silent = () => {};
    const logger: DiagLogger = {
      error: silent,
      info: silent,
      debug: silent,
      verbose: silent,
      warn: (t) => said.push(t),
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  });
  after(() => diag.disable());
  afterEach(() => {
    said.length = 0;
  });

  for (const [selector, isSelected] of [
    [{ instrumentName: 'http.client.request.duration' }, true],
    [{ instrumentName: 'http.client.*' }, true],
    [{ instrumentName: 'http.server.*' }, false],
    [{ instrumentType: 'histogram' }, true],
    [{ instrumentType: 'counter' }, false],
    [{ unit: 's' }, true],
    [{ unit: 'ms' }, false],
    [{ meterName: SCOPE.name, meterVersion: '1' }, true],
    [{ meterName: 'x' }, false],
    [{ meterVersion: '2' }, false],
  ] as const) {
    it(`${isSelected ? 'select' : 'leave alone'} with ${JSON.stringify(selector)}`, () => {
      const metric = histogram([[{}, [1]]]);
      const made = applied([{ selector, aggregation: { kind: 'drop' } }], metric);
      assert.deepEqual(made, isSelected ? [] : [metric]);
    });
  }

  it('tell counters from up-down counters', () => {
    const dropped = (isMonotonic: boolean) =>
      applied(
        [{ selector: { instrumentType: 'up_down_counter' }, aggregation: { kind: 'drop' } }],
        sum([], isMonotonic),
      );
    assert.deepEqual([dropped(true).length, dropped(false).length], [1, 0]);
  });

  it('give other names and descriptions, one metric for each view', () => {
    const views = [{ name: 'first' }, { name: 'second', description: 'other' }];
    assert.deepEqual(
      applied(views, histogram([])).map(({ descriptor }) => [descriptor.name, descriptor.description, descriptor.unit]),
      [
        ['first', 'd', 's'],
        ['second', 'other', 's'],
      ],
    );
  });

  it('add up the points that lose what told them apart, and keep the others apart', () => {
    const metric = sum([
      [{ host: 'a', code: 1 }, 1],
      [{ host: 'b', code: 1 }, 2],
      [{ code: 1 }, 4],
      [{ host: 'a', code: 2 }, 8],
    ]);
    assert.deepEqual(points(applied([{ attributeKeys: { excluded: ['host'] } }], metric)), [
      [{ code: 1 }, 7],
      [{ code: 2 }, 8],
    ]);
    assert.deepEqual(points(applied([{ attributeKeys: { included: ['ho*'] } }], metric)), [
      [{ host: 'a' }, 9],
      [{ host: 'b' }, 2],
      [{}, 4],
    ]);
    assert.equal(metric.dataPoints[0]?.value, 1, 'the points of the source stay as they are');
  });

  it('merge histograms as if all had been recorded into one, the sum exact', () => {
    const metric = histogram([
      [{ host: 'a' }, [0.5, 4, 0]],
      [{ host: 'b' }, [0.25, 1024]],
    ]);
    const [, merged] = points(applied([{ attributeKeys: { excluded: ['*'] } }], metric))?.[0] ?? [];
    assert.deepEqual(merged, recorded([0.5, 4, 0, 0.25, 1024]).toPoint());
  });

  it('keep the mark of the series that stands for all beyond the limit', () => {
    const overflow = { 'otel.metric.overflow': true };
    assert.deepEqual(points(applied([{ attributeKeys: { included: ['x'] } }], sum([[overflow, 1]]))), [[overflow, 1]]);
  });

  it("keep what CloudWatch's faults, errors and routes need where it is a destination, and say so once", () => {
    const metric = histogram(
      [
        [{ 'http.route': '/a', [STATUS]: 200 }, [1]],
        [{ 'http.route': '/b', [STATUS]: 500, 'error.type': '500' }, [1]],
      ],
      'http.server.request.duration',
    );
    const attributeKeys = { included: ['http.request.method'] };
    const views = sourceViews([view({ attributeKeys })], { toCloudWatch: true });
    views(metric, SCOPE);
    assert.deepEqual(
      points(views(metric, SCOPE))?.map(([attributes]) => attributes),
      [
        { 'http.route': '/a', [STATUS]: 200 },
        { 'http.route': '/b', [STATUS]: 500, 'error.type': '500' },
      ],
    );
    assert.deepEqual(said, [
      "meter_provider.views[0] of the configuration file: http.server.request.duration is not the SDK's and keeps " +
        "http.response.status_code, error.type, http.route, which CloudWatch's faults, errors and routes need " +
        '(MONITORING_METRIC_DIMENSIONS)',
    ]);
    assert.deepEqual(
      points(applied([{ attributeKeys }], metric))?.map(([attributes]) => attributes),
      [{}],
    );
    assert.equal(said.length, 1);
  });

  for (const [rest, metric, left] of [
    [{ aggregation: { kind: 'sum' } }, sum([]), undefined],
    [{ aggregation: { kind: 'base2_exponential_bucket_histogram' } }, histogram([]), undefined],
    [{ aggregation: { kind: 'drop' }, cardinalityLimit: 1 }, histogram([]), undefined],
    [{ aggregation: { kind: 'sum' } }, histogram([]), 'its aggregation'],
    [{ aggregation: { kind: 'base2_exponential_bucket_histogram', maxSize: 20 } }, histogram([]), 'its aggregation'],
    [{ aggregation: { kind: 'explicit_bucket_histogram' } }, histogram([]), 'its aggregation'],
    [{ aggregation: { kind: 'last_value' }, cardinalityLimit: 1 }, sum([]), 'its aggregation and its limit of series'],
  ] as const) {
    it(`say ${left ?? 'nothing'} of ${JSON.stringify(rest)} for ${metric.descriptor.name}`, () => {
      const views = sourceViews([view(rest)], { toCloudWatch: true });
      views(metric, SCOPE);
      views(metric, SCOPE);
      const { name } = metric.descriptor;
      const line = `meter_provider.views[0] of the configuration file: ${name} is not the SDK's and keeps ${left}`;
      assert.deepEqual(said, left ? [line] : []);
    });
  }
});
