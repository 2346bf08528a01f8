import assert from 'node:assert/strict';
import { keeperOf, matcherOf } from '../../src/views/patterns.js';

describe('patterns of views', () => {
  for (const [patterns, name, matches] of [
    [['http.route'], 'http.route', true],
    [['http.route'], 'httpXroute', false],
    [['http.*'], 'http.route', true],
    [['http.*'], 'http', false],
    [['*'], '', true],
    [['*.a.*'], 'x.a.y', true],
    [['**a'], 'ba', true],
    [['h?'], 'ht', true],
    [['h?'], 'h', false],
    [['a+(b)[c]'], 'a+(b)[c]', true],
    [['a+(b)*'], 'aab', false],
    [['x', 'y*'], 'yes', true],
    [['Http'], 'http', false],
  ] as const) {
    it(`${JSON.stringify(patterns)} ${matches ? 'match' : 'do not match'} ${JSON.stringify(name)}`, () => {
      assert.equal(matcherOf(patterns)(name), matches);
    });
  }

  it('exclude after they include', () => {
    const isKept = keeperOf({ included: ['a.*'], excluded: ['a.b'] });
    assert.deepEqual(['a.a', 'a.b', 'b'].map(isKept), [true, false, false]);
    assert.deepEqual(['a', 'b'].map(keeperOf({ excluded: ['a'] })), [false, true]);
  });
});
