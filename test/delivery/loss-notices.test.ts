import assert from 'node:assert/strict';
import { FIRST_AFTER, LossNotices, REPEAT_AFTER } from '../../src/delivery/loss-notices.js';
import { Ledger } from '../../src/wire/ledger.js';
import { FakeClock } from '../exporters/aws/fake-clock.js';

describe('the lines about losses', () => {
  function setUp() {
    const lines: string[] = [];
    const clock = new FakeClock();
    const ledger = new Ledger('worker');
    return { lines, clock, ledger, losses: new LossNotices(ledger, (line) => lines.push(line), clock) };
  }

  it('are one for each signal and reason, with all that was lost by then', async () => {
    const { lines, clock, losses } = setUp();
    losses.lose('traces', 'overflow', 512);
    losses.lose('traces', 'overflow', 488);
    losses.lose('logs', 'expired');
    await clock.advance(FIRST_AFTER - 1);
    assert.deepEqual(lines, []);
    await clock.advance(1);
    assert.deepEqual(lines, ['lost since the start: 1000 spans (overflow)', 'lost since the start: 1 error (expired)']);
    assert.equal(clock.pending, 0, 'no timer where nothing more is lost');
  });

  it('come once a minute at most, with the running total', async () => {
    const { lines, clock, losses } = setUp();
    losses.lose('traces', 'overflow', 10);
    await clock.advance(FIRST_AFTER);
    for (let lost = 0; lost < 5; lost++) losses.lose('traces', 'overflow', 10);
    await clock.advance(REPEAT_AFTER - 1);
    assert.equal(lines.length, 1);
    await clock.advance(1);
    assert.deepEqual(lines.slice(1), ['lost since the start: 60 spans (overflow)']);
  });

  it('tell what a worker before this one has lost as well', async () => {
    const { lines, clock, ledger, losses } = setUp();
    new Ledger('application', ledger.buffer).lost('traces', 'no_worker', 5);
    losses.lose('traces', 'no_worker', 1);
    await clock.advance(FIRST_AFTER);
    assert.deepEqual(lines, ['lost since the start: 6 spans (no_worker)']);
  });

  it('are none for nothing', async () => {
    const { lines, clock, losses } = setUp();
    losses.lose('traces', 'overflow', 0);
    assert.equal(clock.pending, 0);
    await clock.advance(FIRST_AFTER);
    assert.deepEqual(lines, []);
  });
});
