import assert from 'node:assert/strict';
import { MAX_POSTS, Unacknowledged } from '../../../src/delivery/application/unacknowledged.js';
import type { PlainLogRecord } from '../../../src/wire/messages.js';

const records = (count: number, body = 'x'): PlainLogRecord[] =>
  Array.from({ length: count }, () => ({
    hrTime: [0, 0],
    hrTimeObserved: [0, 0],
    body,
    attributes: { 'exception.stacktrace': body },
    scope: { name: 's' },
    droppedAttributesCount: 0,
  }));
const sequences = (errors: Unacknowledged) => errors.all().map(({ sequence }) => sequence);

describe('unacknowledged errors', () => {
  it('are kept in order until they are acknowledged', () => {
    const errors = new Unacknowledged();
    for (let index = 0; index < 3; index++) errors.add(records(1));
    errors.acknowledge(2);
    assert.deepEqual([sequences(errors), errors.newest, errors.isEmpty], [[3], 3, false]);
    errors.acknowledge(3);
    assert.deepEqual([errors.isEmpty, errors.newest], [true, 3]);
  });

  for (const [count, kept] of [
    [999, 2],
    [1000, 1],
  ] as const) {
    it(`beside ${count} others ${kept === 2 ? 'are kept' : 'take their place'}`, () => {
      const errors = new Unacknowledged();
      errors.add(records(count));
      errors.add(records(1));
      assert.equal(errors.all().length, kept);
    });
  }

  for (const [length, kept] of [
    [1_999_999, 2],
    [2_000_000, 1],
  ] as const) {
    it(`beside ${length * 2} characters of others ${kept === 2 ? 'are kept' : 'take their place'}`, () => {
      const errors = new Unacknowledged();
      errors.add(records(1, 'x'.repeat(length)));
      errors.add(records(1, 'x'));
      assert.equal(errors.all().length, kept);
    });
  }

  it('are kept even if one alone is more than fits', () => {
    const errors = new Unacknowledged();
    errors.add(records(1, 'x'.repeat(3_000_000)));
    assert.equal(errors.isEmpty, false);
  });

  it('are given up when they were there each time that a worker died', () => {
    const errors = new Unacknowledged();
    errors.add(records(2)).posts = MAX_POSTS;
    errors.add(records(1)).posts = MAX_POSTS - 1;
    assert.equal(errors.giveUp(), 2);
    assert.deepEqual(sequences(errors), [2]);
    assert.equal(errors.giveUp(), 0);
  });
});
