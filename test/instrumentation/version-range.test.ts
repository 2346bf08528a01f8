import assert from 'node:assert/strict';
import { isBeyond, isInRange } from '../../src/instrumentation/version-range.js';

describe('a version of a covered library', () => {
  const cases: [version: string | undefined, ranges: string[], beyond: boolean][] = [
    ['6.99.9', ['>=4.19.0 <7'], false],
    ['7.0.0', ['>=4.19.0 <7'], true],
    ['7.0.0-beta.1', ['>=4.19.0 <7'], true],
    ['2.0.9', ['>=1 <2.1.0'], false],
    ['2.1.0', ['>=1 <2.1.0'], true],
    ['1.0.0', ['>=4.19.0 <7'], false],
    ['3.99.0', ['^3.1.0'], false],
    ['4.0.0', ['^3.1.0'], true],
    ['2.9.0', ['2'], false],
    ['3.0.0', ['2'], true],
    ['6.0.0', ['^1.0.0', '^5.0.0'], true],
    ['5.1.0', ['^1.0.0', '^5.0.0'], false],
    // A gap between ranges is no newer version.
    ['3.0.0', ['^1.0.0', '^5.0.0'], false],
    ['99.0.0', ['>=2.0.0'], false],
    ['99.0.0', ['*'], false],
    ['99.0.0', ['<3', '>=3.0.0'], false],
    [undefined, ['<3'], false],
    ['1.0.0', [], false],
  ];
  for (const [version, ranges, beyond] of cases) {
    it(`${version} is ${beyond ? '' : 'not '}beyond ${ranges.join(' || ') || 'no range'}`, () => {
      assert.equal(isBeyond(version, ranges), beyond);
    });
  }
});

describe('the range of versions that a patch is made for', () => {
  for (const [version, isIn] of [
    ['4.5.9', false],
    ['4.6.0', true],
    ['4.6.1', true],
    ['4.10.0', true],
    ['5.0.0', true],
    ['5.99.3', true],
    ['6.0.0', false],
    ['6.0.0-rc.1', false],
    ['3.9.9', false],
    ['10.0.0', false],
    ['unknown', true],
  ] as const) {
    it(`${isIn ? 'has' : 'does not have'} ${version} from 4.6.0 to before 6`, () => {
      assert.equal(isInRange('>=4.6.0 <6', version), isIn);
    });
  }

  it('is not read where it has another form', () => {
    assert.equal(isInRange('^1.2.3', '0.0.1'), true);
  });
});
