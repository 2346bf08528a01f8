import assert from 'node:assert/strict';
import { BoundNotice, COUNTED, PAUSE } from '../../../src/tracing/budget/bound-notice.js';

function createBench() {
  const clock = { now: 5000 };
  const said: string[] = [];
  const notice = new BoundNotice({
    bound: 'at most 20 spans a second, $35.09 a month',
    now: () => clock.now,
    say: (line) => said.push(line),
  });
  /** 100 traces a second, of which one in ten has room. */
  const surge = (milliseconds: number) => {
    for (let i = 0; i <= milliseconds; i += 10) {
      notice.note(i % 100 === 0);
      clock.now += 10;
    }
  };
  return { clock, said, notice, surge };
}

describe('the notice of the bound of traces', () => {
  it('says after a minute what the sampler takes and what is sent, with the price', () => {
    const { said, surge } = createBench();
    surge(COUNTED - 20);
    assert.deepEqual(said, []);
    surge(100);
    assert.deepEqual(said, [
      'the bound of traces holds: the sampler takes 100 traces a second, 10 of them are sent ' +
        '(at most 20 spans a second, $35.09 a month); MONITORING_TRACE_BUDGET changes the bound',
    ]);
  });

  it('is silent for an hour, and says it again after that', () => {
    const { said, surge, clock } = createBench();
    surge(COUNTED + 100);
    surge(2 * COUNTED);
    assert.equal(said.length, 1);
    clock.now += PAUSE;
    surge(COUNTED + 100);
    assert.equal(said.length, 2);
  });

  it('says nothing of a surge that is long over', () => {
    const { said, notice, clock } = createBench();
    notice.note(false);
    clock.now += 2 * COUNTED + 1;
    notice.note(true);
    notice.note(false);
    assert.deepEqual(said, []);
  });

  it('says nothing as long as there is room for every trace', () => {
    const { said, notice, clock } = createBench();
    for (let i = 0; i < 1000; i += 1) {
      notice.note(true);
      clock.now += 1000;
    }
    assert.deepEqual(said, []);
  });
});
