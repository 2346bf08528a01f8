import assert from 'node:assert/strict';
import { SeriesCap, ValueLimit } from '../../../exporters/cloudwatch-metrics/series-cap.js';

const SERIES_IDLE = 3_600_000;

const part = (cap: SeriesCap, key: string, now = 0, metric = 'm') => cap.admit(metric, 'part', key, now);

describe('SeriesCap', () => {
  it('admits as many parts as it has places beside the one for the overflow, and no more', () => {
    const cap = new SeriesCap(4, 4);
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'a'].map((key) => part(cap, key)),
      [true, true, true, false, true],
    );
    assert.equal(cap.admit('m', 'service', 's', 0), false);
    assert.equal(cap.admit('m', 'overflow', 'o', 0), true);
    assert.deepEqual(cap.status(0), { active: 4, max: 4, overflowed: 0 });
  });

  it('admits as many series of services as it has places, and no more', () => {
    const cap = new SeriesCap(2, 2);
    assert.deepEqual(
      ['a', 'b', 'c', 'a'].map((metric) => cap.admit(metric, 'service', metric, 0)),
      [true, true, false, true],
    );
  });

  it('counts the series of all metrics together, each with its overflow', () => {
    const cap = new SeriesCap(5, 5);
    assert.deepEqual(
      ['a', 'b', 'c'].map((metric) => part(cap, metric, 0, metric)),
      [true, true, false],
    );
    assert.equal(cap.admit('c', 'overflow', 'co', 0), true);
    assert.equal(cap.admit('d', 'overflow', 'do', 0), false);
    assert.deepEqual(
      ['a', 'b'].map((metric) => cap.admit(metric, 'overflow', `${metric}o`, 0)),
      [true, true],
    );
    assert.equal(cap.status(0).active, 5);
  });

  it('gives a metric without room for a part and an overflow the overflow alone', () => {
    const cap = new SeriesCap(1, 1);
    assert.equal(part(cap, 'a'), false);
    assert.equal(cap.admit('m', 'overflow', 'o', 0), true);
    assert.equal(cap.admit('m', 'overflow', 'o', 1), true);
    assert.equal(part(cap, 'a', 1), false);
  });

  it('does not let one metric take more than its share', () => {
    const cap = new SeriesCap(10);
    const admitted = Array.from({ length: 10 }, (_, i) => part(cap, `g${i}`, 0, 'greedy')).filter(Boolean).length;
    assert.equal(admitted, 4);
    assert.equal(part(cap, 'o', 0, 'other'), true);
  });

  it('gives the place of a series away after an hour without data, not before', () => {
    const cap = new SeriesCap(2, 1);
    part(cap, 'a');
    assert.equal(part(cap, 'b', SERIES_IDLE), false);
    assert.equal(part(cap, 'b', SERIES_IDLE + 1), true);
    assert.equal(part(cap, 'a', SERIES_IDLE + 1), false);
  });

  it('gives the reserved place away with the last part, and reserves it again after an idle overflow', () => {
    const cap = new SeriesCap(2, 2);
    part(cap, 'a');
    cap.admit('m', 'overflow', 'o', 0);
    part(cap, 'a', SERIES_IDLE);
    assert.equal(cap.admit('n', 'service', 's', SERIES_IDLE + 1), false);
    assert.equal(cap.admit('m', 'overflow', 'o', SERIES_IDLE + 1), true);
    const idle = 2 * SERIES_IDLE + 2;
    assert.deepEqual(
      ['s', 't', 'u'].map((key) => cap.admit(key, 'service', key, idle)),
      [true, true, false],
    );
  });

  it('counts from the last data, not from the first', () => {
    const cap = new SeriesCap(3, 2);
    part(cap, 'a', 0);
    part(cap, 'b', 10);
    part(cap, 'a', 20);
    assert.equal(part(cap, 'c', SERIES_IDLE + 10), false);
    assert.equal(part(cap, 'c', SERIES_IDLE + 11), true);
    assert.equal(part(cap, 'a', SERIES_IDLE + 11), true);
  });
});

describe('ValueLimit', () => {
  it('keeps the first values of an attribute and calls the later ones other', () => {
    const limit = new ValueLimit({ peer: 2 });
    assert.deepEqual(
      ['a', 'b', 'c', 'a', 'd'].map((value) => limit.limit('peer', value)),
      ['a', 'b', 'other', 'a', 'other'],
    );
    assert.equal(limit.limit('peer', undefined), undefined);
    assert.equal(limit.limit('unlimited', 'x'), 'x');
  });
});
