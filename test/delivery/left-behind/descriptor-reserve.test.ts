import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { DescriptorReserve, RESERVED_DESCRIPTORS } from '../../../src/delivery/left-behind/descriptor-reserve.js';

/** The lowest free descriptor, which the system gives next. */
function nextDescriptor(): number {
  const descriptor = openSync(devNull, 'r');
  closeSync(descriptor);
  return descriptor;
}

describe('the reserve of descriptors', () => {
  it('is free while it is lent, and held before and after, whatever the work throws', () => {
    const reserve = new DescriptorReserve();
    const before = nextDescriptor();
    reserve.hold();
    reserve.hold();
    const held = nextDescriptor();
    assert.ok(held >= before + RESERVED_DESCRIPTORS, `${before} ${held}`);
    assert.equal(reserve.lend(nextDescriptor), before);
    assert.equal(nextDescriptor(), held);
    assert.throws(() =>
      reserve.lend(() => {
        throw new Error('full');
      }),
    );
    assert.equal(nextDescriptor(), held);
    reserve.release();
    assert.equal(nextDescriptor(), before);
  });
});
