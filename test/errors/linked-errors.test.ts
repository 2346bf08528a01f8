import assert from 'node:assert/strict';
import { causeChain, linkedErrors, MAX_DEPTH, MAX_LINKED, MAX_WIDTH } from '../../src/errors/linked-errors.js';

function chain(length: number): Error {
  let error = new Error('deepest');
  for (let index = 0; index < length; index++) error = new Error(`level ${index}`, { cause: error });
  return error;
}

describe('linked errors', () => {
  it('follow causes and members, breadth first', () => {
    const inner = new Error('inner');
    const error = new AggregateError([new Error('one', { cause: inner }), 'two'], 'all', { cause: new Error('why') });
    const { linked, truncated } = linkedErrors(error);
    assert.deepEqual(
      linked.map((entry) => entry.path),
      ['cause', 'errors[0]', 'errors[1]', 'errors[0].cause'],
    );
    assert.equal(linked.at(-1)?.error, inner);
    assert.equal(truncated, false);
  });

  it('go five levels deep and say when there was more', () => {
    assert.equal(linkedErrors(chain(MAX_DEPTH)).linked.length, MAX_DEPTH);
    assert.equal(linkedErrors(chain(MAX_DEPTH)).truncated, false);
    assert.equal(linkedErrors(chain(MAX_DEPTH + 1)).linked.length, MAX_DEPTH);
    assert.equal(linkedErrors(chain(MAX_DEPTH + 1)).truncated, true);
  });

  it('take five members of an AggregateError and say when there were more', () => {
    const members = (count: number): AggregateError =>
      new AggregateError(Array.from({ length: count }, () => new Error('m')));
    assert.deepEqual(
      [linkedErrors(members(MAX_WIDTH)).linked.length, linkedErrors(members(MAX_WIDTH)).truncated],
      [5, false],
    );
    assert.deepEqual(
      [linkedErrors(members(MAX_WIDTH + 1)).linked.length, linkedErrors(members(MAX_WIDTH + 1)).truncated],
      [5, true],
    );
  });

  it('are ten at the most', () => {
    const pair = (): AggregateError => new AggregateError([new Error('x'), new Error('y'), new Error('z')]);
    const { linked, truncated } = linkedErrors(new AggregateError([pair(), pair(), pair()]));
    assert.deepEqual([linked.length, truncated], [MAX_LINKED, true]);
  });

  it('end where errors refer back', () => {
    const one: Error & { cause?: unknown } = new Error('one');
    const two = new Error('two', { cause: one });
    one.cause = two;
    assert.deepEqual(
      linkedErrors(one).linked.map((entry) => entry.error),
      [two],
    );
    assert.deepEqual(causeChain(one), [one, two]);
  });

  it('survive hostile members', () => {
    const error = new AggregateError([1]);
    const errors = new Proxy([1, 2], {
      get(target, key) {
        if (key === '0') throw new Error('no');
        return Reflect.get(target, key);
      },
    });
    Object.defineProperty(error, 'errors', { value: errors });
    Object.defineProperty(error, 'cause', {
      get() {
        throw new Error('no');
      },
    });
    assert.deepEqual(linkedErrors(error).linked, [
      { path: 'errors[0]', error: undefined },
      { path: 'errors[1]', error: 2 },
    ]);
  });
});
