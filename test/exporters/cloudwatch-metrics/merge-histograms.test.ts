import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ExponentialPoint } from '../../../exporters/cloudwatch-metrics/histogram.js';
import { exponentialDistribution } from '../../../exporters/cloudwatch-metrics/histogram.js';
import {
  MAX_MERGED_BUCKETS,
  mergeExplicit,
  mergeExponential,
  rescaled,
} from '../../../exporters/cloudwatch-metrics/merge-histograms.js';
import { MAX_BUCKETS } from '../../../src/metrics/exponential-histogram.js';
import { bucketIndex, explicitPoint, exponentialPoint, totals } from './histograms.js';

const positive = fc
  .array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 1, maxLength: 120, size: 'max' })
  .map((exponents) => exponents.map((exponent) => 10 ** exponent));
const values = fc
  .tuple(positive, fc.boolean(), fc.nat({ max: 5 }))
  .map(([some, negative, zeros]) => [
    ...some.map((value) => (negative ? -value : value)),
    ...new Array<number>(zeros).fill(0),
  ]);

const RUNS = { numRuns: 150, endOnFailure: true };

function counted({ positive: { offset, bucketCounts } }: ExponentialPoint): Map<number, number> {
  return new Map(
    bucketCounts.map((count, i): [number, number] => [offset + i, count]).filter(([, count]) => count > 0),
  );
}

describe('mergeExponential', () => {
  it('keeps as many buckets as are recorded', () => assert.equal(MAX_MERGED_BUCKETS, MAX_BUCKETS));

  it('is the histogram of all values together, at the scale that it reaches', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 2, maxLength: 5 }), (sets) => {
        const merged = mergeExponential(sets.map((set) => exponentialPoint(set)));
        const all = sets.flat();
        const truth = totals(all);
        assert.equal(merged.count, truth.count);
        assert.equal(merged.min, truth.min);
        assert.equal(merged.max, truth.max);
        assert.ok(
          Math.abs((merged.sum ?? Number.NaN) - truth.sum) <=
            1e-9 * all.reduce((sum, value) => sum + Math.abs(value), 0),
        );
        assert.equal(merged.zeroCount, all.filter((value) => value === 0).length);
        const expected = new Map<number, number>();
        for (const value of all.filter((one) => one > 0)) {
          const index = bucketIndex(value, merged.scale);
          expected.set(index, (expected.get(index) ?? 0) + 1);
        }
        assert.deepEqual(
          new Map([...counted(merged)].sort(([a], [b]) => a - b)),
          new Map([...expected].sort(([a], [b]) => a - b)),
        );
      }),
      RUNS,
    );
  });

  it('never spans more buckets than one histogram may, however far apart the parts are', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 2, maxLength: 5 }), (sets) => {
        const merged = mergeExponential(sets.map((set) => exponentialPoint(set)));
        assert.ok(merged.positive.bucketCounts.length <= MAX_MERGED_BUCKETS);
        assert.ok(merged.negative.bucketCounts.length <= MAX_MERGED_BUCKETS);
        assert.ok(exponentialDistribution(merged));
      }),
      RUNS,
    );
  });

  it('keeps the scale while the parts span 160 buckets together, and goes one coarser at 161', () => {
    const single = (index: number): ExponentialPoint => ({
      count: 1,
      sum: 2 ** (index / 16),
      min: 2 ** (index / 16),
      max: 2 ** (index / 16),
      scale: 4,
      zeroCount: 0,
      positive: { offset: index, bucketCounts: [1] },
      negative: { offset: 0, bucketCounts: [] },
    });
    assert.equal(mergeExponential([single(0), single(159)]).scale, 4);
    assert.equal(mergeExponential([single(0), single(160)]).scale, 3);
  });

  it('is not made coarser by a part that has only zeros', () => {
    const zeros = exponentialPoint([0, 0]);
    assert.equal(zeros.scale, 0);
    const fine = exponentialPoint([1, 1.001]);
    const merged = mergeExponential([zeros, fine]);
    assert.equal(merged.scale, fine.scale);
    assert.equal(merged.zeroCount, 2);
  });

  it('takes no notice of empty parts, nor of what they lack', () => {
    const empty = { ...exponentialPoint([]), min: undefined, max: undefined, sum: undefined };
    const merged = mergeExponential([empty, exponentialPoint([2, 3])]);
    assert.deepEqual([merged.count, merged.min, merged.max, merged.sum], [2, 2, 3, 5]);
  });

  it('lacks the totals that one of the parts lacks', () => {
    const { min: _min, ...without } = exponentialPoint([1]);
    const merged = mergeExponential([without, exponentialPoint([2, 3])]);
    assert.deepEqual([merged.count, merged.min, merged.max, merged.sum], [3, undefined, 3, 6]);
  });
});

describe('rescaled', () => {
  it('puts each pair of buckets into one, below zero as well', () => {
    const point = { ...exponentialPoint([]), count: 4, scale: 1, positive: { offset: -3, bucketCounts: [1, 1, 1, 1] } };
    assert.deepEqual(rescaled(point, 0).positive, { offset: -2, bucketCounts: [1, 2, 1] });
    assert.equal(rescaled(point, 1), point);
  });
});

describe('mergeExplicit', () => {
  it('adds buckets with the same boundaries', () => {
    const merged = mergeExplicit([explicitPoint([1, 7], [5, 10]), explicitPoint([7, 20], [5, 10])]);
    assert.deepEqual(merged, {
      count: 4,
      sum: 35,
      min: 1,
      max: 20,
      buckets: { boundaries: [5, 10], counts: [1, 2, 1] },
    });
  });

  it('keeps the boundaries that both have, and so counts nothing in a wrong bucket', () => {
    const merged = mergeExplicit([explicitPoint([1, 7, 30], [5, 10, 20]), explicitPoint([7, 15, 30], [10, 25])]);
    assert.deepEqual(merged.buckets, { boundaries: [10], counts: [3, 3] });
  });

  it('keeps the statistics when nothing else is shared', () => {
    const merged = mergeExplicit([explicitPoint([1], [5]), explicitPoint([7], [6])]);
    assert.deepEqual(merged, { count: 2, sum: 8, min: 1, max: 7, buckets: { boundaries: [], counts: [2] } });
  });
});
