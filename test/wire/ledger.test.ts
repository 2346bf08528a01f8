import assert from 'node:assert/strict';
import { describeLosses, LEDGER_BYTES, Ledger } from '../../src/wire/ledger.js';

describe('Ledger', () => {
  it('reads in one thread what both have written', () => {
    const application = new Ledger('application');
    const worker = new Ledger('worker', application.buffer);
    application.made('traces', 10);
    application.lost('traces', 'no_worker', 2);
    worker.delivered('traces', 5);
    worker.lost('traces', 'overflow', 1);
    worker.lost('traces', 'no_worker', 1);
    const expected = { signal: 'traces', made: 10, delivered: 5, waiting: 1, lost: { no_worker: 3, overflow: 1 } };
    assert.deepEqual(application.entry('traces'), expected);
    assert.deepEqual(worker.entry('traces'), expected);
  });

  it('goes on, in a worker, where the worker before it has ended', () => {
    const application = new Ledger('application');
    application.made('logs', 5);
    new Ledger('worker', application.buffer).lost('logs', 'expired', 2);
    new Ledger('worker', application.buffer).lost('logs', 'expired', 1);
    assert.deepEqual(application.entry('logs').lost, { expired: 3 });
  });

  it('exchanges points for what an exporter makes of them', () => {
    const ledger = new Ledger('worker');
    ledger.made('metrics', 100);
    ledger.converted('metrics', 100, 30);
    ledger.delivered('metrics', 20);
    assert.deepEqual(ledger.entry('metrics'), { signal: 'metrics', made: 30, delivered: 20, waiting: 10, lost: {} });
  });

  it('adds reasons for which there is no row to one, and loses none', () => {
    const ledger = new Ledger('application', new SharedArrayBuffer(LEDGER_BYTES));
    ledger.made('traces', 1000);
    for (let reason = 0; reason < 100; reason++) ledger.lost('traces', `reason_${reason}`, 1);
    ledger.lost('logs', 'also_new', 4);
    const { lost, waiting } = ledger.entry('traces');
    assert.equal(waiting, 900);
    assert.ok((lost.other ?? 0) > 30, JSON.stringify(lost));
    assert.deepEqual(ledger.entry('logs').lost, { other: 4 });
  });

  it('keeps counts beyond 32 bits', () => {
    const ledger = new Ledger('worker');
    ledger.made('traces', 2 ** 33);
    assert.equal(ledger.entry('traces').made, 2 ** 33);
  });

  it('tells losses by signal and reason in one line', () => {
    const ledger = new Ledger('application');
    assert.equal(describeLosses(ledger.entries()), undefined);
    ledger.made('traces', 50_000);
    ledger.lost('traces', 'overflow', 17_200);
    ledger.lost('traces', 'shutdown', 33);
    ledger.made('logs', 1);
    ledger.lost('logs', 'too_large');
    assert.equal(
      describeLosses(ledger.entries()),
      'lost since the start: 17233 of 50000 spans (17200 overflow, 33 shutdown); 1 of 1 error (1 too_large)',
    );
  });
});
