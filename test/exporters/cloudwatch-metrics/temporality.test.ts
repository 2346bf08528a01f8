import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Temporality } from '../../../exporters/cloudwatch-metrics/temporality.js';
import { explicitPoint, exponentialPoint } from './histograms.js';

const MINUTE = 60_000;
const make = (options = {}) => new Temporality({ maxSeries: 100, ttl: 15 * MINUTE, processStart: 1000, ...options });

describe('Temporality', () => {
  it('gives the increase of a cumulative sum', () => {
    const temporality = make();
    const values = [5, 12, 12, 20].map((value, i) => temporality.sum('k', i * MINUTE, { start: 1000, value }));
    assert.deepEqual(values, [5, 7, 0, 8]);
  });

  it('takes a first point as a whole when it began with the process, and not when it is older', () => {
    assert.equal(make().sum('k', 0, { start: 1000, value: 5 }), 5);
    const temporality = make();
    assert.equal(temporality.sum('k', 0, { start: 999, value: 5 }), undefined);
    assert.equal(temporality.sum('k', 1, { start: 999, value: 8 }), 3);
  });

  it('sees a reset by the start, also when the value has grown past the old one', () => {
    const temporality = make();
    temporality.sum('k', 0, { start: 1000, value: 5 });
    assert.equal(temporality.sum('k', MINUTE, { start: 2000, value: 9 }), 9);
  });

  it('sees a reset by a smaller value when the start does not tell', () => {
    const temporality = make();
    temporality.sum('k', 0, { start: 1000, value: 5 });
    assert.equal(temporality.sum('k', MINUTE, { start: 1000, value: 3 }), 3);
  });

  it('keeps series apart', () => {
    const temporality = make();
    temporality.sum('a', 0, { start: 1000, value: 5 });
    assert.equal(temporality.sum('b', 0, { start: 1000, value: 7 }), 7);
  });

  it('remembers a bounded number of series, the most recent ones', () => {
    const temporality = make({ maxSeries: 2 });
    for (const key of ['a', 'b', 'a', 'c']) temporality.sum(key, 0, { start: 0, value: 5 });
    assert.equal(temporality.size, 2);
    assert.equal(temporality.sum('a', 1, { start: 0, value: 6 }), 1);
    assert.equal(temporality.sum('b', 1, { start: 0, value: 6 }), undefined);
  });

  it('forgets a series after its time, and not before', () => {
    const temporality = make();
    temporality.sum('k', 0, { start: 0, value: 5 });
    assert.equal(temporality.sum('k', 15 * MINUTE, { start: 0, value: 6 }), 1);
    assert.equal(temporality.sum('k', 30 * MINUTE + 1, { start: 0, value: 9 }), undefined);
  });

  it('gives the increase of cumulative histograms of either kind', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { maxLength: 40 }), {
          minLength: 1,
          maxLength: 5,
        }),
        (intervals) => {
          const temporality = make();
          const boundaries = [-10, 0, 10, 100];
          intervals.forEach((interval, i) => {
            const all = intervals.slice(0, i + 1).flat();
            const exponential = temporality.exponential('e', i, { start: 1000, value: exponentialPoint(all) });
            assert.equal(exponential?.count, interval.length);
            assert.equal(exponential?.zeroCount, interval.filter((value) => value === 0).length);
            const positive = exponential?.positive.bucketCounts.reduce((sum, count) => sum + count, 0);
            assert.equal(positive, interval.filter((value) => value > 0).length);
            const explicit = temporality.explicit('x', i, { start: 1000, value: explicitPoint(all, boundaries) });
            assert.deepEqual(explicit?.buckets.counts, explicitPoint(interval, boundaries).buckets.counts);
            const sum = interval.reduce((total, value) => total + value, 0);
            assert.ok(Math.abs((explicit?.sum ?? Number.NaN) - sum) < 1e-6);
            assert.ok(Math.abs((exponential?.sum ?? Number.NaN) - sum) < 1e-6);
          });
        },
      ),
      { endOnFailure: true },
    );
  });

  it('claims no minimum and maximum for an interval within a cumulative histogram', () => {
    const temporality = make();
    temporality.exponential('e', 0, { start: 1000, value: exponentialPoint([1, 100]) });
    const later = temporality.exponential('e', 1, { start: 1000, value: exponentialPoint([1, 100, 5]) });
    assert.equal(later?.min, undefined);
    assert.equal(later?.max, undefined);
  });

  it('takes a histogram that lost counts or changed its boundaries as new', () => {
    const temporality = make();
    temporality.exponential('e', 0, { start: 1000, value: exponentialPoint([1, 2, 3]) });
    const fresh = exponentialPoint([5, 6, 7, 8]);
    assert.equal(temporality.exponential('e', 1, { start: 1000, value: fresh }), fresh);
    temporality.explicit('x', 0, { start: 1000, value: explicitPoint([1, 2], [1]) });
    const other = explicitPoint([1, 2, 3], [2]);
    assert.equal(temporality.explicit('x', 1, { start: 1000, value: other }), other);
  });

  it('adds changes up to a level, also after hours without one', () => {
    const temporality = make();
    assert.deepEqual(
      [
        [3, 0],
        [-1, 1],
        [2, 24 * 60 * MINUTE],
      ].map(([change, now]) => temporality.level('k', now ?? 0, change ?? 0)),
      [3, 2, 4],
    );
  });

  it('remembers a bounded number of levels, the ones that changed last', () => {
    const temporality = make({ maxSeries: 2 });
    for (const key of ['a', 'b', 'a', 'c']) temporality.level(key, 0, 5);
    assert.equal(temporality.size, 2);
    assert.equal(temporality.level('a', 1, 1), 11);
    assert.equal(temporality.level('b', 1, 1), 1);
  });

  it('treats histograms of either kind as it treats sums: first points, resets by the start, forgetting', () => {
    const point = (count: number) => new Array<number>(count).fill(2);
    const temporality = make();
    const both = (now: number, start: number, count: number) => [
      temporality.exponential('e', now, { start, value: exponentialPoint(point(count)) })?.count,
      temporality.explicit('x', now, { start, value: explicitPoint(point(count), [1]) })?.count,
    ];
    assert.deepEqual(both(0, 999, 5), [undefined, undefined]);
    assert.deepEqual(both(1, 1000, 6), [6, 6]);
    assert.deepEqual(both(1 + 15 * MINUTE, 1000, 7), [1, 1]);
    assert.deepEqual(both(2 + 15 * MINUTE, 2000, 9), [9, 9]);
    assert.deepEqual(both(2 + 30 * MINUTE, 2000, 10), [1, 1]);
    assert.deepEqual(both(3 + 45 * MINUTE, 2000, 12), [12, 12]);
  });
});
