import assert from 'node:assert/strict';
import { dollarsFor, PRICES, piecesFor } from '../../src/pricing/prices.js';
import { traceDollarsPerMonth, traceFlowFor, traceFlowOf } from '../../src/pricing/trace-flow.js';

const GB = 2 ** 30;

describe('A price', () => {
  for (const [gigabytes, dollars] of [
    [0, 0],
    [-1, 0],
    [1, 0.35],
    [10_240, 3584],
    [10_241, 3584.2],
    [30_720, 7680],
    [30_721, 7680.15],
  ] as const) {
    it(`of ${gigabytes} GB of spans is $${dollars}`, () => {
      assert.ok(Math.abs(dollarsFor(PRICES.spanIngestion, gigabytes * GB) - dollars) < 1e-9);
    });
  }

  it('converts dollars back into what they buy, in every tier', () => {
    for (const price of Object.values(PRICES)) {
      for (const dollars of [0, 0.01, 3000, 3001, 7681, 27_001, 100_000]) {
        const back = dollarsFor(price, piecesFor(price, dollars));
        assert.ok(Math.abs(back - dollars) < 1e-6, `${price.what}: ${dollars} became ${back}`);
      }
    }
  });

  it('has an https source', () => {
    for (const { source } of Object.values(PRICES)) assert.match(source, /^https:\/\/aws\.amazon\.com\//);
  });
});

describe('A flow of spans', () => {
  it('costs what its bytes cost in 730 hours', () => {
    const month = traceDollarsPerMonth({ bytesPerSecond: 10_000 });
    assert.equal(month.toFixed(2), ((10_000 * 730 * 3600 * 0.35) / GB).toFixed(2));
  });

  it('converts dollars a month into bytes and spans a second, and back', () => {
    const flow = traceFlowFor(30);
    assert.equal(traceDollarsPerMonth(flow).toFixed(6), '30.000000');
    assert.equal(flow.spansPerSecond.toFixed(1), '23.3');
    assert.deepEqual(traceFlowFor(30, 3000).spansPerSecond, flow.spansPerSecond / 2);
  });

  it('takes an assumed size for a span of which none is given', () => {
    assert.deepEqual(traceFlowOf(20), { spansPerSecond: 20, bytesPerSecond: 30_000 });
    assert.deepEqual(traceFlowOf(20, 500), { spansPerSecond: 20, bytesPerSecond: 10_000 });
    assert.equal(traceDollarsPerMonth(traceFlowOf(20)).toFixed(2), '25.70');
  });
});
