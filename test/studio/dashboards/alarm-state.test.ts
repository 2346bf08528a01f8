import assert from 'node:assert/strict';
import { evaluateAlarm } from '../../../src/studio/dashboards/alarm-state.js';
import { held, MINUTE, START } from './held.js';

const metric = { Namespace: 'Shop', MetricName: 'm', Dimensions: [], Statistic: 'Sum', Period: 60 };
const alarm = (more: Record<string, unknown>) => ({
  ...metric,
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 5,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
  ...more,
});
/** The last of the minutes is the one that is now. */
const state = (values: readonly (number | null)[], more: Record<string, unknown> = {}) =>
  evaluateAlarm(alarm(more), [held('m', {}, values)], START + (values.length - 1) * MINUTE + 1000).state;

describe('An alarm', () => {
  for (const [values, more, expected] of [
    [[6, 1, 1], {}, 'OK'],
    [[6, 6, 1], {}, 'ALARM'],
    [[5, 5, 5], {}, 'OK'],
    [[5, 5, 5], { ComparisonOperator: 'GreaterThanOrEqualToThreshold' }, 'ALARM'],
    [[4, 4, 9], { ComparisonOperator: 'LessThanThreshold' }, 'ALARM'],
    [[6, 6, 1, 1, 1], {}, 'OK'],
    [[null, null, null], {}, 'INSUFFICIENT_DATA'],
    [[null, null, null], { TreatMissingData: 'breaching' }, 'ALARM'],
    [[null, null, null], { TreatMissingData: 'notBreaching' }, 'OK'],
    [[6, null, null], { TreatMissingData: 'breaching' }, 'ALARM'],
    [[6, null, null], { TreatMissingData: 'notBreaching' }, 'OK'],
    [[6, null, null], {}, 'OK'],
  ] as const) {
    it(`is ${expected} at ${JSON.stringify(values)} ${JSON.stringify(more)}`, () => {
      assert.equal(state(values, more), expected);
    });
  }

  it('may be on an expression', () => {
    const Metrics = [
      { Id: 'a', MetricStat: { Metric: metric, Period: 60, Stat: 'Sum' }, ReturnData: false },
      { Id: 'e', Expression: 'a * 10', ReturnData: true },
    ];
    const { state, values } = evaluateAlarm(
      { ...alarm({}), MetricName: undefined, Metrics },
      [held('m', {}, [1, 1, 0])],
      START + 2 * MINUTE,
    );
    assert.deepEqual([state, values], ['ALARM', [10, 10, 0]]);
  });

  for (const [more, reason] of [
    [
      { ComparisonOperator: 'GreaterThanUpperThreshold', ThresholdMetricId: 'b' },
      'bands of anomaly detection are not evaluated here',
    ],
    [{ EvaluationCriteria: {} }, 'PromQL alarms are not evaluated here'],
    [{ Statistic: undefined, ExtendedStatistic: 'q9' }, 'q9 is not a statistic'],
  ] as const) {
    it(`says that it cannot tell: ${reason}`, () => {
      const { state, reason: said } = evaluateAlarm(alarm(more), [], START);
      assert.deepEqual([state, said], ['INSUFFICIENT_DATA', reason]);
    });
  }
});
