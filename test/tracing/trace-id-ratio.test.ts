import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inRatio } from '../../src/tracing/trace-id-ratio.js';

const PREFIX = '65f0c0de0000000000';

describe('inRatio', () => {
  it('takes every trace at 1 and none at 0, whatever its id', () => {
    for (const tail of ['0'.repeat(14), 'f'.repeat(14)]) {
      assert.equal(inRatio(PREFIX + tail, 1), true);
      assert.equal(inRatio(PREFIX + tail, 0), false);
    }
  });

  it('takes nothing at a ratio that is no number', () => {
    assert.equal(inRatio(PREFIX + '0'.repeat(14), Number.NaN), false);
  });

  it('draws the line at the ratio, to the last of the 56 bits', () => {
    assert.equal(inRatio(`${PREFIX}7fffffffffffff`, 0.5), true);
    assert.equal(inRatio(`${PREFIX}80000000000000`, 0.5), false);
    const oneStep = 2 ** -56;
    assert.equal(inRatio(`${PREFIX}00000000000000`, oneStep), true);
    assert.equal(inRatio(`${PREFIX}00000000000001`, oneStep), false);
  });

  it('does not look at the time in the id', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.double({ min: 0, max: 1, noNaN: true }), (time, ratio) => {
        const tail = '1234567890123456789abcde';
        const at = (epoch: number) => inRatio(epoch.toString(16).padStart(8, '0') + tail, ratio);
        assert.equal(at(time), at(0));
      }),
    );
  });

  it('agrees with exact arithmetic on the last 56 bits', () => {
    const scale = 2n ** 56n;
    fc.assert(
      fc.property(fc.bigInt(0n, scale - 1n), fc.nat(2 ** 20), (bits, ratio) => {
        const id = PREFIX + bits.toString(16).padStart(14, '0');
        assert.equal(inRatio(id, ratio / 2 ** 20), bits < (BigInt(ratio) * scale) / 2n ** 20n);
      }),
    );
  });
});
