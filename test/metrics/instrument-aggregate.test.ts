import assert from 'node:assert/strict';
import {
  type Attributes,
  type DiagLogger,
  DiagLogLevel,
  diag,
  type HrTime,
  type Meter,
  ValueType,
} from '@opentelemetry/api';
import { MeterProvider, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { DeliveryMetricReader } from '../../src/delivery/application/metric-reader.js';
import { InstrumentAggregate } from '../../src/metrics/instrument-aggregate.js';

const START: HrTime = [100, 0];
const FIRST: HrTime = [160, 0];
const SECOND: HrTime = [220, 0];

type Temporality = 'delta' | 'cumulative';

function aggregate(temporality: Temporality = 'delta'): InstrumentAggregate {
  return new InstrumentAggregate({ others: new MeterProvider(), flush: async () => {}, startTime: START, temporality });
}

/** All but the times, of which the SDK's are the machine's; points in the order of their attributes. */
function told(scopes: readonly ScopeMetrics[]) {
  return scopes.map(({ scope: { name, version }, metrics }) => ({
    name,
    version,
    metrics: metrics.map(({ dataPoints, descriptor: { name, unit, description, valueType }, ...rest }) => ({
      ...rest,
      descriptor: { name, unit, description, valueType },
      dataPoints: dataPoints
        .map(({ attributes, value }) => ({ attributes, value }))
        .sort((a, b) => (textOf(a.attributes) < textOf(b.attributes) ? -1 : 1)),
    })),
  }));
}

const textOf = (attributes: Attributes): string => JSON.stringify(Object.entries(attributes).sort());

interface Measurement {
  instrument: 'counter' | 'whole' | 'upDown' | 'histogram';
  value: number;
  attributes: Attributes | undefined;
}

function instrumentsOf(meter: Meter) {
  return {
    counter: meter.createCounter('calls', { unit: '{call}', description: 'Calls.' }),
    whole: meter.createCounter('bytes', { valueType: ValueType.INT }),
    upDown: meter.createUpDownCounter('open'),
    histogram: meter.createHistogram('duration', { unit: 's', advice: { explicitBucketBoundaries: [1, 2] } }),
  };
}

function measure(instruments: ReturnType<typeof instrumentsOf>, { instrument, value, attributes }: Measurement): void {
  if (instrument === 'histogram') instruments.histogram.record(value, attributes);
  else instruments[instrument].add(value, attributes);
}

/**
 * Sums of these values are exact in whatever order. Running totals without zero: where an interval has nothing else, the SDK makes the histogram
 * coarser for nothing as it merges them.
 */
const measurements = (temporality: Temporality): fc.Arbitrary<Measurement> =>
  fc.record({
    instrument: fc.constantFrom('counter', 'whole', 'upDown', 'histogram'),
    value: fc
      .oneof(
        fc.integer({ min: -3, max: 50 }),
        fc.integer({ min: -100, max: 1e7 }).map((number) => number / 1024),
      )
      .filter((value) => value !== 0 || temporality === 'delta'),
    attributes: fc.option(
      fc.dictionary(
        fc.constantFrom('a', 'b', 'c'),
        fc.oneof(fc.constantFrom('x', 'y', ''), fc.integer({ min: 0, max: 2 }), fc.boolean(), fc.constant(['x'])),
        { noNullPrototype: true },
      ),
      { nil: undefined },
    ),
  });

describe('InstrumentAggregate', () => {
  for (const temporality of ['delta', 'cumulative'] as const)
    it(`tells what the SDK tells, ${temporality}, over several collections`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(measurements(temporality), { maxLength: 40 }), { minLength: 1, maxLength: 3 }),
          async (intervals) => {
            const reader = new DeliveryMetricReader({
              post: () => {},
              sources: [],
              interval: 1e6,
              timeout: 1000,
              temporality,
            });
            const sdk = new MeterProvider({ readers: [reader] });
            const ours = aggregate(temporality);
            const [bySdk, byOurs] = [sdk, ours].map((provider) => instrumentsOf(provider.getMeter('scope', '1.2')));
            assert.ok(bySdk && byOurs);
            for (const measurements of intervals) {
              for (const each of measurements) {
                measure(bySdk, each);
                measure(byOurs, each);
              }
              const { resourceMetrics } = await reader.collect();
              assert.deepEqual(told(ours.collect(FIRST)), told(resourceMetrics.scopeMetrics));
            }
            await sdk.shutdown();
          },
        ),
        { numRuns: 200 },
      );
    });

  it('tells of which time its points are', () => {
    const ours = aggregate();
    const { counter, upDown } = instrumentsOf(ours.getMeter('scope'));
    const times = () =>
      ours
        .collect(collectedAt)
        .flatMap(({ metrics }) =>
          metrics.map(({ descriptor, dataPoints: [point] }) => [descriptor.name, point?.startTime, point?.endTime]),
        );
    let collectedAt = FIRST;
    counter.add(1);
    upDown.add(1);
    assert.deepEqual(times(), [
      ['calls', START, FIRST],
      ['open', START, FIRST],
    ]);
    collectedAt = SECOND;
    counter.add(1);
    assert.deepEqual(times(), [
      ['calls', FIRST, SECOND],
      ['open', START, SECOND],
    ]);
  });

  it('hands out numbers that later measurements do not change', () => {
    const ours = aggregate('cumulative');
    const { counter, histogram } = instrumentsOf(ours.getMeter('scope'));
    const measureOnce = () => {
      counter.add(1);
      histogram.record(1);
    };
    measureOnce();
    const before = told(ours.collect(FIRST));
    const copy = structuredClone(before);
    measureOnce();
    ours.collect(SECOND);
    assert.deepEqual(before, copy);
  });

  it('knows whether something was measured since the last collection', () => {
    const ours = aggregate();
    const { upDown, histogram } = instrumentsOf(ours.getMeter('scope'));
    assert.equal(ours.isFresh(), false);
    for (const measureOnce of [() => upDown.add(1), () => histogram.record(1)]) {
      measureOnce();
      assert.equal(ours.isFresh(), true);
      ours.collect(FIRST);
      assert.equal(ours.isFresh(), false);
    }
  });

  it('keeps scopes apart, and one instrument for whoever makes it again', () => {
    const ours = aggregate();
    const instrument = ours.getMeter('a', '1').createCounter('calls');
    assert.equal(ours.getMeter('a', '1').createCounter('Calls', { unit: 'other' }), instrument);
    instrument.add(1);
    ours.getMeter('a', '2').createCounter('calls').add(2);
    ours.getMeter('a', '1').createUpDownCounter('calls').add(3);
    assert.deepEqual(
      ours.collect(FIRST).map(({ scope, metrics }) => [scope, metrics.map(({ dataPoints }) => dataPoints[0]?.value)]),
      [
        [{ name: 'a', version: '1' }, [1, 3]],
        [{ name: 'a', version: '2' }, [2]],
      ],
    );
  });

  it('leaves instruments that are observed, and gauges, to the SDK', async () => {
    const reader = new DeliveryMetricReader({
      post: () => {},
      sources: [],
      interval: 1e6,
      timeout: 1000,
      temporality: 'delta',
    });
    const sdk = new MeterProvider({ readers: [reader] });
    const ours = new InstrumentAggregate({ others: sdk, flush: async () => {}, startTime: START });
    const meter = ours.getMeter('scope');
    meter.createGauge('gauge').record(1);
    for (const kind of ['Gauge', 'Counter', 'UpDownCounter'] as const)
      meter[`createObservable${kind}`](kind).addCallback((result) => result.observe(2));
    const observed = meter.createObservableGauge('batch');
    const batch = meter.createObservableGauge('removed');
    const remove = (): void => assert.fail('removed before');
    meter.addBatchObservableCallback((result) => result.observe(observed, 3), [observed]);
    meter.addBatchObservableCallback(remove, [batch]);
    meter.removeBatchObservableCallback(remove, [batch]);
    const { resourceMetrics } = await reader.collect();
    const names = resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
      metrics.map(({ descriptor: { name } }) => name),
    );
    assert.deepEqual(names.sort(), ['Counter', 'Gauge', 'UpDownCounter', 'batch', 'gauge']);
    assert.deepEqual(ours.collect(FIRST), []);
    await sdk.shutdown();
  });

  it('flushes as the provider of the SDK does', async () => {
    let flushed = 0;
    const flush = async (): Promise<void> => {
      flushed += 1;
    };
    await new InstrumentAggregate({ others: new MeterProvider(), flush, startTime: START }).forceFlush();
    assert.equal(flushed, 1);
  });

  it('says what it does not count, and throws nothing', () => {
    const said: string[] = [];
    const logger = { warn: (text: string) => void said.push(text) } as unknown as DiagLogger;
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    try {
      const ours = aggregate();
      const { counter, whole, histogram } = instrumentsOf(ours.getMeter('scope'));
      counter.add(-1);
      histogram.record(-1);
      histogram.record(Number.NaN);
      histogram.record(Number.POSITIVE_INFINITY);
      counter.add('1' as unknown as number);
      whole.add(Number.NaN);
      assert.deepEqual(ours.collect(FIRST), []);
      whole.add(1.5, null as unknown as Attributes);
      assert.equal(ours.collect(FIRST)[0]?.metrics[0]?.dataPoints[0]?.value, 1);
      assert.deepEqual(said, [
        'calls: not counted, a measurement must not be negative: -1',
        'duration: not counted, a measurement must not be negative: -1',
        'duration: not counted, a measurement must be a finite number and not NaN',
        'duration: not counted, a measurement must be a finite number and not Infinity',
        'calls: not counted, a measurement must be a number and not a string',
        'bytes: not counted, a measurement must be a finite number and not NaN',
        'bytes: counted without its fraction, a measurement must be a whole number and not 1.5',
      ]);
    } finally {
      diag.disable();
    }
  });
});
