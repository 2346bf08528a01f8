import assert from 'node:assert/strict';
import { BYTES_PER_BUDGETED_SPAN, PARENTS_FACTOR, traceBounds, traceBudget } from '../../src/config/trace-budget.js';
import { traceDollarsPerMonth } from '../../src/pricing/trace-flow.js';

describe('MONITORING_TRACE_BUDGET', () => {
  const type = traceBudget();

  for (const [given, value] of [
    ['20/s', { spansPerSecond: 20 }],
    ['0.1/s', { spansPerSecond: 0.1 }],
    ['100000/s', { spansPerSecond: 100_000 }],
    ['2.5 / S', { spansPerSecond: 2.5 }],
    ['$30/month', { dollarsPerMonth: 30 }],
    ['$0.1/month', { dollarsPerMonth: 0.1 }],
    ['$ 100000/month', { dollarsPerMonth: 100_000 }],
    ['none', 'none'],
    ['OFF', 'none'],
  ] as const) {
    it(`takes ${given}`, () => {
      const parsed = type.parse(given);
      assert.deepEqual(parsed, { value });
      assert.deepEqual(type.parse(type.format(value)), { value });
    });
  }

  for (const given of [
    '0.09/s',
    '100000.1/s',
    '$0.09/month',
    '$100000.1/month',
    '0/s',
    '-1/s',
    '20',
    '20/m',
    '30/month',
    '$30',
    '€30/month',
    '1e3/s',
    'all',
    '$/month',
    '/s',
  ]) {
    it(`refuses ${given}`, () => {
      assert.deepEqual(type.parse(given), {
        flaw: 'spans a second such as 20/s (0.1 to 100000), dollars such as $30/month (0.1 to 100000), or none',
      });
    });
  }

  it('bounds spans and bytes of what is decided here, and ten times as much of what parents decide', () => {
    const bounds = traceBounds({ spansPerSecond: 20 });
    assert.deepEqual(bounds?.own, { spansPerSecond: 20, bytesPerSecond: 20 * BYTES_PER_BUDGETED_SPAN });
    assert.deepEqual(bounds?.parents, { spansPerSecond: 200, bytesPerSecond: 200 * BYTES_PER_BUDGETED_SPAN });
    assert.equal(PARENTS_FACTOR, 10);
  });

  it('costs what it says in dollars, at most', () => {
    const bounds = traceBounds({ dollarsPerMonth: 30 });
    assert.ok(bounds);
    assert.ok(Math.abs(traceDollarsPerMonth(bounds.own) - 30) < 1e-9);
  });

  it('bounds nothing with none', () => {
    assert.equal(traceBounds('none'), undefined);
  });
});
