import type { Clock } from './clock.js';
import type { Failure } from './errors.js';

/** The request had its time, or was given up. */
export class DeadlinePassed extends Error {
  get failure(): Failure {
    return { kind: 'unanswered', name: 'TimeoutError', message: this.message };
  }
}

/**
 * What `run` resolves with. Rejects with {@link DeadlinePassed} after `timeout` milliseconds, having aborted `request`, or when
 * someone else aborts it: whatever the client makes of the abort, this ends.
 */
export async function withDeadline<R>(
  clock: Clock,
  timeout: number,
  request: AbortController,
  run: () => Promise<R>,
): Promise<R> {
  let fail: (error: DeadlinePassed) => void = () => {};
  const passed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  const abandon = () => fail(new DeadlinePassed('given up before an answer came'));
  const expire = () => {
    fail(new DeadlinePassed(`no answer within ${timeout} ms`));
    request.abort();
  };
  const cancel = clock.after(timeout, expire, false);
  request.signal.addEventListener('abort', abandon, { once: true });
  try {
    return await Promise.race([passed, run()]);
  } finally {
    cancel();
    request.signal.removeEventListener('abort', abandon);
  }
}
