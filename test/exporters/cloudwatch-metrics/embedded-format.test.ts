import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Datum } from '../../../exporters/cloudwatch-metrics/datum.js';
import {
  embeddedEvents,
  MAX_EVENT_BYTES,
  MAX_METRICS_PER_EVENT,
  MAX_VALUES_PER_METRIC,
} from '../../../exporters/cloudwatch-metrics/embedded-format.js';
import { readEmbeddedMetrics } from '../../../src/studio/services/embedded-metrics.js';

const NOW = Date.UTC(2026, 11, 1);
const SERVICE = [{ Name: 'Service', Value: 'shop' }];

function datum(changes: Partial<Datum> = {}): Datum {
  return { MetricName: 'm', Dimensions: SERVICE, Timestamp: new Date(NOW), Unit: 'Seconds', Value: 1, ...changes };
}

const named = (count: number, changes: Partial<Datum> = {}) =>
  Array.from({ length: count }, (_, i) => datum({ MetricName: `m${i}`, ...changes }));

/** What the local endpoint reads of the events, as `name=number` or `name=count,sum,min,max`. */
function read(events: readonly string[]): string[] {
  return events.flatMap((event) => {
    const embedded = readEmbeddedMetrics(event, NOW);
    assert.ok(embedded);
    assert.deepEqual(embedded.invalid, []);
    return embedded.metrics.map(({ name, datum: { value, values = [], statistics } }) => {
      const { sampleCount, sum, minimum, maximum } = statistics ?? {};
      return `${name}=${statistics ? [sampleCount, sum, minimum, maximum].join() : (value ?? values.join())}`;
    });
  });
}

describe('events in the embedded metric format', () => {
  it('have the numbers of one set of dimensions together', () => {
    const events = embeddedEvents('Shop', [datum(), datum({ MetricName: 'n', Value: 2, Unit: 'Count' })]);
    assert.deepEqual(
      events.map((event) => JSON.parse(event)),
      [
        {
          _aws: {
            Timestamp: NOW,
            CloudWatchMetrics: [
              {
                Namespace: 'Shop',
                Dimensions: [['Service']],
                Metrics: [
                  { Name: 'm', Unit: 'Seconds' },
                  { Name: 'n', Unit: 'Count' },
                ],
              },
            ],
          },
          Service: 'shop',
          m: 1,
          n: 2,
        },
      ],
    );
  });

  it('have one line for each set of dimensions and each time', () => {
    const other = [...SERVICE, { Name: 'http.route', Value: '/a' }];
    const later = new Date(NOW + 1);
    const events = embeddedEvents('Shop', [datum(), datum({ Dimensions: other }), datum({ Timestamp: later })]);
    assert.equal(events.length, 3);
  });

  it(`have ${MAX_METRICS_PER_EVENT} metrics, and one more in another event`, () => {
    assert.equal(embeddedEvents('Shop', named(MAX_METRICS_PER_EVENT)).length, 1);
    const events = embeddedEvents('Shop', named(MAX_METRICS_PER_EVENT + 1));
    assert.equal(events.length, 2);
    assert.equal(read(events).length, MAX_METRICS_PER_EVENT + 1);
  });

  it('have a name once', () => {
    const events = embeddedEvents('Shop', [datum(), datum({ Value: 2 }), datum({ MetricName: 'n' })]);
    assert.deepEqual(read(events).sort(), ['m=1', 'm=2', 'n=1']);
  });

  it(`have ${MAX_VALUES_PER_METRIC} values as a list, and more as a distribution`, () => {
    const values = (second: number) => datum({ Value: undefined, Values: [1, 2], Counts: [60, second] } as never);
    assert.equal(JSON.parse(embeddedEvents('Shop', [values(40)])[0] ?? '').m.length, MAX_VALUES_PER_METRIC);
    assert.deepEqual(read(embeddedEvents('Shop', [values(41)])), ['m=101,142,1,2']);
  });

  it('keep the exact count, sum, minimum and maximum of a histogram', () => {
    const statistics = { SampleCount: 3, Sum: 6.1, Minimum: 1, Maximum: 3.05 };
    const one = { ...datum({ Values: [1, 2, 3], Counts: [1, 1, 1], StatisticValues: statistics }) };
    delete one.Value;
    assert.deepEqual(read(embeddedEvents('Shop', [one])), ['m=3,6.1,1,3.05']);
  });

  it('stay within the size of a log event, whatever the datums, and lose none', () => {
    const value = fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 9 }));
    const arbitrary = fc.array(
      fc.record({
        name: fc.integer({ min: 0, max: 250 }),
        values: fc.array(value, { minLength: 1, maxLength: 100 }),
        dimension: fc.constantFrom('a', 'b'.repeat(1024)),
      }),
      { minLength: 1, maxLength: 300, size: 'max' },
    );
    fc.assert(
      fc.property(arbitrary, (all) => {
        const datums = all.map(({ name, values, dimension }) => {
          const one = datum({
            MetricName: `metric.${name}`,
            Dimensions: [{ Name: 'Service', Value: dimension }],
            Values: values,
            Counts: values.map(() => 2),
          });
          delete one.Value;
          return one;
        });
        const events = embeddedEvents('Shop', datums);
        for (const event of events) assert.ok(Buffer.byteLength(event) <= MAX_EVENT_BYTES);
        assert.equal(read(events).length, datums.length);
      }),
      { seed: 26, numRuns: 25 },
    );
  });
});
