import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRedactor, REDACTED } from '../../src/redaction/redactor.js';
import { SEEDS } from './secrets.js';

const { copy } = createRedactor();

function leaves(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, held) => sum + leaves(held), 0);
}

describe('copying data', () => {
  it('redacts by key, whatever the value is', () => {
    assert.deepEqual(copy({ password: { a: 1 }, pin: 1234, token: ['x'], user: 'anna' }), {
      password: REDACTED,
      pin: REDACTED,
      token: REDACTED,
      user: 'anna',
    });
  });

  it('leaves what is no secret under such keys', () => {
    assert.deepEqual(copy({ password: null, token: true, max_tokens: 100 }), {
      password: null,
      token: true,
      max_tokens: 100,
    });
  });

  it('redacts raw header lists, header pairs and named values', () => {
    assert.deepEqual(copy(['Host', 'a', 'Authorization', 'opaque']), ['Host', 'a', 'Authorization', REDACTED]);
    assert.deepEqual(copy([['Cookie', 'a=b']]), [['Cookie', REDACTED]]);
    assert.deepEqual(copy({ name: 'password', value: 'hunter2' }), { name: 'password', value: REDACTED });
    assert.deepEqual(
      copy(
        new Map([
          ['api_key', 'x'],
          ['a', 'y'],
        ]),
      ),
      { api_key: REDACTED, a: 'y' },
    );
  });

  for (const { name, secret, text } of SEEDS) {
    it(`redacts ${name} in values and keys`, () => {
      const copied = JSON.stringify(copy({ note: text, deep: [{ list: [text] }], [text]: 1, error: new Error(text) }));
      assert.equal(copied.includes(secret), false, copied);
    });
  }

  it('tells dates, addresses, buffers, errors and functions in a word', () => {
    assert.deepEqual(
      copy({
        date: new Date(0),
        url: new URL('https://u:p@h/a'),
        bytes: Buffer.from('abc'),
        error: new TypeError('x'),
        call: () => 1,
        big: 10n,
        nan: Number.NaN,
        missing: undefined,
        set: new Set([1]),
        expression: /a/g,
      }),
      {
        date: '1970-01-01T00:00:00.000Z',
        url: `https://${REDACTED}@h/a`,
        bytes: '[3 bytes]',
        error: 'TypeError: x',
        call: '[function]',
        big: '10',
        nan: 'NaN',
        set: [1],
        expression: '/a/g',
      },
    );
  });

  it('runs no getter and no trap', () => {
    let ran = false;
    const source = {
      get danger() {
        ran = true;
        return 1;
      },
      proxy: new Proxy(
        {},
        {
          ownKeys: () => {
            ran = true;
            return [];
          },
        },
      ),
    };
    assert.deepEqual(copy(source), { danger: '[getter]', proxy: '[proxy]' });
    assert.equal(ran, false);
  });

  it('ends where objects refer back', () => {
    const loop: Record<string, unknown> = { a: 1 };
    loop.self = loop;
    assert.deepEqual(copy(loop), { a: 1, self: '[circular]' });
    const shared = { x: 1 };
    assert.deepEqual(copy([shared, shared]), [{ x: 1 }, { x: 1 }]);
  });

  it('goes five levels deep', () => {
    assert.deepEqual(copy({ a: { b: { c: { d: { e: 1 } } } } }), { a: { b: { c: { d: { e: 1 } } } } });
    assert.deepEqual(copy({ a: { b: { c: { d: { e: { f: 1 } } } } } }), { a: { b: { c: { d: { e: '[…]' } } } } });
  });

  it('takes 30 entries and says how many more there were', () => {
    assert.equal((copy(Array.from({ length: 30 }, () => 1)) as unknown[]).length, 30);
    assert.equal((copy(Array.from({ length: 31 }, () => 1)) as unknown[]).at(-1), '[1 more]');
  });

  it('holds 0 for -0, as JSON does', () => {
    assert.deepEqual(copy({ a: -0, b: [-0] }), { a: 0, b: [0] });
  });

  it('is bounded and plain, whatever comes', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
      maxDepth: 8,
      maxKeys: 60,
    });
    fc.assert(
      fc.property(anything, (value) => {
        const copied = copy(value);
        assert.ok(leaves(copied) <= 60);
        assert.deepEqual(JSON.parse(JSON.stringify(copied)), copied);
      }),
      { numRuns: 300 },
    );
  });
});
