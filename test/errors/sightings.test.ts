import assert from 'node:assert/strict';
import { Sightings } from '../../src/errors/sightings.js';

/** Sightings whose timers are run by hand, and one error after the other. */
function createSightings() {
  const timers: { ms: number; callback: () => void }[] = [];
  const sightings = new Sightings((ms, callback) => void timers.push({ ms, callback }));
  const see = (error: Error) => {
    const known = { key: error.message, suppressedIn: undefined, isDropped: false, always: false };
    const sighting = { request: undefined, mechanism: 'express', at: 0, ...known };
    sightings.add(error, sighting);
    return sighting;
  };
  /** As a logger serialises it. */
  const findCopy = ({ message, stack }: Error, now = 0) =>
    sightings.find({ type: 'Error', message, stack }, undefined, 'pino', now);
  return { timers, see, findCopy };
}

describe('sightings of copies', () => {
  it('find the error by its stack among the last 32, within a second', () => {
    const { see, findCopy } = createSightings();
    const errors = Array.from({ length: 33 }, (_none, index) => new Error(`e${index}`));
    const sighted = errors.map(see);
    const found = errors.map((error) => findCopy(error));
    assert.deepEqual([found[0], found[1], found[32]], [undefined, sighted[1], sighted[32]]);
    const last = errors[32] ?? new Error('none');
    assert.equal(findCopy(last, 999), sighted[32]);
    assert.equal(findCopy(last, 1000), undefined);
  });

  it('let go of the errors once a second has passed without another', () => {
    const { timers, see, findCopy } = createSightings();
    const [first, second] = [new Error('first'), new Error('second')];
    see(first);
    see(second);
    assert.deepEqual(
      timers.map(({ ms }) => ms),
      [1000],
    );
    timers.shift()?.callback();
    assert.equal(findCopy(second)?.key, 'second');
    timers.shift()?.callback();
    assert.equal(findCopy(second), undefined);
    assert.equal(timers.length, 0);
    const third = see(new Error('third'));
    assert.equal(timers.length, 1);
    assert.equal(third.key, 'third');
  });

  it('keep those of the last second however many came in it', () => {
    const { timers, see, findCopy } = createSightings();
    const errors = Array.from({ length: 33 }, (_none, index) => new Error(`e${index}`));
    errors.forEach(see);
    timers.shift()?.callback();
    assert.equal(findCopy(errors[32] ?? new Error('none'))?.key, 'e32');
  });
});
