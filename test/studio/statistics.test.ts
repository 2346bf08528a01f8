import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseStatistic } from '../../src/cloudwatch/statistic.js';
import type { Datum } from '../../src/studio/datum.js';
import { evaluate, summarise } from '../../src/studio/statistics.js';

const datum = (numbers: Partial<Datum>): Datum => ({
  timestamp: 0,
  arrived: 0,
  unit: 'None',
  resolution: 60,
  ...numbers,
});

function compute(name: string, data: readonly Datum[]): number | undefined {
  const statistic = parseStatistic(name);
  const summary = summarise(data);
  assert.ok(statistic !== undefined, `${name} is a statistic`);
  return summary === undefined ? undefined : evaluate(statistic, summary);
}

const oneToTen = [datum({ values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] })];

describe('CloudWatch statistics', () => {
  it('takes count, sum and extremes from the statistic set, percentiles from the values', () => {
    const both = [
      datum({ values: [6], counts: [1], statistics: { sampleCount: 1, sum: 2, minimum: 1, maximum: 5 } }),
      datum({ values: [6], counts: [1], statistics: { sampleCount: 1, sum: 2, minimum: 1, maximum: 5 } }),
    ];
    assert.equal(compute('SampleCount', both), 2);
    assert.equal(compute('Sum', both), 4);
    assert.equal(compute('Maximum', both), 5);
    assert.equal(compute('Minimum', both), 1);
    assert.equal(compute('Average', both), 2);
    assert.equal(compute('p90', both), 6);
  });

  it('counts each value once where there are no counts', () => {
    assert.equal(compute('SampleCount', oneToTen), 10);
    assert.equal(compute('Sum', oneToTen), 55);
  });

  it('adds single values and weighted values alike', () => {
    const data = [datum({ value: 4 }), datum({ values: [1, 2], counts: [2, 3] })];
    assert.equal(compute('SampleCount', data), 6);
    assert.equal(compute('Sum', data), 12);
  });

  it('has no percentile of a statistic set whose values are unknown', () => {
    const set = { sampleCount: 3, sum: 6, minimum: 1, maximum: 3 };
    assert.equal(compute('p50', [datum({ statistics: set })]), undefined);
    assert.equal(compute('p50', [datum({ value: 1 }), datum({ statistics: set })]), undefined);
  });

  it('has a percentile of a statistic set whose minimum is its maximum', () => {
    assert.equal(compute('p50', [datum({ statistics: { sampleCount: 3, sum: 6, minimum: 2, maximum: 2 } })]), 2);
  });

  it('has no percentile of data with a negative value, but a sum', () => {
    const data = [datum({ values: [-1, 5] })];
    assert.equal(compute('p99', data), undefined);
    assert.equal(compute('Sum', data), 4);
  });

  const EXPECTED: readonly (readonly [string, number])[] = [
    ['p0', 1],
    ['p10', 1],
    ['p50', 5],
    ['p99.9', 10],
    ['p100', 10],
    ['tm80', 4.5],
    ['TM(20%:80%)', 5.5],
    ['TM(2:5)', 4],
    ['IQM', 5.5],
    ['tc80', 8],
    ['ts80', 36],
    ['TS(80%:100%)', 19],
    ['wm80', (36 + 16) / 10],
    ['PR(:3)', 30],
    ['PR(3:)', 70],
    ['PR(3:5)', 20],
  ];
  for (const [name, expected] of EXPECTED) {
    it(`${name} of 1 to 10 is ${expected}`, () => {
      const value = compute(name, oneToTen);
      assert.ok(value !== undefined && Math.abs(value - expected) < 1e-9, String(value));
    });
  }

  for (const name of ['', 'p', 'p101', 'avg', 'average', 'TM()', 'TM(:)', 'PR(1%:2%)', 'PR(5:1)', 'p99x', 'tm101']) {
    it(`does not take ${JSON.stringify(name)} for a statistic`, () => {
      assert.equal(parseStatistic(name), undefined);
    });
  }

  it('gives the percentile that sorting all samples gives, however they are weighted and split', () => {
    const weighted = fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 20 })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(weighted, fc.integer({ min: 1, max: 100 }), fc.nat(), (pairs, rank, cut) => {
        const at = cut % pairs.length;
        const parts = [pairs.slice(0, at), pairs.slice(at)].filter((part) => part.length > 0);
        const data = parts.map((part) => datum({ values: part.map(([v]) => v), counts: part.map(([, c]) => c) }));
        const samples = pairs.flatMap(([value, count]) => Array<number>(count).fill(value)).sort((a, b) => a - b);
        const expected = samples[Math.ceil((rank * samples.length) / 100) - 1];
        assert.equal(compute(`p${rank}`, data), expected);
        assert.equal(compute('SampleCount', data), samples.length);
      }),
    );
  });
});
