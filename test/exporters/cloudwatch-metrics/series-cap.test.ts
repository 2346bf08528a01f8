import assert from 'node:assert/strict';
import { SERIES_IDLE, SeriesCap, ValueLimit } from '../../../exporters/cloudwatch-metrics/series-cap.js';

describe('SeriesCap', () => {
  it('admits as many series as it has places, and no more', () => {
    const cap = new SeriesCap(3, 3);
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'a'].map((key) => cap.admit('m', key, 0)),
      [true, true, true, false, true],
    );
    assert.deepEqual(cap.status(0), { active: 3, max: 3, overflowed: 1 });
  });

  it('counts the series of all metrics together', () => {
    const cap = new SeriesCap(2, 2);
    assert.deepEqual(
      ['a', 'b', 'c'].map((metric) => cap.admit(metric, metric, 0)),
      [true, true, false],
    );
  });

  it('does not let one metric take more than its share', () => {
    const cap = new SeriesCap(10);
    const admitted = Array.from({ length: 10 }, (_, i) => cap.admit('greedy', `g${i}`, 0)).filter(Boolean).length;
    assert.equal(admitted, 4);
    assert.equal(cap.admit('other', 'o', 0), true);
  });

  it('gives the place of a series away after an hour without data, not before', () => {
    const cap = new SeriesCap(1, 1);
    cap.admit('m', 'a', 0);
    assert.equal(cap.admit('m', 'b', SERIES_IDLE), false);
    assert.equal(cap.admit('m', 'b', SERIES_IDLE + 1), true);
    assert.equal(cap.admit('m', 'a', SERIES_IDLE + 1), false);
  });

  it('counts from the last data, not from the first', () => {
    const cap = new SeriesCap(2, 2);
    cap.admit('m', 'a', 0);
    cap.admit('m', 'b', 10);
    cap.admit('m', 'a', 20);
    assert.equal(cap.admit('m', 'c', SERIES_IDLE + 10), false);
    assert.equal(cap.admit('m', 'c', SERIES_IDLE + 11), true);
    assert.equal(cap.admit('m', 'a', SERIES_IDLE + 11), true);
  });

  it('counts the series that need no place, once each', () => {
    const cap = new SeriesCap(1, 1);
    cap.always('service', 0);
    cap.always('service', 1);
    assert.deepEqual(cap.status(1), { active: 1, max: 1, overflowed: 0 });
    assert.equal(cap.status(1 + SERIES_IDLE).active, 1);
    assert.equal(cap.status(2 + SERIES_IDLE).active, 0);
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
