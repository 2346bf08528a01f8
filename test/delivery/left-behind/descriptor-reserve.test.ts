import assert from 'node:assert/strict';
import { DescriptorReserve, RESERVED_DESCRIPTORS } from '../../../src/delivery/left-behind/descriptor-reserve.js';

/** Descriptors of a process that may have `limit` of them. */
function descriptors(limit: number) {
  const open = new Set<number>();
  return {
    open,
    files: {
      open() {
        for (let descriptor = 0; descriptor < limit; descriptor++) {
          if (open.has(descriptor)) continue;
          open.add(descriptor);
          return descriptor;
        }
        throw new Error('EMFILE: too many open files');
      },
      close(descriptor: number) {
        if (!open.delete(descriptor)) throw new Error('EBADF: bad file descriptor');
      },
    },
  };
}

describe('the reserve of descriptors', () => {
  it('is free while it is lent, and held before and after, whatever the work throws', () => {
    const { open, files } = descriptors(100);
    const reserve = new DescriptorReserve(files);
    reserve.hold();
    reserve.hold();
    assert.equal(open.size, RESERVED_DESCRIPTORS);
    assert.equal(
      reserve.lend(() => open.size),
      0,
    );
    assert.equal(open.size, RESERVED_DESCRIPTORS);
    assert.throws(() =>
      reserve.lend(() => {
        throw new Error('full');
      }),
    );
    assert.equal(open.size, RESERVED_DESCRIPTORS);
    reserve.release();
    assert.equal(open.size, 0);
  });

  it('is as large as the process has descriptors left, and survives one that somebody else has closed', () => {
    const { open, files } = descriptors(RESERVED_DESCRIPTORS - 1);
    const reserve = new DescriptorReserve(files);
    reserve.hold();
    assert.equal(open.size, RESERVED_DESCRIPTORS - 1);
    open.delete(0);
    reserve.release();
    assert.equal(open.size, 0);
  });

  it('holds descriptors of the system', () => {
    const reserve = new DescriptorReserve();
    reserve.hold();
    reserve.release();
  });
});
