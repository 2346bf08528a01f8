import assert from 'node:assert/strict';
import { ExpressionError, MAX_EXPRESSION_LENGTH } from '../../../src/cloudwatch/expression-syntax.js';
import { evaluateExpression } from '../../../src/studio/dashboards/expression.js';
import { type ExpressionContext, isSeries, type Value } from '../../../src/studio/dashboards/series-operations.js';
import type { TimeSeries } from '../../../src/studio/dashboards/time-series.js';
import { MINUTE, START } from './held.js';

const series = (values: readonly (number | null)[], label = 'x'): TimeSeries => ({
  label,
  unit: 'Count',
  period: 60,
  points: new Map(
    values.flatMap((value, minute) => (value === null ? [] : [[START + minute * MINUTE, value] as const])),
  ),
});

const ROWS: Readonly<Record<string, Value>> = {
  a: series([1, 2, 3, 4], 'a'),
  b: series([10, null, 30, 40], 'b'),
  zero: series([0, 2, 0, 4], 'zero'),
  list: [series([1, 5], 'one'), series([3, 3], 'two'), series([2, 9], 'three')],
  gap: series([1, null, null, 4], 'gap'),
  none: series([], 'none'),
  ten: 10,
};

const context: ExpressionContext = {
  window: { start: START, end: START + 4 * MINUTE },
  period: 60,
  valueOf: (id) => ROWS[id],
  metrics: () => [ROWS.a as TimeSeries, ROWS.b as TimeSeries],
  search: (query, statistic, period) => [{ ...series([7], `${query} ${statistic} ${period}`) }],
};

/** Values by minute since START. */
const minutes = ({ points }: TimeSeries): Record<number, number> =>
  Object.fromEntries([...points].map(([time, value]) => [(time - START) / MINUTE, value]));

const plain = (value: Value): unknown =>
  typeof value === 'number' || typeof value === 'string'
    ? value
    : isSeries(value)
      ? minutes(value)
      : value.map(minutes);

describe('Metric math', () => {
  for (const [expression, expected] of [
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['10 - 3 - 2', 5],
    ['100*a', { 0: 100, 1: 200, 2: 300, 3: 400 }],
    ['a/PERIOD(a)*60', { 0: 1, 1: 2, 2: 3, 3: 4 }],
    ['a + b', { 0: 11, 2: 33, 3: 44 }],
    ['a / zero', { 1: 1, 3: 1 }],
    ['a > 2', { 0: 0, 1: 0, 2: 1, 3: 1 }],
    ['a > 1 AND a < 4', { 0: 0, 1: 1, 2: 1, 3: 0 }],
    ['a == 1 || a == 4', { 0: 1, 1: 0, 2: 0, 3: 1 }],
    [
      'list * 2',
      [
        { 0: 2, 1: 10 },
        { 0: 6, 1: 6 },
        { 0: 4, 1: 18 },
      ],
    ],
    [
      'list - a',
      [
        { 0: 0, 1: 3 },
        { 0: 2, 1: 1 },
        { 0: 1, 1: 7 },
      ],
    ],
    ['SUM(a)', 10],
    ['AVG(a)', 2.5],
    ['MIN(a) + MAX(a)', 5],
    ['STDDEV(zero)', Math.sqrt(2.75)],
    ['DATAPOINT_COUNT(b)', 3],
    ['SUM(list)', { 0: 6, 1: 17 }],
    ['MAX([a, b])', { 0: 10, 1: 2, 2: 30, 3: 40 }],
    ['SUM(METRICS())', { 0: 11, 1: 2, 2: 33, 3: 44 }],
    ['METRIC_COUNT(METRICS("a"))', 1],
    ['FILL(gap, 0)', { 0: 1, 1: 0, 2: 0, 3: 4 }],
    ['FILL(gap, REPEAT)', { 0: 1, 1: 1, 2: 1, 3: 4 }],
    ['FILL(gap, LINEAR)', { 0: 1, 1: 2, 2: 3, 3: 4 }],
    ['FILL(none, 0)', { 0: 0, 1: 0, 2: 0, 3: 0 }],
    ['100*FILL(gap,0)/a', { 0: 100, 1: 0, 2: 0, 3: 100 }],
    ['IF(a > 2, b, 0)', { 0: 0, 1: 0, 2: 30, 3: 40 }],
    ['IF(a > 2, 1)', { 2: 1, 3: 1 }],
    ['DIFF(a)', { 1: 1, 2: 1, 3: 1 }],
    ['RATE(b)', { 2: 20 / 120, 3: 10 / 60 }],
    ['DIFF_TIME(b)', { 2: 120, 3: 60 }],
    ['RUNNING_SUM(a)', { 0: 1, 1: 3, 2: 6, 3: 10 }],
    ['ABS(a - 3)', { 0: 2, 1: 1, 2: 0, 3: 1 }],
    ['CEIL(a / 2)', { 0: 1, 1: 1, 2: 2, 3: 2 }],
    [
      'SORT(list, MAX, DESC)',
      [
        { 0: 2, 1: 9 },
        { 0: 1, 1: 5 },
        { 0: 3, 1: 3 },
      ],
    ],
    ['SORT(list, AVG, ASC, 1)', [{ 0: 1, 1: 5 }]],
    [
      'SLICE(SORT(list, SUM, DESC), 0, 2)',
      [
        { 0: 2, 1: 9 },
        { 0: 1, 1: 5 },
      ],
    ],
    ['FIRST(list)', { 0: 1, 1: 5 }],
    ['LAST(list)', { 0: 2, 1: 9 }],
    ['REMOVE_EMPTY([a, none])', [{ 0: 1, 1: 2, 2: 3, 3: 4 }]],
    ['TIME_SERIES(5)', { 0: 5, 1: 5, 2: 5, 3: 5 }],
    ['SUM(SEARCH("q", "Sum", 60))', { 0: 7 }],
    ['a * ten', { 0: 10, 1: 20, 2: 30, 3: 40 }],
  ] as const) {
    it(`evaluates ${expression}`, () => {
      assert.deepEqual(plain(evaluateExpression(expression, context)), expected);
    });
  }

  it('hands a search its query, statistic and period', () => {
    const [found] = evaluateExpression(
      "SEARCH('{Shop,Service} MetricName=\"x\"', 'p99', 300)",
      context,
    ) as TimeSeries[];
    assert.equal(found?.label, '{Shop,Service} MetricName="x" p99 300');
  });

  for (const [expression, message] of [
    ['a +', 'ends too soon'],
    ['(a', ') is missing'],
    ['a b', 'not expected here: b'],
    ['a # b', 'not understood from: # b'],
    ['nosuch * 2', 'no row has the id nosuch'],
    ['ANOMALY_DETECTION_BAND(a)', 'ANOMALY_DETECTION_BAND is not evaluated here'],
    ['constructor(a)', 'CONSTRUCTOR is not evaluated here'],
    ['SELECT AVG(x) FROM y', 'Metrics Insights (SELECT …) is not evaluated here'],
    ['list + list', '+ between two arrays of metrics is not allowed'],
    ["'text' + 1", '+ needs numbers or metrics'],
    ['SORT(list, NONE, DESC)', 'SORT does not know NONE'],
    ['SORT(list, SUM, UP)', 'SORT takes ASC or DESC'],
    ['FILL(a)', 'an argument is missing'],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, 'nested too deeply'],
  ] as const) {
    it(`says of ${expression.slice(0, 40)}: ${message}`, () => {
      assert.throws(
        () => evaluateExpression(expression, context),
        (error) => error instanceof ExpressionError && error.message === message,
      );
    });
  }

  it(`takes ${MAX_EXPRESSION_LENGTH} characters and refuses one more`, () => {
    const longest = `1+${'1'.repeat(MAX_EXPRESSION_LENGTH - 2)}`;
    assert.equal(typeof evaluateExpression(longest, context), 'number');
    assert.throws(() => evaluateExpression(`${longest}1`, context), /longer than 2048 characters/);
  });
});
