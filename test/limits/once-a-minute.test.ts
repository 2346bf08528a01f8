import assert from 'node:assert/strict';
import { OnceAMinute } from '../../src/limits/once-a-minute.js';

describe('OnceAMinute', () => {
  const clock = { now: 1_000_000 };
  let pace: OnceAMinute;
  beforeEach(() => {
    pace = new OnceAMinute(() => clock.now);
  });

  it('admits the first line of each kind', () => {
    assert.deepEqual([pace.admit('a'), pace.admit('b')], [0, 0]);
  });

  it('holds a kind back until a minute is over, and then tells how many lines it held back', () => {
    pace.admit('a');
    clock.now += 59_999;
    assert.deepEqual([pace.admit('a'), pace.admit('a')], [undefined, undefined]);
    clock.now += 1;
    assert.equal(pace.admit('a'), 2);
    clock.now += 60_000;
    assert.equal(pace.admit('a'), 0);
  });

  it('remembers 500 kinds, and starts over with one more', () => {
    for (let kind = 0; kind < 500; kind += 1) pace.admit(`${kind}`);
    assert.equal(pace.admit('0'), undefined);
    assert.equal(pace.admit('500'), 0);
    assert.equal(pace.admit('0'), 0);
  });
});
