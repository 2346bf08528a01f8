import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe as describeError } from '../../src/errors/describe.js';
import { linkedErrors } from '../../src/errors/linked-errors.js';
import { fromThreadError, isThreadError, toThreadError } from '../../src/errors/thread-errors.js';

const render = () => '';

/** As it is in the other thread. */
function passed(error: unknown, context: Record<string, unknown> = {}) {
  const message: unknown = structuredClone(toThreadError(error, context));
  assert.ok(isThreadError(message));
  return { error: fromThreadError(message), context: message.context };
}

describe('errors on their way from a worker thread', () => {
  it('keep type, message, stack and code, which a clone of them would not', () => {
    class TillError extends Error {}
    const error = Object.assign(new TillError('stuck'), { code: 42 });
    const { type, message, stack, code } = describeError(passed(error).error, render);
    assert.deepEqual(
      { type, message, stack, code },
      { type: 'TillError', message: 'stuck', stack: error.stack, code: '42' },
    );
  });

  it('keep what they carry where it was', () => {
    const error = new AggregateError([new Error('a', { cause: new Error('b') }), 'text'], 'c', {
      cause: new Error('d'),
    });
    const paths = (root: unknown) =>
      linkedErrors(root).linked.map(({ path, error }) => [path, describeError(error, render).message]);
    assert.deepEqual(paths(passed(error).error), [
      ['cause', 'd'],
      ['errors[0]', 'a'],
      ['errors[1]', 'text'],
      ['errors[0].cause', 'b'],
    ]);
  });

  it('may be anything, with any context', () => {
    fc.assert(
      fc.property(fc.anything(), fc.dictionary(fc.string(), fc.anything()), (thrown, context) => {
        const { type } = describeError(thrown, render);
        assert.equal(describeError(passed(thrown, context).error, render).type, type);
      }),
    );
    const context = { print() {}, symbol: Symbol('s'), big: 10n, when: new Date(0), own: new Map([['a', 1]]) };
    assert.deepEqual(passed('x', context).context, {
      print: '[function]',
      symbol: 'Symbol(s)',
      big: '10',
      when: '1970-01-01T00:00:00.000Z',
      own: { a: 1 },
    });
  });

  it('are told from what others send', () => {
    for (const other of [undefined, 'x', {}, { errors: [] }, { errors: {}, isError: true, context: {} }])
      assert.equal(isThreadError(other), false);
  });
});
