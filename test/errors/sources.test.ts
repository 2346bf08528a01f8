import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Captured } from '../../src/errors/captured.js';
import { installConsoleSource } from '../../src/errors/console-source.js';
import { Occurrence } from '../../src/errors/describe.js';
import { errorStatus, isClientError } from '../../src/errors/http-status.js';
import { captureLogRecord } from '../../src/errors/logger-source.js';
import { captureServerFault } from '../../src/errors/server-fault.js';
import { installWorkerThreadsSource } from '../../src/errors/worker-threads-source.js';
import { createBench, createRequest } from './reporter-fixture.js';

function createRecorder() {
  const captured: { error: unknown; how: Captured }[] = [];
  const reporter = {
    capture(error: unknown, how: Captured): boolean {
      captured.push({ error, how });
      return true;
    },
  };
  return { captured, reporter };
}

describe('records of loggers', () => {
  const levels: [string | number, string | undefined][] = [
    [49, undefined],
    [50, 'error'],
    [59, 'error'],
    [60, 'fatal'],
    ['warn', undefined],
    ['info', undefined],
    ['error', 'error'],
    ['ERROR', 'error'],
    ['crit', 'fatal'],
    ['emerg', 'fatal'],
    ['fatal', 'fatal'],
  ];
  for (const [level, severity] of levels) {
    it(`of level ${level} are ${severity === undefined ? 'left alone' : `captured as ${severity}`}`, () => {
      const { captured, reporter } = createRecorder();
      assert.equal(captureLogRecord(reporter, { logger: 'pino', level, message: 'm' }), severity !== undefined);
      assert.equal(captured[0]?.how.severity, severity);
    });
  }

  it('give their error, wherever the logger keeps it', () => {
    const error = new Error('x');
    for (const record of [
      { error },
      { fields: { err: error } },
      { fields: { error } },
      { fields: { exception: error } },
    ]) {
      const { captured, reporter } = createRecorder();
      captureLogRecord(reporter, { logger: 'winston', level: 'error', message: 'while paying', ...record });
      assert.equal(captured[0]?.error, error);
      assert.deepEqual(captured[0]?.how.context, { 'log.message': 'while paying' });
    }
  });

  it('without an error are events of their own, with their fields', () => {
    const { captured, reporter } = createRecorder();
    captureLogRecord(reporter, { logger: 'bunyan', level: 50, message: 'payment failed', fields: { order: 17 } });
    assert.deepEqual(captured[0]?.error, new Occurrence('bunyan.error', 'payment failed'));
    assert.deepEqual(captured[0]?.how, {
      mechanism: 'bunyan',
      handled: true,
      severity: 'error',
      context: { order: 17 },
    });
  });

  it('at fatal level are limited as others are: a logger ends no process', () => {
    const { reporter, records } = createBench();
    for (let index = 0; index < 20; index++) captureLogRecord(reporter, { logger: 'pino', level: 60, message: 'down' });
    assert.equal(records.length, 10);
    assert.equal(records[0]?.severityText, 'FATAL');
  });

  it('with hostile fields are captured', () => {
    const fields = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    const { captured, reporter } = createRecorder();
    captureLogRecord(reporter, { logger: 'pino', level: 50, message: 'm', fields });
    assert.deepEqual(captured[0]?.how.context, { 'log.fields': '[unreadable]' });
  });
});

describe('console.error', () => {
  it('reports the first error among its arguments and writes as before', () => {
    const { captured, reporter } = createRecorder();
    const written: unknown[][] = [];
    const target = { error: (...args: unknown[]) => void written.push(args) };
    const original = target.error;
    const { uninstall } = installConsoleSource(reporter, target);
    const error = new Error('x');
    target.error('failed', error, new Error('y'));
    target.error('only text');
    uninstall();
    target.error(error);
    assert.deepEqual(
      captured.map((entry) => entry.error),
      [error],
    );
    assert.equal(written.length, 3);
    assert.equal(target.error, original);
  });

  it('stays as someone else wrapped it', () => {
    const { captured, reporter } = createRecorder();
    const target = { error: (..._args: unknown[]): void => {} };
    const { uninstall } = installConsoleSource(reporter, target);
    const ours = target.error;
    const theirs = (...args: unknown[]): void => ours(...args);
    target.error = theirs;
    uninstall();
    target.error(new Error('x'));
    assert.equal(target.error, theirs);
    assert.deepEqual(captured, []);
  });
});

describe('5xx answers', () => {
  it('without an error are reported', () => {
    const { captured, reporter } = createRecorder();
    const request = createRequest({ statusCode: 503 });
    assert.equal(captureServerFault(reporter, request), true);
    assert.deepEqual(captured[0]?.error, new Occurrence('HTTP 503', 'GET /pay/:id was answered with 503'));
    assert.equal(captured[0]?.how.request, request);
  });

  it('without a route are one kind for each method and status', () => {
    const { reporter, records } = createBench();
    const fault = (path: string, statusCode: number, method = 'GET') =>
      captureServerFault(reporter, createRequest({ route: undefined, path, statusCode, method }));
    for (const slug of ['a', 'b', 'c']) fault(`/blog/${slug}`, 500);
    fault('/blog/d', 503);
    fault('/blog/e', 500, 'POST');
    const kinds = records.map(({ attributes }) => attributes?.['error.fingerprint']);
    assert.equal(new Set(kinds.slice(0, 3)).size, 1);
    assert.equal(new Set(kinds).size, 3);
    assert.equal(records[0]?.body, 'GET /blog/a was answered with 500');
  });

  it('that broke off are told by what broke them, whatever their status', () => {
    const { captured, reporter } = createRecorder();
    const failure = new Error('source failed');
    assert.equal(captureServerFault(reporter, createRequest({ statusCode: 200, failure })), true);
    assert.equal(captured[0]?.error, failure);
  });

  it('with an error, and other answers, are not', () => {
    const { captured, reporter } = createRecorder();
    for (const request of [
      createRequest({ statusCode: 500, error: new Error('x') }),
      createRequest({ statusCode: 499 }),
      createRequest({ statusCode: undefined }),
    ]) {
      assert.equal(captureServerFault(reporter, request), false);
    }
    assert.deepEqual(captured, []);
    assert.equal(captureServerFault(reporter, createRequest({ statusCode: 500 })), true);
  });

  it('are not reported again after their error was', () => {
    const { reporter, records } = createBench({ limits: { perMinute: 1 } });
    for (let index = 0; index < 2; index++) {
      const request = createRequest({ statusCode: 500 });
      reporter.capture(new Error('x'), { mechanism: 'express', handled: false, request });
      assert.equal(captureServerFault(reporter, request), false);
    }
    assert.equal(records.length, 1);
  });
});

describe('errors that ask for a status', () => {
  const cases: [unknown, number | undefined, boolean][] = [
    [Object.assign(new Error(), { status: 404 }), 404, true],
    [Object.assign(new Error(), { statusCode: 499 }), 499, true],
    [Object.assign(new Error(), { output: { statusCode: 403 } }), 403, true],
    [Object.assign(new Error(), { status: 500 }), 500, false],
    [Object.assign(new Error(), { status: 399 }), undefined, false],
    [Object.assign(new Error(), { status: 600 }), undefined, false],
    [new Error(), undefined, false],
    ['404', undefined, false],
  ];
  for (const [error, status, client] of cases) {
    it(`are understood: ${status ?? 'none'}`, () => {
      assert.equal(errorStatus(error), status);
      assert.equal(isClientError(error), client);
    });
  }
});

describe('worker threads of the application', () => {
  const start = (code: string): Worker => new Worker(code, { eval: true });
  const exited = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once('exit', resolve));

  it('report the error that they die of, once, when the application listens', async () => {
    const { captured, reporter } = createRecorder();
    const source = installWorkerThreadsSource(reporter, () => false);
    const worker = start('throw new RangeError("in a worker")');
    const heard: unknown[] = [];
    worker.on('error', (error) => heard.push(error));
    await exited(worker);
    source.uninstall();
    assert.equal(captured.length, 1);
    assert.equal(captured[0]?.error, heard[0]);
    assert.equal(captured[0]?.how.mechanism, 'worker_thread');
  });

  it('leave an error nobody listens for to the process', () => {
    const { captured, reporter } = createRecorder();
    const target = new EventEmitter();
    const source = installWorkerThreadsSource(reporter, () => false, target as NodeJS.Process);
    const worker = new EventEmitter();
    target.emit('worker', worker);
    assert.throws(() => worker.emit('error', new Error('x')), /x/);
    assert.deepEqual(captured, []);
    source.uninstall();
    assert.equal(target.listenerCount('worker'), 0);
  });

  it('of the distro itself are left alone', () => {
    const { captured, reporter } = createRecorder();
    const target = new EventEmitter();
    installWorkerThreadsSource(reporter, () => true, target as NodeJS.Process);
    const worker = new EventEmitter().on('error', () => {});
    target.emit('worker', worker);
    worker.emit('error', new Error('x'));
    assert.deepEqual(captured, []);
  });
});
