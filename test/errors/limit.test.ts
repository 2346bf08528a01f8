import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ErrorLimiter, EVENTS_PER_MINUTE, MAX_SUMMARIES, TOTAL_EVENTS_PER_MINUTE } from '../../src/errors/limit.js';

function createLimiter(options: { perMinute?: number; totalPerMinute?: number; maxKinds?: number } = {}) {
  const clock = { now: 1_000_000 };
  const limiter = new ErrorLimiter<string>({ now: () => clock.now, ...options });
  const admit = (key: string): number | undefined => limiter.admit(key, () => `sample of ${key}`);
  return { limiter, clock, admit };
}

describe('limiting events', () => {
  it('admits ten of a kind at once and refuses the eleventh', () => {
    const { admit } = createLimiter();
    for (let index = 0; index < EVENTS_PER_MINUTE; index++) assert.equal(admit('a'), 0);
    assert.equal(admit('a'), undefined);
  });

  it('admits one more after six seconds, not before, and tells how many it refused', () => {
    const { admit, clock } = createLimiter();
    for (let index = 0; index < EVENTS_PER_MINUTE + 3; index++) admit('a');
    clock.now += 5_999;
    assert.equal(admit('a'), undefined);
    clock.now += 1;
    assert.equal(admit('a'), 4);
    assert.equal(admit('a'), undefined);
  });

  it('admits a full minute of a kind again after a quiet minute', () => {
    const { admit, clock } = createLimiter();
    for (let index = 0; index < 50; index++) admit('a');
    clock.now += 60_000;
    assert.equal(Array.from({ length: 20 }, () => admit('a')).filter((admitted) => admitted !== undefined).length, 10);
  });

  it('limits kinds apart', () => {
    const { admit } = createLimiter();
    for (let index = 0; index < 20; index++) admit('a');
    assert.equal(admit('b'), 0);
  });

  it('limits all kinds together', () => {
    const { admit } = createLimiter();
    for (let index = 0; index < TOTAL_EVENTS_PER_MINUTE; index++) assert.equal(admit(`kind ${index}`), 0);
    assert.equal(admit('one more'), undefined);
  });

  it('spends nothing of a kind on what the total refuses', () => {
    const { admit, clock } = createLimiter({ perMinute: 1, totalPerMinute: 60 });
    for (let index = 0; index < 60; index++) admit(`kind ${index}`);
    assert.equal(admit('a'), undefined);
    clock.now += 1_000;
    assert.equal(admit('a'), 1);
  });

  it('goes on when the clock goes back', () => {
    const { admit, clock } = createLimiter({ perMinute: 1 });
    admit('a');
    clock.now -= 3_600_000;
    assert.equal(admit('a'), 0);
    assert.equal(admit('a'), undefined);
  });

  it('tells what was refused once, with a sample and its beginning', () => {
    const { limiter, admit, clock } = createLimiter({ perMinute: 1 });
    admit('a');
    clock.now += 10;
    admit('a');
    clock.now += 10;
    admit('a');
    assert.deepEqual(limiter.drain(), [{ sample: 'sample of a', suppressed: 2, since: 1_000_010 }]);
    assert.deepEqual(limiter.drain(), []);
  });

  it('names twenty kinds and adds up the rest', () => {
    const { limiter } = createLimiter();
    for (let index = 0; index <= MAX_SUMMARIES + 1; index++) limiter.count(`kind ${index}`, () => `${index}`);
    const summaries = limiter.drain();
    assert.equal(summaries.length, MAX_SUMMARIES + 1);
    assert.deepEqual(summaries.at(-1), { sample: undefined, suppressed: 2, since: 1_000_000 });
  });

  it('keeps the count of a kind it forgets', () => {
    const { limiter, admit } = createLimiter({ perMinute: 1, maxKinds: 2 });
    admit('a');
    admit('a');
    admit('b');
    admit('c');
    assert.deepEqual(limiter.drain(), [{ sample: undefined, suppressed: 1, since: 1_000_000 }]);
  });

  it('loses no occurrence: admitted, told and pending add up', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('admit' as const), key: fc.integer({ min: 0, max: 8 }) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
      fc.record({ kind: fc.constant('drain' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { limiter, admit, clock } = createLimiter({ perMinute: 2, totalPerMinute: 5, maxKinds: 4 });
        let asked = 0;
        let told = 0;
        const drain = (): void => {
          for (const summary of limiter.drain()) told += summary.suppressed;
        };
        for (const action of steps) {
          if (action.kind === 'wait') clock.now += action.ms;
          else if (action.kind === 'drain') drain();
          else {
            asked += 1;
            const before = admit(`kind ${action.key}`);
            if (before !== undefined) told += 1 + before;
          }
        }
        drain();
        assert.equal(told, asked);
      }),
    );
  });
});
