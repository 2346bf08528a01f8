import assert from 'node:assert/strict';
import type { Datum, SeriesPoint } from '../../../exporters/cloudwatch-metrics/datum.js';
import { bytesOf, datumOf, defectOf } from '../../../exporters/cloudwatch-metrics/datum.js';
import { MAX_AGE, MAX_LEAD, MAX_MAGNITUDE } from '../../../exporters/cloudwatch-metrics/limits.js';
import type { Measure } from '../../../exporters/cloudwatch-metrics/measurement.js';
import { standardUnit } from '../../../exporters/cloudwatch-metrics/units.js';
import { exponentialPoint } from './histograms.js';

const OPTIONS = { statisticValues: true, storageResolution: 60 } as const;
const NOW = Date.UTC(2026, 10, 22);

function point(measure: Measure, unit = 's', name = 'm'): SeriesPoint {
  return { name, dimensions: [{ Name: 'Service', Value: 'x' }], time: NOW, unit: standardUnit(unit, name), measure };
}

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
