import assert from 'node:assert/strict';
import { SeverityNumber } from '@opentelemetry/api';
import { createRedactor } from '../../src/redaction/redactor.js';
import { attributesOf, createBench, failure, HOW } from './reporter-fixture.js';

describe('an error storm', () => {
  it('sends ten events, then one with the count of those between', () => {
    const { reporter, records, clock } = createBench();
    for (let index = 0; index < 1_000; index++) reporter.capture(failure(`order ${index} failed`), HOW);
    assert.equal(records.length, 10);
    clock.now += 6_000;
    reporter.capture(failure('order 1000 failed'), HOW);
    assert.equal(attributesOf(records[10])['error.suppressed'], 990);
    assert.equal(attributesOf(records[0])['error.suppressed'], undefined);
  });

  it('tells its count when nothing more comes, under the same fingerprint, once', () => {
    const { reporter, records } = createBench();
    for (let index = 0; index < 15; index++) reporter.capture(failure(), HOW);
    assert.equal(reporter.flushSummaries(), 1);
    assert.equal(reporter.flushSummaries(), 0);
    const summary = records.at(-1);
    assert.equal(summary?.eventName, 'exception.summary');
    assert.deepEqual(summary?.attributes, {
      'exception.type': 'Error',
      'exception.message': 'payment failed',
      'error.fingerprint': attributesOf(records[0])['error.fingerprint'],
      'error.suppressed': 5,
      'log.record.uid': 'id-11',
    });
  });

  it('gives each event and each count an id of its own', () => {
    const { reporter, records } = createBench();
    const error = failure();
    for (let index = 0; index < 12; index++) reporter.capture(failure(), HOW);
    reporter.capture(error, { ...HOW, dying: true });
    reporter.capture(error, { ...HOW, dying: true });
    for (let index = 0; index < 12; index++) reporter.capture(failure(), HOW);
    reporter.flushSummaries();
    const ids = new Set(records.map((record) => attributesOf(record)['log.record.uid']));
    assert.deepEqual(
      [...new Set(records.map(({ eventName }) => eventName))],
      ['exception', 'process.fatal', 'exception.summary'],
    );
    assert.equal(ids.size, records.length);
  });

  it('sends the first event of another place although its message was refused a thousand times', () => {
    const { reporter, records } = createBench();
    const make = (): Error => new Error('order 7 failed');
    for (let index = 0; index < 1000; index++) reporter.capture(make(), { mechanism: 'test', handled: true });
    const before = records.length;
    const elsewhere = (): Error => new Error('order 8 failed');
    for (let index = 0; index < 16; index++) reporter.capture(elsewhere(), { mechanism: 'test', handled: true });
    assert.notEqual(records.at(-1)?.attributes?.['error.fingerprint'], records[0]?.attributes?.['error.fingerprint']);
    assert.ok(records.length > before);
  });

  it('reads neither memory nor context for what it does not send', () => {
    let reads = 0;
    const redactor = createRedactor();
    const copy = (value: unknown): unknown => {
      reads += 1;
      return redactor.copy(value);
    };
    const { reporter } = createBench({ redactor: { ...redactor, copy } });
    for (let index = 0; index < 100; index++) reporter.capture(failure(), { ...HOW, context: { a: 1 } });
    assert.equal(reads, 10);
  });

  it('does not hold a fatal error back', () => {
    const { reporter, records } = createBench();
    for (let index = 0; index < 20; index++) reporter.capture(failure(), HOW);
    assert.equal(reporter.capture(failure(), { ...HOW, dying: true }), true);
    assert.equal(records.at(-1)?.severityNumber, SeverityNumber.FATAL);
    assert.equal(attributesOf(records.at(-1))['error.suppressed'], 10);
  });

  it('does not hold an error back of which the process dies after all, and counts it once', () => {
    const { reporter, records } = createBench();
    for (let index = 0; index < 12; index++) reporter.capture(failure(), HOW);
    const last = failure();
    assert.equal(reporter.capture(last, HOW), false);
    assert.equal(reporter.capture(last, { ...HOW, dying: true }), true);
    assert.equal(attributesOf(records.at(-1))['error.suppressed'], 2);
  });

  it('tells a fatal error in full that wraps one told before', () => {
    const { reporter, records } = createBench();
    const cause = new Error('inner');
    reporter.capture(cause, HOW);
    assert.equal(reporter.capture(new Error('outer', { cause }), { ...HOW, dying: true }), true);
    assert.equal(records[1]?.body, 'outer');
    assert.equal(records[1]?.eventName, 'exception');
  });

  it('says that the process ends of an error whose event went out before', () => {
    const { reporter, records } = createBench();
    const error = new Error('logged, then thrown');
    reporter.capture(error, HOW);
    assert.equal(reporter.capture(error, { mechanism: 'uncaughtException', handled: false, dying: true }), false);
    assert.deepEqual(
      records.map((record) => record.eventName),
      ['exception', 'process.fatal'],
    );
    assert.equal(records[1]?.severityNumber, SeverityNumber.FATAL);
    assert.equal(attributesOf(records[1])['error.fingerprint'], attributesOf(records[0])['error.fingerprint']);
  });
});
