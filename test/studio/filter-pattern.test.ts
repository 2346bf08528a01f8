import assert from 'node:assert/strict';
import { AwsError } from '../../src/studio/aws-error.js';
import { parseFilter } from '../../src/studio/services/filter-pattern.js';

const MESSAGE = JSON.stringify({
  level: 'ERROR',
  status: 503,
  nested: { 'dotted.key': 'value', list: ['a', 'b'] },
  'flat.key': 'flat',
  ok: true,
  none: null,
});

const CASES: readonly (readonly [pattern: string, matches: boolean])[] = [
  ['', true],
  ['ERROR', true],
  ['ERROR 503', true],
  ['ERROR 404', false],
  ['"level":"ERROR"', true],
  ['-ERROR', false],
  ['?404 ?503', true],
  ['?404 ?405', false],
  ['{ $.level = "ERROR" }', true],
  ['{ $.level = ERROR }', true],
  ['{$.level="WARN"}', false],
  ['{ $.level != "WARN" }', true],
  ['{ $.level = "ERR*" }', true],
  ['{ $.level = "*ROR" }', true],
  ['{ $.level = "*RRO*" }', true],
  ['{ $.status = 503 }', true],
  ['{ $.status >= 503 }', true],
  ['{ $.status > 503 }', false],
  ['{ $.status < 504 && $.level = "ERROR" }', true],
  ['{ $.status < 500 || $.level = "ERROR" }', true],
  ['{ ($.status < 500) || ($.level = "WARN") }', false],
  ['{ $.flat.key = "flat" }', true],
  ['{ $.nested.dotted.key = "value" }', true],
  ['{ $.nested["dotted.key"] = "value" }', true],
  ['{ $.nested.list[1] = "b" }', true],
  ['{ $.missing = "x" }', false],
  ['{ $.missing NOT EXISTS }', true],
  ['{ $.none IS NULL }', true],
  ['{ $.ok IS TRUE }', true],
  ['{ $.ok IS FALSE }', false],
];

describe('Log filter patterns', () => {
  for (const [pattern, expected] of CASES) {
    it(`${pattern || '(nothing)'} ${expected ? 'matches' : 'does not match'}`, () => {
      assert.equal(parseFilter(pattern)(MESSAGE), expected);
    });
  }

  it('does not match text by a JSON condition', () => {
    assert.equal(parseFilter('{ $.level = "ERROR" }')('level = ERROR'), false);
  });

  for (const pattern of ['{ $.level }', '{ level = "x" }', '{ $.a = 1', '{ $.a = 1 && $.b = 2 || $.c = 3 }']) {
    it(`refuses ${pattern}`, () => {
      assert.throws(() => parseFilter(pattern), AwsError);
    });
  }
});
