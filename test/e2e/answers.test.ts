import assert from 'node:assert/strict';
import { stage } from './support/aws.js';

const NO_EVENT: unknown[] = [];

describe('the answer to a request decides what was a failure', () => {
  const on = stage();

  const cases: [path: string, events: unknown[], faults: number, hasFailed: boolean][] = [
    ['/logged/404', NO_EVENT, 0, false],
    ['/logged/500', [['Error', 500]], 1, true],
    ['/logged/200', [['Error', 200]], 0, false],
    ['/captured', [['Error', 200]], 0, false],
    ['/invalid-password', NO_EVENT, 0, false],
    ['/value', NO_EVENT, 0, false],
    ['/dependency', [['Error', 500]], 1, true],
    ['/coded', NO_EVENT, 0, false],
    ['/recovered', [['Error', 200]], 0, false],
    ['/streamed', [['RangeError', 200]], 1, true],
  ];

  it('for its event, the fault and the span alike', async () => {
    const app = on.start('answers.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }) });
    const url = await app.url();
    for (const [path] of cases) {
      const response = await fetch(url + path);
      await response.text().catch(() => undefined);
    }
    app.kill('SIGTERM');
    await app.ended();
    const [errors, spans] = [await on.aws.errors(), await on.aws.spans()];
    const requests = await on.aws.requests();
    const isFault = (path: string) =>
      Object.entries(requests).some(([route, { faults }]) => faults > 0 && route === `GET ${path}`);
    for (const [path, events, faults, hasFailed] of cases) {
      const told = errors
        .filter(({ attributes }) => attributes.url?.path === path)
        .map(({ attributes }) => [
          attributes.exception.type,
          (attributes.http as { response?: { status_code: number } } | undefined)?.response?.status_code,
        ]);
      assert.deepEqual(told, events, path);
      if (!path.startsWith('/logged')) assert.equal(isFault(path), faults === 1, path);
      const span = spans.find(({ attributes }) => attributes['url.path'] === path);
      assert.ok(span, path);
      assert.equal((span as unknown as { status: { code: number } }).status.code === 2, hasFailed, path);
      if (events !== NO_EVENT)
        assert.ok(
          span.events.some(({ name }) => name === 'exception'),
          path,
        );
    }
    assert.equal(requests['GET /logged/:status']?.faults, 1);
    // Frames of ours lie between Node's server and the application.
    assert.doesNotMatch(JSON.stringify([errors, spans]), /preload\.cjs|withOwnFrames/);
  });
});
