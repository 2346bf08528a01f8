import assert from 'node:assert/strict';
import { prefixWithin } from '../../../exporters/aws/item.js';

describe('prefixWithin', () => {
  const sized = (...bytes: number[]) => bytes.map((size) => ({ value: 0, time: 0, bytes: size }));

  it('takes as many items as allowed', () => {
    assert.equal(prefixWithin(sized(1, 1, 1), { maxItems: 3, maxBytes: 100 }), 3);
    assert.equal(prefixWithin(sized(1, 1, 1, 1), { maxItems: 3, maxBytes: 100 }), 3);
  });

  it('takes as many bytes as allowed, with what is around and between the items', () => {
    const limits = { maxItems: 10, maxBytes: 31 };
    assert.equal(prefixWithin(sized(10, 10), limits, 10, 1), 2);
    assert.equal(prefixWithin(sized(10, 11), limits, 10, 1), 1);
  });

  it('takes one item that is too large', () => {
    assert.equal(prefixWithin(sized(1000, 1), { maxItems: 10, maxBytes: 31 }), 1);
  });
});
