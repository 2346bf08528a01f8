import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Distribution } from '../../../exporters/cloudwatch-metrics/histogram.js';
import { explicitDistribution, exponentialDistribution } from '../../../exporters/cloudwatch-metrics/histogram.js';
import { MAX_VALUES, MIN_MAGNITUDE } from '../../../exporters/cloudwatch-metrics/limits.js';
import { atRank, bucketIndex, explicitPoint, exponentialPoint, totals } from './histograms.js';

/** Without shrinking: of hundreds of numbers it takes minutes. */
const RUNS = { numRuns: 100, endOnFailure: true };

/** Positive values over a chosen number of decades, so that narrow, usual and absurd spreads all come up. */
const spread = (decades: number) =>
  fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 600, size: 'max' })
    .map((exponents) => exponents.map((exponent) => 0.001 * 10 ** (exponent * decades)));

const anySpread = fc.oneof(...[0.01, 1, 3, 6, 12].map(spread));

const anyValues = fc
  .tuple(anySpread, anySpread, fc.nat({ max: 20 }), fc.integer({ min: 0, max: 3 }))
  .map(([a, b, zeros, kind]) => {
    const negative = b.map((value) => -value);
    return (
      [
        [...a],
        [...a, ...new Array<number>(zeros).fill(0)],
        negative,
        [...a, ...negative, ...new Array<number>(zeros).fill(0)],
      ][kind] ?? a
    );
  });

/** Boundaries in use somewhere: OpenTelemetry's default, the HTTP conventions', one, none, negative, and very many. */
const anyBoundaries = fc.constantFrom(
  [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000],
  [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  [1],
  [],
  [-10, -1, -0.1, 0, 0.1, 1, 10],
  Array.from({ length: 400 }, (_, i) => 0.0005 * 1.05 ** i),
);

function assertWellFormed(
  distribution: Distribution | undefined,
  values: readonly number[],
): asserts distribution is Distribution {
  assert.ok(distribution);
  const truth = totals(values);
  assert.ok(
    distribution.values.length >= 1 && distribution.values.length <= MAX_VALUES,
    `${distribution.values.length} values`,
  );
  assert.equal(distribution.counts.length, distribution.values.length);
  for (const [i, value] of distribution.values.entries()) {
    assert.ok(i === 0 || value > (distribution.values[i - 1] ?? Number.POSITIVE_INFINITY), 'ascending and distinct');
    assert.ok(value >= truth.min && value <= truth.max, `${value} within [${truth.min}, ${truth.max}]`);
    assert.ok((distribution.counts[i] ?? 0) > 0 && Number.isInteger(distribution.counts[i]), 'whole counts above 0');
  }
}

/** What the values say alone, without the statistics. */
function assertExact({ values: chosen, counts }: Distribution, values: readonly number[]): void {
  const truth = totals(values);
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    truth.count,
  );
  assert.equal(chosen[0], truth.min);
  assert.equal(chosen.at(-1), truth.max);
  const sum = chosen.reduce((total, value, i) => total + value * (counts[i] ?? 0), 0);
  // With one sign this is the sum itself.
  const size = chosen.reduce((total, value, i) => total + Math.abs(value) * (counts[i] ?? 0), 0);
  assert.ok(Math.abs(sum - truth.sum) <= 1e-6 * size, `sum ${sum} for ${truth.sum}`);
}

describe('exponentialDistribution', () => {
  it('has the exact count, minimum and maximum, and the sum, in at most 150 distinct ascending values', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const distribution = exponentialDistribution(exponentialPoint(values));
        assertWellFormed(distribution, values);
        assertExact(distribution, values);
      }),
      RUNS,
    );
  });

  it('carries the statistics of the point as they are', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        assert.deepEqual(exponentialDistribution(exponentialPoint(values))?.statistics, totals(values));
      }),
      RUNS,
    );
  });

  it('has every quantile within the width of its bucket', () => {
    fc.assert(
      fc.property(anySpread, (values) => {
        // As many buckets as need no merging.
        const point = exponentialPoint(values, 148);
        const distribution = exponentialDistribution(point);
        assertWellFormed(distribution, values);
        const base = 2 ** (2 ** -point.scale);
        values
          .sort((a, b) => a - b)
          .forEach((value, rank) => {
            const index = bucketIndex(value, point.scale);
            const width = base ** (index + 1) - base ** index;
            assert.ok(Math.abs(atRank(distribution, rank) - value) <= width * (1 + 1e-9), `rank ${rank}: ${value}`);
          });
      }),
      RUNS,
    );
  });

  it('has every quantile within 4.5 % for values within three decades, also where buckets had to be merged', () => {
    fc.assert(
      fc.property(fc.oneof(spread(3), spread(2.99)), (values) => {
        const point = exponentialPoint(values);
        const distribution = exponentialDistribution(point);
        assertWellFormed(distribution, values);
        values
          .sort((a, b) => a - b)
          .forEach((value, rank) => {
            const error = Math.abs(atRank(distribution, rank) / value - 1);
            assert.ok(error <= 0.045, `rank ${rank}: ${value} off by ${error}`);
          });
      }),
      RUNS,
    );
    const dense = Array.from({ length: 5000 }, (_, i) => 0.001 * 1000 ** (i / 5001));
    const filled = exponentialPoint(dense);
    assert.ok(filled.positive.bucketCounts.length > 150);
    const distribution = exponentialDistribution(filled);
    assertWellFormed(distribution, dense);
    assertExact(distribution, dense);
    dense.forEach((value, rank) => {
      assert.ok(Math.abs(atRank(distribution, rank) / value - 1) <= 0.045);
    });
  });

  it('has every quantile within 4.5 % where merged buckets are not filled evenly', () => {
    const base = 2 ** (1 / 16);
    // Most recordings at one end of their buckets, those in the sparse buckets, which are merged, at the other.
    for (const at of [0.05, 0.95]) {
      const values = Array.from({ length: 160 }, (_, i) =>
        i < 24 ? [base ** (i + 1 - at)] : new Array<number>(100).fill(base ** (i + at)),
      ).flat();
      const distribution = exponentialDistribution(exponentialPoint(values));
      assertWellFormed(distribution, values);
      assertExact(distribution, values);
      values.forEach((value, rank) => {
        const error = Math.abs(atRank(distribution, rank) / value - 1);
        assert.ok(error <= 0.045, `rank ${rank}: ${value} off by ${error}`);
      });
    }
  });

  it('merges what is above 150 buckets instead of leaving it out', () => {
    const values = Array.from({ length: 320 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 1.05 ** i);
    const distribution = exponentialDistribution(exponentialPoint([...values, 0]));
    assertWellFormed(distribution, [...values, 0]);
    assertExact(distribution, [...values, 0]);
    assert.equal(distribution.values.length, MAX_VALUES);
  });

  it('keeps 148 inner buckets apart and merges the 149th', () => {
    const per = (buckets: number) => {
      const counts = new Array<number>(buckets).fill(3);
      const base = 2 ** (1 / 8);
      const values = counts.flatMap((_, i) => [base ** (i + 0.2), base ** (i + 0.5), base ** (i + 0.8)]);
      return exponentialDistribution({
        ...totals(values),
        scale: 3,
        zeroCount: 0,
        positive: { offset: 0, bucketCounts: counts },
        negative: { offset: 0, bucketCounts: [] },
      });
    };
    const threes = (buckets: number) => per(buckets)?.counts.filter((count) => count === 3).length;
    // The outer two have lent one recording each to the minimum and the maximum.
    assert.equal(threes(148), 146);
    assert.equal(per(148)?.values.length, 150);
    assert.equal(threes(149), 146);
    assert.equal(per(149)?.values.length, 150);
  });

  it('has the sum also where all recordings sit at one end of their buckets and some of those were merged', () => {
    for (const at of [1e-9, 1 - 1e-9]) {
      const base = 2 ** (1 / 16);
      const values = Array.from({ length: 160 }, (_, i) => base ** (i + at));
      const distribution = exponentialDistribution(exponentialPoint(values));
      assertWellFormed(distribution, values);
      assertExact(distribution, values);
    }
  });

  it('says nothing of an empty interval', () => {
    assert.equal(exponentialDistribution(exponentialPoint([])), undefined);
  });

  it('shows one value as it is, and equal ones as one', () => {
    assert.deepEqual(exponentialDistribution(exponentialPoint([0.1234567890123])), {
      values: [0.1234567890123],
      counts: [1],
      statistics: { count: 1, sum: 0.1234567890123, min: 0.1234567890123, max: 0.1234567890123 },
    });
    assert.deepEqual(exponentialDistribution(exponentialPoint([0, 0, 0]))?.values, [0]);
    assert.deepEqual(exponentialDistribution(exponentialPoint([-2, -2]))?.counts, [2]);
  });

  it('leaves the statistics out when the point lacks one, and keeps the sum where it has that', () => {
    const values = [0.1, 0.2, 0.3, 0.7];
    const { min: _min, max: _max, ...noEnds } = exponentialPoint(values);
    const distribution = exponentialDistribution(noEnds);
    assert.equal(distribution?.statistics, undefined);
    const sum = distribution?.values.reduce((total, value, i) => total + value * (distribution.counts[i] ?? 0), 0) ?? 0;
    assert.ok(Math.abs(sum - 1.3) < 1.3e-6);
    const { sum: _sum, ...noSum } = exponentialPoint(values);
    assert.equal(exponentialDistribution(noSum)?.statistics, undefined);
    assert.deepEqual(exponentialDistribution(noSum)?.counts, [1, 1, 1, 1]);
  });

  it("takes the SDK's infinite minimum and maximum as not known", () => {
    const point = { ...exponentialPoint([1, 2, 3]), min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    const distribution = exponentialDistribution(point);
    assert.equal(distribution?.statistics, undefined);
    assert.equal(
      distribution?.counts.reduce((sum, count) => sum + count, 0),
      3,
    );
  });

  it('publishes the statistics of a point without buckets', () => {
    const point = { ...exponentialPoint([1, 2, 3]), positive: { offset: 0, bucketCounts: [] } };
    assert.deepEqual(exponentialDistribution(point), {
      values: [],
      counts: [],
      statistics: { count: 3, sum: 6, min: 1, max: 3 },
    });
  });

  it('applies a unit factor to values, sum, minimum and maximum alike', () => {
    const values = [1, 2, 3, 50];
    const distribution = exponentialDistribution(exponentialPoint(values), 60);
    const scaled = values.map((value) => value * 60);
    assertWellFormed(distribution, scaled);
    assertExact(distribution, scaled);
    assert.deepEqual(distribution.statistics, totals(scaled));
  });

  it('raises magnitudes that CloudWatch has never accepted', () => {
    const distribution = exponentialDistribution(exponentialPoint([1e-200, 1e-150, 1]));
    assert.deepEqual(distribution?.values.slice(0, 1), [MIN_MAGNITUDE]);
    assert.equal(distribution?.statistics?.min, MIN_MAGNITUDE);
    assert.deepEqual(
      distribution?.counts.reduce((sum, count) => sum + count, 0),
      3,
    );
  });

  it('stays within bounds over the whole range of numbers', () => {
    const values = [Number.MIN_VALUE * 2 ** 60, 1e-300, 1e300];
    const distribution = exponentialDistribution(exponentialPoint(values, 160, 0));
    assert.ok(distribution?.values.every(Number.isFinite));
  });
});

describe('explicitDistribution', () => {
  it('has the exact count, minimum and maximum, and the sum, in at most 150 distinct ascending values', () => {
    fc.assert(
      fc.property(anyValues, anyBoundaries, (values, boundaries) => {
        const distribution = explicitDistribution(explicitPoint(values, boundaries));
        assertWellFormed(distribution, values);
        assertExact(distribution, values);
        assert.deepEqual(distribution.statistics, totals(values));
      }),
      RUNS,
    );
  });

  it('has every quantile within the width of its bucket', () => {
    fc.assert(
      fc.property(
        anySpread,
        anyBoundaries.filter((boundaries) => boundaries.length <= 148),
        (values, boundaries) => {
          const point = explicitPoint(values, boundaries);
          const distribution = explicitDistribution(point);
          assertWellFormed(distribution, values);
          values
            .sort((a, b) => a - b)
            .forEach((value, rank) => {
              const at = boundaries.findIndex((boundary) => value <= boundary);
              const below = at === -1 ? boundaries.length - 1 : at - 1;
              const low = boundaries[below] ?? Number.NEGATIVE_INFINITY;
              const high = at === -1 ? Number.POSITIVE_INFINITY : (boundaries[at] ?? Number.POSITIVE_INFINITY);
              const quantile = atRank(distribution, rank);
              assert.ok(quantile >= low && quantile <= high, `rank ${rank}: ${quantile} in [${low}, ${high}]`);
            });
        },
      ),
      RUNS,
    );
  });

  it('spreads a bucket that CloudWatch would otherwise see as one value', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000);
    const distribution = explicitDistribution(explicitPoint(values, [0, 5, 10]));
    assertWellFormed(distribution, values);
    for (const rank of [100, 500, 900, 990]) {
      assert.ok(Math.abs(atRank(distribution, rank) - (values[rank] ?? 0)) < 0.02, `rank ${rank}`);
    }
  });

  it('works without minimum, maximum and sum, from the boundaries alone', () => {
    const { min: _min, max: _max, sum: _sum, ...bare } = explicitPoint([0.5, 2, 7, 30], [1, 5, 10]);
    const distribution = explicitDistribution(bare);
    assert.equal(distribution?.statistics, undefined);
    assert.equal(
      distribution?.counts.reduce((sum, count) => sum + count, 0),
      4,
    );
    assert.ok(distribution?.values.every((value) => value >= 0 && value <= 10));
  });

  it('says nothing of an empty interval', () => {
    assert.equal(explicitDistribution({ count: 0, sum: 0, buckets: { boundaries: [1], counts: [0, 0] } }), undefined);
  });
});
