import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TokenBucket } from '../../src/limits/token-bucket.js';

const takes = (bucket: TokenBucket, now: number, times: number) =>
  Array.from({ length: times }, () => bucket.take(now)).filter(Boolean).length;

describe('TokenBucket', () => {
  it('is full at the start: one second’s worth, at least one', () => {
    assert.equal(takes(new TokenBucket(3), 5000, 10), 3);
    assert.equal(takes(new TokenBucket(0.1), 5000, 10), 1);
    assert.equal(takes(new TokenBucket(0), 5000, 10), 0);
  });

  it('holds as many at once as it is told to', () => {
    const bucket = new TokenBucket(10 / 60, 10);
    assert.equal(takes(bucket, 0, 20), 10);
    assert.equal(takes(bucket, 5999, 20), 0);
    assert.equal(takes(bucket, 6000, 20), 1);
    assert.equal(takes(bucket, 3_600_000, 20), 10);
  });

  it('says whether there is a token without taking it', () => {
    const bucket = new TokenBucket(1);
    assert.deepEqual([bucket.has(0), bucket.has(0), bucket.take(0), bucket.has(0)], [true, true, true, false]);
  });

  it('loses no token to rounding, however often it is asked in between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 997 }), (perMinute, step) => {
        const bucket = new TokenBucket(perMinute / 60, perMinute);
        let taken = 0;
        for (let now = 0; now < 60_000; now += step) if (bucket.take(now)) taken += 1;
        while (bucket.take(60_000)) taken += 1;
        assert.ok(taken <= 2 * perMinute, `${taken}`);
        assert.ok(taken >= Math.min(2 * perMinute, Math.ceil(60_000 / step)), `${taken}`);
      }),
    );
  });

  it('goes on when the clock is set back, without being filled by a small step', () => {
    const bucket = new TokenBucket(1);
    assert.equal(bucket.take(3_600_000), true);
    assert.equal(bucket.take(3_599_990), false);
    assert.equal(bucket.take(10_000), true);
    assert.equal(bucket.take(10_999), false);
    assert.equal(bucket.take(11_000), true);
  });

  it('keeps its tokens when the rate changes, up to one second’s worth, and gains none by it', () => {
    const bucket = new TokenBucket(10);
    bucket.setRate(2, 0);
    assert.equal(takes(bucket, 0, 10), 2);
    bucket.setRate(10, 0);
    assert.equal(takes(bucket, 0, 10), 0);
    assert.equal(takes(bucket, 1000, 20), 10);
  });
});
