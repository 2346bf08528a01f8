import assert from 'node:assert/strict';
import { raised, roundWithin } from '../../../exporters/cloudwatch-metrics/rounding.js';

const MIN_MAGNITUDE = 8.51592e-109;

describe('roundWithin', () => {
  it('keeps seven digits and rounds the eighth', () => {
    for (const [value, rounded] of [
      [1.234567, 1.234567],
      [1.2345674, 1.234567],
      [1.2345676, 1.234568],
      [-1.2345676, -1.234568],
      [123_456_76, 12_345_680],
      [1.2345676e-40, 1.234568e-40],
      [1.2345676e40, 1.234568e40],
    ] as const) {
      assert.equal(roundWithin(value, -1e100, 1e100), rounded);
    }
  });

  it('rounds onto a bound and not beyond it', () => {
    assert.equal(roundWithin(1.2345676, 0, 1.234568), 1.234568);
    assert.equal(roundWithin(1.2345676, 0, 1.2345677), 1.2345676);
    assert.equal(roundWithin(1.2345674, 1.234567, 2), 1.234567);
    assert.equal(roundWithin(1.2345674, 1.2345673, 2), 1.2345674);
  });
});

describe('raised', () => {
  it('leaves the smallest magnitude that CloudWatch takes, and raises the next smaller one to it', () => {
    const below = MIN_MAGNITUDE * (1 - Number.EPSILON);
    assert.ok(below < MIN_MAGNITUDE);
    for (const sign of [1, -1]) {
      assert.equal(raised(sign * MIN_MAGNITUDE), sign * MIN_MAGNITUDE);
      assert.equal(raised(sign * below), sign * MIN_MAGNITUDE);
      assert.equal(raised(sign * Number.MIN_VALUE), sign * MIN_MAGNITUDE);
    }
    assert.equal(raised(0), 0);
  });
});
