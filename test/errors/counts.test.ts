import assert from 'node:assert/strict';
import type { LogRecord } from '@opentelemetry/api';
import fc from 'fast-check';
import type { FailedRequest } from '../../src/errors/captured.js';
import { type Bench, createBench, createRequest } from './reporter-fixture.js';

const FATAL = { mechanism: 'uncaughtException', handled: false, dying: true };

/** Events are occurrences, and so is each that a count of suppressed ones stands for. */
function toldIn(records: readonly LogRecord[]): number {
  const counts = records.map(
    ({ eventName, attributes }) => (eventName === 'exception' ? 1 : 0) + Number(attributes?.['error.suppressed'] ?? 0),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** An application in which errors happen, and what it knows of them. */
class Application {
  occurrences = 0;
  deaths = 0;
  readonly requests: FailedRequest[] = Array.from({ length: 3 }, () => createRequest());
  private readonly seen: { error: Error; request: FailedRequest | undefined }[] = [];

  constructor(private readonly bench: Bench) {}

  fail(kind: number, where: number, dying = false): void {
    const known = { error: new Error(`of kind ${'abcdefghij'.charAt(kind)}`), request: this.requests[where] };
    this.seen.push(known);
    this.occurrences += 1;
    this.capture(known.error, known.request, dying);
  }

  /** The same object, in the same request or in another. */
  failAgain(which: number, where: number): void {
    const known = this.seen[which % Math.max(1, this.seen.length)];
    if (known === undefined) return;
    const request = this.requests[where];
    if (request !== undefined && known.request !== undefined && request !== known.request) {
      known.request = request;
      this.occurrences += 1;
    }
    this.capture(known.error, request, false);
  }

  rethrow(which: number): void {
    const known = this.seen[which % Math.max(1, this.seen.length)];
    if (known?.request === undefined) return;
    this.capture(new Error('wrapped', { cause: known.error }), known.request, false);
  }

  dieOf(which: number): void {
    const known = this.seen[which % Math.max(1, this.seen.length)];
    if (known !== undefined) this.capture(known.error, known.request, true);
  }

  private capture(error: Error, request: FailedRequest | undefined, dying: boolean): void {
    this.deaths += dying ? 1 : 0;
    this.bench.reporter.capture(error, { ...(dying ? FATAL : { mechanism: 'express', handled: true }), request });
  }
}

type Step = (application: Application, bench: Bench) => void;

const index = fc.nat(200);
const where = fc.integer({ min: 0, max: 3 });
const kinds = fc.integer({ min: 0, max: 9 });
const steps: Record<string, [weight: number, step: fc.Arbitrary<Step>]> = {
  fails: [
    8,
    fc.tuple(kinds, where).map(
      ([kind, at]) =>
        (app) =>
          app.fail(kind, at),
    ),
  ],
  failsAgain: [
    3,
    fc.tuple(index, where).map(
      ([which, at]) =>
        (app) =>
          app.failAgain(which, at),
    ),
  ],
  isWrapped: [2, index.map((which) => (app) => app.rethrow(which))],
  kills: [
    1,
    fc.tuple(kinds, where).map(
      ([kind, at]) =>
        (app) =>
          app.fail(kind, at, true),
    ),
  ],
  killsLater: [1, index.map((which) => (app) => app.dieOf(which))],
  timePasses: [
    2,
    fc.nat(15_000).map((ms) => (_app, { clock }) => {
      clock.now += ms;
    }),
  ],
  isSummedUp: [2, fc.constant((_app, { reporter }) => void reporter.flushSummaries())],
  isAnswered: [
    1,
    where.map(
      (at) =>
        (app, { reporter }) =>
          app.requests[at] && reporter.answered(app.requests[at]),
    ),
  ],
};
const step = fc.oneof(...Object.values(steps).map(([weight, arbitrary]) => ({ weight, arbitrary })));

describe('of all errors', () => {
  it('each is told once: events and suppressed counts add up to what happened, whatever the limits', () => {
    const limits = fc.record({
      perMinute: fc.integer({ min: 1, max: 4 }),
      totalPerMinute: fc.integer({ min: 1, max: 12 }),
      maxKinds: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 120 }), (given, steps) => {
        const bench = createBench({ limits: given, after: () => undefined });
        const application = new Application(bench);
        for (const each of steps) each(application, bench);
        bench.reporter.releaseHeld();
        bench.reporter.flushSummaries();
        assert.equal(toldIn(bench.records), application.occurrences);
        // A fatal error is never limited away.
        const deaths = bench.records.filter(({ severityText }) => severityText === 'FATAL');
        assert.equal(deaths.length, application.deaths);
      }),
      { numRuns: 500 },
    );
  });

  it('one that was counted in a summary and then ends the process is told in full, and not counted twice', () => {
    const bench = createBench({ limits: { perMinute: 1 } });
    const application = new Application(bench);
    application.fail(0, 3);
    application.fail(0, 3);
    bench.reporter.flushSummaries();
    application.dieOf(1);
    assert.deepEqual(
      bench.records.map(({ eventName }) => eventName),
      ['exception', 'exception.summary', 'process.fatal'],
    );
    assert.match(String(bench.records.at(-1)?.attributes?.['exception.stacktrace']), /of kind a\n/);
    assert.equal(toldIn(bench.records), 2);
  });

  it('one that was counted with others whose kind is forgotten, and then ends the process, is taken out of that count', () => {
    const bench = createBench({ limits: { perMinute: 1, maxKinds: 1 } });
    const application = new Application(bench);
    for (const kind of [0, 0, 1]) application.fail(kind, 3);
    application.dieOf(1);
    bench.reporter.flushSummaries();
    assert.deepEqual(
      bench.records.map(({ eventName }) => eventName),
      ['exception', 'exception', 'exception'],
    );
    assert.equal(toldIn(bench.records), 3);
  });
});
