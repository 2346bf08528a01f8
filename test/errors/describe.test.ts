import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe as describeError, Occurrence } from '../../src/errors/describe.js';
import { isErrorLike } from '../../src/redaction/safe-read.js';

const render = (): string => '(rendered)';

class PaymentError extends Error {}

describe('describing what was thrown', () => {
  const cases: [string, unknown, { type: string; message: string; code?: string }][] = [
    ['an error', new TypeError('x is undefined'), { type: 'TypeError', message: 'x is undefined' }],
    ['a subclass that sets no name', new PaymentError('declined'), { type: 'PaymentError', message: 'declined' }],
    ['a name of its own', Object.assign(new Error('m'), { name: 'Custom' }), { type: 'Custom', message: 'm' }],
    [
      'a string code',
      Object.assign(new Error('m'), { code: 'ECONNREFUSED' }),
      { type: 'Error', message: 'm', code: 'ECONNREFUSED' },
    ],
    ['a numeric code', Object.assign(new Error('m'), { code: 42 }), { type: 'Error', message: 'm', code: '42' }],
    ['an error of another realm', runInNewContext('new RangeError("far")'), { type: 'RangeError', message: 'far' }],
    ['undefined', undefined, { type: 'undefined', message: 'undefined' }],
    ['null', null, { type: 'null', message: 'null' }],
    ['a string', 'boom', { type: 'string', message: 'boom' }],
    ['a symbol', Symbol('s'), { type: 'symbol', message: 'Symbol(s)' }],
    ['a bigint', 10n, { type: 'bigint', message: '10' }],
    ['a plain object', { a: 1 }, { type: 'Object', message: '(rendered)' }],
    ['an object with a message', { message: 'no stack' }, { type: 'Object', message: 'no stack' }],
    ['an object without prototype', Object.create(null), { type: 'Object', message: '(rendered)' }],
    [
      'a serialised error',
      { type: 'TypeError', message: 'm', stack: 'TypeError: m\n    at f (/a.js:1:1)' },
      { type: 'TypeError', message: 'm' },
    ],
    [
      'an error whose message is no string',
      Object.assign(new Error(), { message: { a: 1 } }),
      { type: 'Error', message: '(rendered)' },
    ],
    ['an occurrence', new Occurrence('HTTP 503', 'unavailable'), { type: 'HTTP 503', message: 'unavailable' }],
  ];
  for (const [name, value, expected] of cases) {
    it(`tells type, message and code of ${name}`, () => {
      const { stack: _stack, code, ...rest } = describeError(value, render);
      assert.deepEqual({ ...rest, ...(code !== undefined && { code }) }, expected);
    });
  }

  it('takes an error whose getters throw', () => {
    const hostile = new Error('m');
    for (const key of ['stack', 'name', 'message', 'code', 'cause', 'constructor']) {
      Object.defineProperty(hostile, key, {
        get() {
          throw new Error('no');
        },
      });
    }
    const { type, message, stack, code } = describeError(hostile, render);
    assert.deepEqual({ type, message, stack, code }, { type: 'Error', message: '', stack: undefined, code: undefined });
  });

  it('takes a proxy whose every trap throws', () => {
    const fail = (): never => {
      throw new Error('no');
    };
    const traps = new Proxy({}, { get: () => fail });
    const hostile = new Proxy({}, traps);
    assert.equal(describeError(hostile, render).type, 'Proxy');
    assert.equal(isErrorLike(hostile), false);
  });

  it('leaves out a stack that is no string', () => {
    assert.equal(describeError(Object.assign(new Error('m'), { stack: [1] }), render).stack, undefined);
  });

  it('never throws, whatever was thrown', () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
        (value) => {
          const described = describeError(value, render);
          assert.equal(typeof described.type, 'string');
          assert.equal(typeof described.message, 'string');
        },
      ),
    );
  });
});
