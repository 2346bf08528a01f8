import assert from 'node:assert/strict';
import { backoff, MAX_DELAY } from '../../../exporters/aws/backoff.js';

describe('backoff', () => {
  it('doubles with each failure up to its limit, with full jitter', () => {
    const longest = (failures: number) => backoff('retry', failures, () => 1);
    assert.deepEqual([1, 2, 3].map(longest), [500, 1000, 2000]);
    assert.equal(longest(7), 32_000);
    assert.equal(longest(8), MAX_DELAY);
    assert.equal(longest(2000), MAX_DELAY);
    assert.equal(
      backoff('retry', 8, () => 0),
      1,
    );
    assert.equal(
      backoff('retry', 8, () => 0.5),
      MAX_DELAY / 2,
    );
  });

  it('starts slower when throttled, and slowest when denied', () => {
    assert.equal(
      backoff('throttled', 1, () => 1),
      1000,
    );
    assert.equal(
      backoff('denied', 1, () => 1),
      30_000,
    );
  });

  it('never comes before the time that the service asked for', () => {
    assert.equal(
      backoff('throttled', 1, () => 0, 7000),
      7000,
    );
  });
});
