import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_TEXT, Wildcard } from '../../src/tracing/wildcard.js';

const matches = (pattern: string, text: string | undefined) => new Wildcard(pattern).matches(text);

/** Slow and plain: what the documentation says, character by character. */
function reference(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*')
    return reference(pattern.slice(1), text) || (text !== '' && reference(pattern, text.slice(1)));
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && reference(pattern.slice(1), text.slice(1));
}

describe('Wildcard', () => {
  const CASES: [pattern: string, text: string, expected: boolean][] = [
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['/pay', '/pay', true],
    ['/pay', '/pay/', false],
    ['/pay/*', '/pay/', true],
    ['/pay/*', '/pay', false],
    ['*.js', '/a/b.js', true],
    ['*.js', '/a/b.jsx', false],
    ['/a*b*c', '/axxbyyc', true],
    ['/a*b*c', '/acb', false],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['?', '', false],
    ['?', 'x', true],
    ['/v?/x', '/v1/x', true],
    ['/v?/x', '/v/x', false],
    ['*a?c*', 'zzabczz', true],
    ['*a?c', 'abcc', false],
    ['GET', 'get', true],
    ['Shop.Example', 'shop.example', true],
    ['**', 'x', true],
    ['a.c', 'abc', false],
    ['(a|b)+$', '(a|b)+$', true],
  ];
  for (const [pattern, text, expected] of CASES) {
    it(`${JSON.stringify(pattern)} ${expected ? 'matches' : 'does not match'} ${JSON.stringify(text)}`, () => {
      assert.equal(matches(pattern, text), expected);
    });
  }

  it('matches nothing that is missing but by *', () => {
    assert.equal(matches('*', undefined), true);
    for (const pattern of ['', '?', '**?', 'a', 'a*']) assert.equal(matches(pattern, undefined), false, pattern);
  });

  it('agrees with the plain definition on any pattern and text', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 10 });
    const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        assert.equal(matches(pattern, text), reference(pattern, text), `${pattern} ${text}`);
      }),
      { numRuns: 5000 },
    );
  });

  it('agrees with it on parts longer than a word of 32 bits, and on characters that are not ASCII', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '字'), minLength: 25, maxLength: 70 });
    fc.assert(
      fc.property(letters, letters, letters, fc.nat(69), (before, part, after, draw) => {
        const hole = draw % part.length;
        const open = `${part.slice(0, hole)}?${part.slice(hole + 1)}`;
        assert.equal(matches(`*${open}*`, before + part + after), true);
        assert.equal(matches(`*${open}*`, before), reference(`*${open}*`, before));
        assert.equal(matches(`${before}*${open}*${after}`, before + part + after), true);
        assert.equal(matches(`*${part}x*`, before + part + after), false);
      }),
    );
  });

  it('looks at texts of up to 16 384 characters, and lets longer ones match * alone', () => {
    const longest = 'a'.repeat(MAX_TEXT);
    assert.equal(MAX_TEXT, 16_384);
    assert.equal(matches('a*', longest), true);
    assert.equal(matches('a*', `${longest}a`), false);
    assert.equal(matches('*', `${longest}a`), true);
  });
});
