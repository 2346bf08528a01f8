import assert from 'node:assert/strict';
import type { LogRecord } from '@opentelemetry/api';
import { MAX_HELD, MAX_WAIT } from '../../src/errors/held-events.js';
import { type Bench, createBench, createRequest } from './reporter-fixture.js';

const HANDLED = { mechanism: 'express', handled: true };

/** A bench whose timers run when its clock is moved. */
function createWaitingBench(): Bench & { pass(ms: number): void; messages(): unknown[] } {
  const timers: { at: number; callback: () => void }[] = [];
  const bench: Bench = createBench({
    limits: { perMinute: 1000, totalPerMinute: 1000 },
    after: (ms, callback) => timers.push({ at: bench.clock.now + ms, callback }),
  });
  return {
    ...bench,
    messages: () => bench.records.map((record) => record.body),
    pass(ms) {
      bench.clock.now += ms;
      for (const timer of timers.splice(0)) timer.at <= bench.clock.now ? timer.callback() : timers.push(timer);
    },
  };
}

const statusOf = (record: LogRecord | undefined): unknown => record?.attributes?.['http.response.status_code'];

describe('an error that the application deals with in a request', () => {
  it('is told with the status of the answer, its route and the time at which it happened', () => {
    const { reporter, records, clock } = createWaitingBench();
    const request = { ...createRequest({ route: undefined }), statusCode: undefined as number | undefined };
    const at = clock.now;
    assert.equal(reporter.capture(new Error('x'), { ...HANDLED, request }), true);
    assert.equal(records.length, 0);
    clock.now += 20;
    Object.assign(request, { statusCode: 503, route: '/late/:id' });
    reporter.answered(request);
    assert.equal(records.length, 1);
    assert.equal(statusOf(records[0]), 503);
    assert.equal(records[0]?.attributes?.['http.route'], '/late/:id');
    assert.equal(records[0]?.timestamp, at);
    reporter.answered(request);
    reporter.releaseHeld();
    assert.equal(records.length, 1);
  });

  it(`waits ${MAX_WAIT} ms for an answer and no longer`, () => {
    const { reporter, records, pass } = createWaitingBench();
    reporter.capture(Object.assign(new Error('x'), { status: 503 }), { ...HANDLED, request: createRequest() });
    pass(MAX_WAIT - 1);
    assert.equal(records.length, 0);
    pass(1);
    assert.equal(records.length, 1);
    assert.equal(statusOf(records[0]), 503, 'the one that the error asks for');
  });

  it('waits its own time, whatever came before it', () => {
    const { reporter, messages, pass } = createWaitingBench();
    reporter.capture(new Error('first'), { ...HANDLED, request: createRequest() });
    pass(300);
    reporter.capture(new Error('second'), { ...HANDLED, request: createRequest() });
    pass(MAX_WAIT - 300);
    assert.deepEqual(messages(), ['first']);
    pass(299);
    assert.deepEqual(messages(), ['first']);
    pass(1);
    assert.deepEqual(messages(), ['first', 'second']);
  });

  it('is not held for ever when the clock goes back', () => {
    const { reporter, records, clock, pass } = createWaitingBench();
    reporter.capture(new Error('x'), { ...HANDLED, request: createRequest() });
    const after = clock.now + MAX_WAIT;
    clock.now -= 3_600_000;
    pass(after - clock.now);
    assert.equal(records.length, 1);
  });

  it('goes out with its own request only', () => {
    const { reporter, messages } = createWaitingBench();
    const [one, other] = [createRequest(), createRequest()];
    reporter.capture(new Error('one'), { ...HANDLED, request: one });
    reporter.capture(new Error('other'), { ...HANDLED, request: other });
    reporter.answered(other);
    assert.deepEqual(messages(), ['other']);
    reporter.answered(one);
    assert.deepEqual(messages(), ['other', 'one']);
  });

  it('does not wait when the answer is known, when nothing deals with it, and outside of requests', () => {
    const { reporter, messages } = createWaitingBench();
    reporter.capture(new Error('answered'), { ...HANDLED, request: createRequest({ statusCode: 500 }) });
    reporter.capture(new Error('rejected'), {
      mechanism: 'unhandledRejection',
      handled: false,
      request: createRequest(),
    });
    reporter.capture(new Error('elsewhere'), HANDLED);
    assert.deepEqual(messages(), ['answered', 'rejected', 'elsewhere']);
  });

  it('is told before the error of which the process dies, and that one at once', () => {
    const { reporter, records, messages } = createWaitingBench();
    const request = createRequest();
    reporter.capture(new Error('handled'), { ...HANDLED, request });
    reporter.capture(new Error('fatal'), { mechanism: 'uncaughtException', handled: false, dying: true, request });
    assert.deepEqual(messages(), ['handled', 'fatal']);
    assert.deepEqual(
      records.map(({ severityText }) => severityText),
      ['ERROR', 'FATAL'],
    );
  });

  it('is told, and then that the process dies of it, when it turns out to be fatal', () => {
    const { reporter, records } = createWaitingBench();
    const [error, request] = [new Error('x'), createRequest()];
    reporter.capture(error, { ...HANDLED, request });
    reporter.capture(error, { mechanism: 'uncaughtException', handled: false, dying: true, request });
    assert.deepEqual(
      records.map(({ eventName }) => eventName),
      ['exception', 'process.fatal'],
    );
  });

  it(`waits with ${MAX_HELD} others at most`, () => {
    const { reporter, records } = createWaitingBench();
    for (let index = 0; index < MAX_HELD; index++) {
      reporter.capture(new Error('x'), { ...HANDLED, request: createRequest() });
    }
    assert.equal(records.length, 0);
    reporter.capture(new Error('one more'), { ...HANDLED, request: createRequest() });
    assert.equal(records.length, MAX_HELD);
    reporter.releaseHeld();
    assert.equal(records.length, MAX_HELD + 1);
  });
});
