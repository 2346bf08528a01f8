import assert from 'node:assert/strict';
import { createCaptureError } from '../../src/errors/capture-error.js';
import type { Captured, FailedRequest } from '../../src/errors/captured.js';
import { Occurrence } from '../../src/errors/describe.js';
import { MAX_WAIT } from '../../src/errors/held-events.js';
import { captureLogRecord } from '../../src/errors/logger-source.js';
import { isReported } from '../../src/errors/verdict.js';
import { attributesOf, createBench, createRequest } from './reporter-fixture.js';

const THROWN: Captured = { mechanism: 'express', handled: true, duringRequest: true };

/** A bench in which errors wait for answers, and a way to answer. */
function createAnswering() {
  const timers: { at: number; callback: () => void }[] = [];
  const bench = createBench({ after: (ms, callback) => timers.push({ at: bench.clock.now + ms, callback }) });
  const { reporter, records } = bench;
  return {
    ...bench,
    types: () => records.map((record) => attributesOf(record)['exception.type']),
    answer(request: FailedRequest, statusCode: number | undefined) {
      Object.assign(request, { statusCode });
      reporter.answered(request);
    },
    pass(ms: number) {
      bench.clock.now += ms;
      for (const timer of timers.splice(0)) timer.at <= bench.clock.now ? timer.callback() : timers.push(timer);
    },
  };
}

describe('the answer to a request', () => {
  const notFound = () => Object.assign(new Error('no such item'), { statusCode: 404 });
  const coded = () => Object.assign(new Error('Invalid password'), { code: 400 });
  const plain = () => new TypeError('x is not a function');
  const body = () => ({ id: 7, body: 'the answer itself' });
  const logged = () => new Occurrence('pino.error', 'cache is down');
  const cases: [string, () => unknown, Record<string, boolean>][] = [
    ['an error', plain, { 200: true, 302: true, 399: true, 400: false, 499: false, 500: true, none: true }],
    ['an error that names 4xx', notFound, { 200: true, 399: true, 400: false, 499: false, 500: true, none: false }],
    ['an error with a code', coded, { 200: true, 400: false, 500: true, none: true }],
    ['a value that is no error', body, { 200: false, 399: false, 400: false, 499: false, 500: true, none: true }],
    ['a text', () => 'boom', { 200: false, 404: false, 500: true, none: true }],
    ['a record that was logged without an error', logged, { 200: true, 400: false, 500: true, none: true }],
  ];
  for (const [name, make, verdicts] of cases) {
    for (const [status, reported] of Object.entries(verdicts)) {
      it(`${status} makes ${reported ? 'an event' : 'no event'} of ${name}`, () => {
        const { reporter, records, answer } = createAnswering();
        const request = createRequest();
        reporter.capture(make(), { ...THROWN, request });
        assert.equal(records.length, 0, 'the error waits');
        answer(request, status === 'none' ? undefined : Number(status));
        assert.equal(records.length, reported ? 1 : 0);
        if (reported) assert.equal(attributesOf(records[0])['error.handled'], true);
      });
    }
  }

  it('decides in the same way about what a logger was given', () => {
    const { reporter, types, answer, current } = createAnswering();
    for (const [statusCode, error] of [
      [404, notFound()],
      [429, Object.assign(new Error('slow down'), { status: 429 })],
      [400, coded()],
      [500, notFound()],
      [200, plain()],
    ] as const) {
      const request = createRequest();
      current.request = request;
      captureLogRecord(reporter, { logger: 'pino', level: 50, message: 'failed', fields: { err: error } });
      answer(request, statusCode);
    }
    assert.deepEqual(types(), ['Error', 'TypeError']);
  });

  it('does not decide about what the application reports itself', () => {
    const { reporter, records, answer, current } = createAnswering();
    const captureError = createCaptureError(reporter);
    for (const status of [200, 404, 500]) {
      const request = createRequest();
      current.request = request;
      captureError({ no: 'error' });
      answer(request, status);
    }
    assert.equal(records.length, 3);
  });

  it('does not decide about an error that the application reports itself after a logger was given it', () => {
    for (const isAnswered of [false, true]) {
      const { reporter, records, answer, current } = createAnswering();
      const [request, error] = [createRequest(), notFound()];
      current.request = request;
      captureLogRecord(reporter, { logger: 'pino', level: 50, message: 'failed', error });
      if (isAnswered) answer(request, 404);
      createCaptureError(reporter)(error);
      answer(request, 404);
      assert.equal(records.length, 1);
    }
  });

  it('makes a failure of any error when it broke off, whatever its status', () => {
    const { reporter, records, answer } = createAnswering();
    const request = createRequest({ failure: new Error('source failed') });
    reporter.capture({ status: 404 }, { ...THROWN, request });
    answer(request, 200);
    assert.equal(records.length, 1);
  });

  it(`is waited for longer than ${MAX_WAIT} ms where only the answer can tell a failure`, () => {
    const { reporter, records, pass, answer } = createAnswering();
    const [late, early] = [createRequest(), createRequest()];
    reporter.capture(notFound(), { ...THROWN, request: late });
    reporter.capture(plain(), { ...THROWN, request: early });
    pass(MAX_WAIT);
    assert.equal(records.length, 1);
    pass(60_000);
    answer(late, 500);
    assert.equal(records.length, 2);
    assert.equal(attributesOf(records[1])['http.response.status_code'], 500);
  });

  it('decides for each request anew about one error object', () => {
    const { reporter, records, answer } = createAnswering();
    const error = notFound();
    for (const status of [404, 404, 500, 500, 404]) {
      const request = createRequest();
      reporter.capture(error, { ...THROWN, request });
      answer(request, status);
    }
    assert.equal(records.length, 1);
    assert.equal(reporter.flushSummaries(), 1);
    assert.equal(attributesOf(records[1])['error.suppressed'], 1);
  });

  it('that is none of a failure leaves room for others of its kind', () => {
    const { reporter, records, answer } = createAnswering();
    const fail = (status: number) => {
      const request = createRequest();
      reporter.capture({ id: 1 }, { ...THROWN, request });
      answer(request, status);
    };
    for (let index = 0; index < 1000; index++) fail(200);
    fail(500);
    assert.equal(records.length, 1);
    assert.equal(attributesOf(records[0])['error.suppressed'], undefined);
  });

  it('does not keep back an error of which the process dies after it made none of it', () => {
    const { reporter, records, answer } = createAnswering();
    const [request, error] = [createRequest(), notFound()];
    reporter.capture(error, { ...THROWN, request });
    answer(request, 404);
    reporter.capture(error, { mechanism: 'uncaughtException', handled: false, dying: true });
    assert.deepEqual(
      records.map(({ eventName, severityText }) => [eventName, severityText]),
      [['exception', 'FATAL']],
    );
  });

  it('is not asked for what nothing dealt with, nor outside of requests', () => {
    const unhandled = { mechanism: 'unhandledRejection', handled: false };
    assert.equal(isReported(notFound(), unhandled, createRequest({ statusCode: 404 })), true);
    assert.equal(isReported(notFound(), { mechanism: 'pino', handled: true }, undefined), true);
    assert.equal(isReported(notFound(), THROWN, undefined), false, 'of a request without a record');
  });
});

describe('errors of requests without a route', () => {
  const throwFor = (slug: string): Error => new Error(`no article ${slug}`);
  const throwElsewhere = (slug: string): Error => new Error(`no article ${slug}`);
  const fingerprints = (make: (slug: string) => unknown, route: string | undefined) => {
    const { reporter, records } = createBench();
    for (const slug of ['first', 'second', 'third']) {
      reporter.capture(make(slug), { ...THROWN, request: createRequest({ route, statusCode: 500 }) });
    }
    return new Set(records.map((record) => attributesOf(record)['error.fingerprint']));
  };

  it('are one kind by their type and their top frames', () => {
    assert.equal(fingerprints(throwFor, undefined).size, 1);
    assert.notDeepEqual(fingerprints(throwFor, undefined), fingerprints(throwElsewhere, undefined));
  });

  it('are kinds by their messages where the route is known, and where there are no frames', () => {
    assert.equal(fingerprints(throwFor, '/blog/:slug').size, 3);
    assert.equal(fingerprints((slug) => `no ${slug}`, undefined).size, 3);
  });

  it('group in a storm as well', () => {
    const { reporter, records } = createBench();
    for (let index = 0; index < 1000; index++) {
      const slug = String.fromCharCode(97 + (index % 26));
      reporter.capture(throwFor(slug), { ...THROWN, request: createRequest({ route: undefined, statusCode: 500 }) });
    }
    assert.equal(records.length, 10);
  });
});
