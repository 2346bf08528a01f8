import assert from 'node:assert/strict';
import { isInRange } from '../../src/instrumentation/patches.js';

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
