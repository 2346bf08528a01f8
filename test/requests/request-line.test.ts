import assert from 'node:assert/strict';
import { pathOf, protocolVersion, queryOf } from '../../src/requests/request-line.js';

describe('the target of a request line', () => {
  const targets: [target: string, path: string, query: string | undefined][] = [
    ['/', '/', undefined],
    ['/users/42', '/users/42', undefined],
    ['/users?id=42', '/users', 'id=42'],
    ['/users?', '/users', ''],
    ['/search?q=a?b', '/search', 'q=a?b'],
    ['//evil.test/x', '//evil.test/x', undefined],
    ['http://gateway.test/a/b?c=1', '/a/b', 'c=1'],
    ['*', '*', undefined],
    ['', '', undefined],
  ];
  for (const [target, path, query] of targets) {
    it(`is path and query: ${JSON.stringify(target)}`, () => {
      assert.deepEqual([pathOf(target), queryOf(target)], [path, query]);
    });
  }
});

describe('protocolVersion', () => {
  it('has no minor version from 2 on', () => {
    assert.deepEqual(['1.0', '1.1', '2.0'].map(protocolVersion), ['1.0', '1.1', '2']);
  });
});
