import assert from 'node:assert/strict';
import { withOwnFrames } from '../../src/limits/own-frames.js';

/** Frames of an error that is made below so many functions of the application, each called by an observer or by none. */
function framesBelow(depth: number, isObserved: boolean): string[] {
  let frames: string[] = [];
  const application = (left: number): void => {
    if (left === 0) frames = (new Error('x').stack ?? '').split('\n').slice(1);
    else if (isObserved) observer(left);
    else application(left - 1);
  };
  const observer = (left: number): void => withOwnFrames(() => application(left - 1));
  application(depth);
  return frames.filter((frame) => /at application /.test(frame));
}

describe('a call of the application with frames of ours in between', () => {
  // The test runner has its own.
  const { stackTraceLimit } = Error;
  beforeEach(() => {
    Error.stackTraceLimit = 10;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it('leaves room for as many frames of the application as without', () => {
    assert.equal(framesBelow(20, false).length, 10);
    assert.ok(framesBelow(20, true).length >= 10, String(framesBelow(20, true).length));
    assert.equal(Error.stackTraceLimit, 10);
  });

  it('leaves the limit as the application sets it meanwhile', () => {
    for (const limit of [50, 0, Number.POSITIVE_INFINITY]) {
      withOwnFrames(() =>
        withOwnFrames(() => {
          Error.stackTraceLimit = limit;
        }),
      );
      assert.equal(Error.stackTraceLimit, limit);
      withOwnFrames(() => assert.equal(Error.stackTraceLimit > limit, Number.isFinite(limit) && limit > 0));
      Error.stackTraceLimit = 10;
    }
  });

  it('restores the limit when the application throws', () => {
    assert.throws(() => withOwnFrames(() => assert.fail('thrown')), /thrown/);
    assert.equal(Error.stackTraceLimit, 10);
  });
});
