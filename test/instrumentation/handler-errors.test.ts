import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { reportErrors } from '../../src/instrumentation/frameworks/handler-errors.js';

function recorded(): { report: (req: unknown, error: unknown) => void; errors: unknown[] } {
  const errors: unknown[] = [];
  const hooks = { route: () => undefined, error: (_req: IncomingMessage, error: unknown) => void errors.push(error) };
  return { report: reportErrors(hooks, 'x'), errors };
}

describe('the errors of handlers', () => {
  it('are passed on once for a request, however many handlers see them', () => {
    const { report, errors } = recorded();
    const [one, two, error] = [{}, {}, new Error('x')];
    report(one, error);
    report(one, error);
    report(two, error);
    report(one, 'text');
    assert.deepEqual(errors, [error, error, 'text']);
  });

  it('are passed on where they throw when they are looked at', () => {
    const { report, errors } = recorded();
    const trap = (): never => {
      throw new Error('looked at');
    };
    const [getters, inner] = [new Error('x'), Object.defineProperty({}, 'statusCode', { get: trap })];
    for (const key of ['status', 'statusCode', 'output']) Object.defineProperty(getters, key, { get: trap });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const hostile = [getters, { output: inner }, new Proxy({}, { get: trap }), revoked.proxy];
    for (const error of hostile) report({}, error);
    // Compared one by one: a deep comparison would look at them.
    assert.equal(errors.length, hostile.length);
    for (const [index, error] of hostile.entries()) assert.ok(errors[index] === error);
  });

  it('are passed on whatever was thrown, undefined too', () => {
    const { report, errors } = recorded();
    report({}, undefined);
    report({}, null);
    report({}, 0);
    assert.deepEqual(errors, [undefined, null, 0]);
  });

  it('are not passed on without a request', () => {
    const { report, errors } = recorded();
    report(undefined, new Error('x'));
    report(null, new Error('x'));
    assert.deepEqual(errors, []);
  });

  it('are passed on whatever status they name: the answer decides', () => {
    const { report, errors } = recorded();
    for (const status of [399, 400, 499, 500]) {
      report({}, { status });
      report({}, { statusCode: status });
      report({}, { isBoom: true, output: { statusCode: status } });
    }
    assert.equal(errors.length, 12);
  });
});
