import assert from 'node:assert/strict';
import { Acknowledgements } from '../../../src/delivery/worker/acknowledgements.js';
import { ACKNOWLEDGED, STATE_CELLS } from '../../../src/wire/messages.js';

function setUp() {
  const state = new Int32Array(new SharedArrayBuffer(STATE_CELLS * 4));
  const removed: string[] = [];
  const acknowledgements = new Acknowledgements(state, (path) => removed.push(path));
  return { acknowledgements, removed, upTo: () => Atomics.load(state, ACKNOWLEDGED) };
}

describe('acknowledgements', () => {
  it('tell up to which number all is settled, in whatever order it is', () => {
    const { acknowledgements, upTo } = setUp();
    for (const sequence of [4, 5, 6]) acknowledgements.begin(sequence);
    acknowledgements.settle(5, 'done');
    assert.equal(upTo(), 3);
    acknowledgements.settle(4, 'lost');
    assert.equal(upTo(), 5);
    acknowledgements.settle(6, 'done');
    assert.equal(upTo(), 6);
  });

  it('remove a file once all of it is delivered', () => {
    const { acknowledgements, removed } = setUp();
    for (const sequence of [1, 2]) acknowledgements.begin(sequence);
    acknowledgements.spooled({ path: 'f', from: 1, to: 2 });
    acknowledgements.settle(2, 'done');
    assert.deepEqual(removed, []);
    acknowledgements.settle(1, 'done');
    assert.deepEqual(removed, ['f']);
  });

  it('remove a file that they learn of after all of it was delivered', () => {
    const { acknowledgements, removed } = setUp();
    acknowledgements.begin(1);
    acknowledgements.settle(1, 'done');
    acknowledgements.spooled({ path: 'f', from: 1, to: 1 });
    assert.deepEqual(removed, ['f']);
  });

  it('leave a file of which something was lost, before or after they learned of it', () => {
    for (const before of [true, false]) {
      const { acknowledgements, removed } = setUp();
      for (const sequence of [1, 2]) acknowledgements.begin(sequence);
      if (before) acknowledgements.settle(1, 'lost');
      acknowledgements.spooled({ path: 'f', from: 1, to: 2 });
      if (!before) acknowledgements.settle(1, 'lost');
      acknowledgements.settle(2, 'done');
      assert.deepEqual(removed, []);
    }
  });

  it('do not hold what was lost earlier against a later file', () => {
    const { acknowledgements, removed } = setUp();
    for (const sequence of [1, 2]) acknowledgements.begin(sequence);
    acknowledgements.settle(1, 'lost');
    acknowledgements.spooled({ path: 'f', from: 2, to: 2 });
    acknowledgements.settle(2, 'done');
    assert.deepEqual(removed, ['f']);
  });
});
