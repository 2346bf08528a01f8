import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Datum, SeriesPoint } from '../../../exporters/cloudwatch-metrics/datum.js';
import { bytesOf, datumOf, defectOf } from '../../../exporters/cloudwatch-metrics/datum.js';
import type { Measure } from '../../../exporters/cloudwatch-metrics/measurement.js';
import { standardUnit } from '../../../exporters/cloudwatch-metrics/units.js';
import { explicitPoint, exponentialPoint } from './histograms.js';

const MAX_MAGNITUDE = 2 ** 360;
const MIN_MAGNITUDE = 8.51592e-109;
const MAX_AGE = 14 * 24 * 3_600_000;
const MAX_LEAD = 2 * 3_600_000;

const OPTIONS = { statisticValues: true, storageResolution: 60 } as const;
const NOW = Date.UTC(2026, 10, 22);

function point(measure: Measure, unit = 's', name = 'm'): SeriesPoint {
  return { name, dimensions: [{ Name: 'Service', Value: 'x' }], time: NOW, unit: standardUnit(unit, name), measure };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

const histogram: Measure = { kind: 'exponential', point: exponentialPoint([1, 2, 4]) };

describe('datumOf', () => {
  it('publishes a sum, a level and a reading as one value', () => {
    for (const measure of [
      { kind: 'sum', value: 57 },
      { kind: 'level', value: 57 },
      { kind: 'gauge', values: [57] },
    ] as const) {
      assert.deepEqual(datumOf(point(measure, '{request}'), OPTIONS), {
        MetricName: 'm',
        Dimensions: [{ Name: 'Service', Value: 'x' }],
        Timestamp: new Date(NOW),
        Unit: 'Count',
        Value: 57,
      });
    }
  });

  it('publishes a histogram as values with counts, and the statistics beside them', () => {
    const datum = datumOf(point(histogram), OPTIONS);
    assert.deepEqual(datum?.Values, [1, 2, 4]);
    assert.deepEqual(datum?.Counts, [1, 1, 1]);
    assert.deepEqual(datum?.StatisticValues, { SampleCount: 3, Sum: 7, Minimum: 1, Maximum: 4 });
    assert.equal(datum?.Value, undefined);
  });

  it('leaves the statistics out where asked to, and where the one value says it all', () => {
    assert.equal(datumOf(point(histogram), { ...OPTIONS, statisticValues: false })?.StatisticValues, undefined);
    const equal = datumOf(point({ kind: 'exponential', point: exponentialPoint([2, 2]) }), OPTIONS);
    assert.deepEqual([equal?.Values, equal?.Counts, equal?.StatisticValues], [[2], [2], undefined]);
  });

  it('publishes a tally as zeros and ones, leaving out the count that is zero', () => {
    const numbers = (no: number, yes: number) => {
      const datum = datumOf(point({ kind: 'tally', no, yes }), OPTIONS);
      return datum && [datum.Values, datum.Counts];
    };
    assert.deepEqual(numbers(9, 1), [
      [0, 1],
      [9, 1],
    ]);
    assert.deepEqual(numbers(9, 0), [[0], [9]]);
    assert.deepEqual(numbers(0, 2), [[1], [2]]);
    assert.equal(numbers(0, 0), undefined);
  });

  it('adds up readings of amounts, and publishes other readings as samples', () => {
    assert.equal(datumOf(point({ kind: 'gauge', values: [1, 2, 2] }, 'By'), OPTIONS)?.Value, 5);
    assert.equal(datumOf(point({ kind: 'gauge', values: [1, 2, 2] }, '{thread}'), OPTIONS)?.Value, 5);
    const samples = datumOf(point({ kind: 'gauge', values: [0.5, 0.25, 0.5] }, '1', 'x.utilization'), OPTIONS);
    assert.deepEqual([samples?.Unit, samples?.Values, samples?.Counts], ['Percent', [25, 50], [1, 2]]);
  });

  it('applies the unit factor to everything', () => {
    const datum = datumOf(point(histogram, 'min'), OPTIONS);
    assert.deepEqual(datum?.StatisticValues, { SampleCount: 3, Sum: 420, Minimum: 60, Maximum: 240 });
    assert.deepEqual(datum?.Values, [60, 120, 240]);
    assert.equal(datumOf(point({ kind: 'sum', value: 2 }, 'KiBy'), OPTIONS)?.Value, 2.048);
  });

  it('publishes 150 different readings as they are, and merges the 151st without changing count, sum or ends', () => {
    const readings = (count: number) => Array.from({ length: count }, (_, i) => i * i);
    const all = (count: number) => datumOf(point({ kind: 'gauge', values: readings(count) }, '1'), OPTIONS);
    assert.deepEqual(all(150)?.Values, readings(150));
    for (const count of [151, 152, 298, 299, 2000]) {
      const { Values = [], Counts = [] } = all(count) ?? {};
      assert.deepEqual([Values.length, Counts.length], [150, 150]);
      assert.deepEqual([Values[0], Values.at(-1)], [0, (count - 1) ** 2]);
      assert.equal(sum(Counts), count);
      assert.ok(Math.abs(sum(Values.map((value, i) => value * (Counts[i] ?? 0))) / sum(readings(count)) - 1) < 1e-12);
    }
  });

  it('raises a magnitude that is too small, and no other', () => {
    const value = (of: number) => datumOf(point({ kind: 'sum', value: of }), OPTIONS)?.Value;
    assert.deepEqual([MIN_MAGNITUDE, MIN_MAGNITUDE / 2, 0].map(value), [MIN_MAGNITUDE, MIN_MAGNITUDE, 0]);
  });

  it('has only numbers that go together, as many counts as values, and at most 150, whatever was measured', () => {
    const numbers = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), {
      minLength: 1,
      maxLength: 400,
      size: 'max',
    });
    const measures: fc.Arbitrary<Measure> = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => ({ kind: 'sum' as const, value })),
      numbers.map((values) => ({ kind: 'gauge' as const, values })),
      numbers.map((values) => ({ kind: 'exponential' as const, point: exponentialPoint(values) })),
      numbers.map((values) => ({ kind: 'explicit' as const, point: explicitPoint(values, [-100, 0, 5, 10]) })),
      fc
        .record({ no: fc.nat(), yes: fc.nat() })
        .filter(({ no, yes }) => no + yes > 0)
        .map(({ no, yes }) => ({ kind: 'tally' as const, no, yes })),
    );
    fc.assert(
      fc.property(measures, fc.boolean(), fc.constantFrom('1', 'By', 'min'), (measure, statisticValues, unit) => {
        const datum = datumOf(point(measure, unit), { ...OPTIONS, statisticValues });
        assert.ok(datum);
        const { Value, Values = [], Counts = [], StatisticValues } = datum;
        if (Value !== undefined)
          assert.deepEqual([datum.Values, datum.Counts, StatisticValues], new Array(3).fill(undefined));
        else assert.ok(Values.length >= 1 && Values.length <= 150);
        assert.equal(Counts.length, Values.length);
        assert.ok(Counts.every((count) => Number.isInteger(count) && count > 0));
        assert.ok(Values.every((value, i) => i === 0 || value > (Values[i - 1] ?? Number.POSITIVE_INFINITY)));
        if (StatisticValues === undefined) return;
        assert.deepEqual(Object.keys(StatisticValues), ['SampleCount', 'Sum', 'Minimum', 'Maximum']);
        assert.ok(Object.values(StatisticValues).every(Number.isFinite));
      }),
      { endOnFailure: true },
    );
  });

  it('says nothing of an interval without recordings', () => {
    assert.equal(datumOf(point({ kind: 'exponential', point: exponentialPoint([]) }), OPTIONS), undefined);
  });

  it('asks for high resolution only when told to', () => {
    assert.equal(datumOf(point(histogram), { ...OPTIONS, storageResolution: 1 })?.StorageResolution, 1);
    assert.equal(datumOf(point(histogram), OPTIONS)?.StorageResolution, undefined);
  });
});

describe('defectOf', () => {
  const datum = (changes: Partial<Datum>): Datum => ({
    MetricName: 'm',
    Dimensions: [],
    Timestamp: new Date(NOW),
    Unit: 'None',
    Value: 1,
    ...changes,
  });

  it('accepts magnitudes up to 2^360 and no others', () => {
    for (const Value of [MAX_MAGNITUDE, -MAX_MAGNITUDE, 0, -0])
      assert.equal(defectOf(datum({ Value }), NOW), undefined);
    for (const Value of [
      MAX_MAGNITUDE * (1 + Number.EPSILON),
      -1e109,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]) {
      assert.equal(defectOf(datum({ Value }), NOW), 'invalid');
    }
  });

  it('looks at every number', () => {
    const { Value: _value, ...rest } = datum({});
    const StatisticValues = { SampleCount: 1, Sum: 1e200, Minimum: 1, Maximum: 1 };
    assert.equal(defectOf({ ...rest, StatisticValues }, NOW), 'invalid');
    assert.equal(defectOf({ ...rest, Values: [1, Number.NaN], Counts: [1, 1] }, NOW), 'invalid');
    const large = MAX_MAGNITUDE * (1 + Number.EPSILON);
    const fine = { SampleCount: 1, Sum: MAX_MAGNITUDE, Minimum: -MAX_MAGNITUDE, Maximum: MAX_MAGNITUDE };
    assert.equal(defectOf({ ...rest, StatisticValues: fine, Values: [MAX_MAGNITUDE], Counts: [1] }, NOW), undefined);
    for (const key of Object.keys(fine))
      assert.equal(defectOf({ ...rest, StatisticValues: { ...fine, [key]: -large } }, NOW), 'invalid', key);
    assert.equal(defectOf({ ...rest, Values: [1], Counts: [large] }, NOW), 'invalid');
  });

  it('accepts times from two weeks ago to two hours ahead and no others', () => {
    const at = (time: number) => defectOf(datum({ Timestamp: new Date(time) }), NOW);
    assert.deepEqual([at(NOW - MAX_AGE), at(NOW + MAX_LEAD)], [undefined, undefined]);
    assert.deepEqual(
      [at(NOW - MAX_AGE - 1), at(NOW + MAX_LEAD + 1), at(Number.NaN)],
      ['too_old', 'too_new', 'invalid'],
    );
  });
});

describe('bytesOf', () => {
  it('weighs the datum as it is on the wire, with seconds for the time', () => {
    const datum: Datum = {
      MetricName: 'm',
      Dimensions: [],
      Timestamp: new Date(1_700_000_000_123),
      Unit: 'None',
      Value: 1,
    };
    assert.equal(
      bytesOf(datum),
      '{"MetricName":"m","Dimensions":[],"Timestamp":1700000000.123,"Unit":"None","Value":1}'.length,
    );
  });
});
