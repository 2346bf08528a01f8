import assert from 'node:assert/strict';
import { SeverityNumber, TraceFlags } from '@opentelemetry/api';
import fc from 'fast-check';
import { MAX_LEAF_FIELDS, toEvent } from '../../../exporters/cloudwatch-logs/event.js';
import { NOW, record, spanContext } from './records.js';

const written = (...args: Parameters<typeof toEvent>) => JSON.parse(JSON.stringify(toEvent(...args).fields));
const fieldsOf = (given: Parameters<typeof record>[0]) => written(record(given), NOW);

function leaves(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Math.max(
    1,
    Object.values(value).reduce((sum: number, element) => sum + leaves(element), 0),
  );
}

describe('log event', () => {
  it('has the fields of an error that Logs Insights and X-Ray read', () => {
    const event = toEvent(
      record({
        eventName: 'exception',
        spanContext,
        attributes: {
          'http.route': '/pay/:id',
          'exception.stacktrace': 'TypeError: x\n    at …',
          'exception.message': 'x',
          'exception.type': 'TypeError',
        },
      }),
      NOW,
    );
    assert.equal(event.timestamp, NOW);
    assert.equal(
      JSON.stringify(event.fields),
      JSON.stringify({
        timestamp: '2026-11-22T12:00:00.123Z',
        severityText: 'ERROR',
        severityNumber: 17,
        body: 'payment failed',
        eventName: 'exception',
        traceId: '5e1b41515ac6c58f5b5dbf7f2c1d5a4f',
        spanId: '53995c3f42cd8ad8',
        flags: 1,
        xrayTraceId: '1-5e1b4151-5ac6c58f5b5dbf7f2c1d5a4f',
        attributes: {
          exception: { type: 'TypeError', message: 'x', stacktrace: 'TypeError: x\n    at …' },
          http: { route: '/pay/:id' },
        },
        resource: {
          attributes: {
            'service.name': 'checkout',
            'deployment.environment.name': 'prod',
            'host.name': 'ip-10-0-0-1',
          },
        },
        scope: { name: 'pino' },
      }),
    );
  });

  it('has no trace fields without a span and with an invalid one', () => {
    const invalid = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: TraceFlags.NONE };
    for (const fields of [fieldsOf({}), fieldsOf({ spanContext: invalid })]) {
      for (const key of ['traceId', 'spanId', 'flags', 'xrayTraceId']) assert.ok(!(key in fields), key);
    }
  });

  it('carries the ids of an unsampled span', () => {
    const fields = fieldsOf({ spanContext: { ...spanContext, traceFlags: TraceFlags.NONE } });
    assert.equal(fields.flags, 0);
    assert.equal(fields.traceId, spanContext.traceId);
  });

  it('takes the time observed when the record has none, and the present when it has neither', () => {
    const at = (hrTime: [number, number], hrTimeObserved: [number, number]) =>
      toEvent(record({ hrTime, hrTimeObserved }), NOW).timestamp;
    assert.equal(at([10, 1_999_999], [20, 0]), 10_001);
    assert.equal(at([0, 0], [20, 0]), 20_000);
    assert.equal(at([0, 0], [0, 0]), NOW);
    assert.equal(at([Number.NaN, 0], [-5, 0]), NOW);
    assert.equal(at([1e15, 0], [0, 0]), NOW);
  });

  const SEVERITIES = [
    [SeverityNumber.TRACE, 'TRACE'],
    [SeverityNumber.TRACE4, 'TRACE'],
    [SeverityNumber.DEBUG, 'DEBUG'],
    [SeverityNumber.WARN4, 'WARN'],
    [SeverityNumber.ERROR, 'ERROR'],
    [SeverityNumber.FATAL4, 'FATAL'],
  ] as const;
  for (const [severityNumber, text] of SEVERITIES) {
    it(`names severity ${severityNumber} ${text} when the record does not`, () => {
      const { severityText: _, ...rest } = record({ severityNumber });
      assert.equal(written(rest, NOW).severityText, text);
    });
  }

  it('keeps its own severity text', () => assert.equal(fieldsOf({ severityText: 'crit' }).severityText, 'crit'));

  it('uses the event name, then the severity, as the body of a record without one', () => {
    const { body: _, ...bare } = record({ eventName: 'exception' });
    assert.equal(written(bare, NOW).body, 'exception');
    assert.equal(written({ ...record({ body: '' }) }, NOW).body, 'ERROR');
  });

  it('nests dotted attributes and keeps a key dotted where a scalar is in the way', () => {
    assert.deepEqual(fieldsOf({ attributes: { 'a.b.c': 1, 'a.b.d': [1, 'x'], 'e.f': true } }).attributes, {
      a: { b: { c: 1, d: [1, 'x'] } },
      e: { f: true },
    });
    assert.deepEqual(fieldsOf({ attributes: { a: 1, 'a.b': 2 } }).attributes, { a: 1, 'a.b': 2 });
    assert.deepEqual(fieldsOf({ attributes: { 'a.b': 2, a: 1 } }).attributes, { a: { b: 2 }, 'a.': 1 });
    assert.deepEqual(fieldsOf({ attributes: { '.a': 1, 'b..c': 2, '': 3 } }).attributes, { '.a': 1, 'b..c': 2, '': 3 });
  });

  it('reaches no prototype', () => {
    const attributes = JSON.parse('{"__proto__.polluted": 1, "constructor.prototype.polluted": 2}');
    const text = JSON.stringify(toEvent(record({ attributes }), NOW).fields);
    assert.match(text, /"__proto__":{"polluted":1}/);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it('writes what JSON lacks: bytes, numbers that are none, lone surrogates', () => {
    const { attributes } = fieldsOf({
      attributes: {
        bytes: new Uint8Array([1, 2, 255]),
        nan: Number.NaN,
        infinite: -Infinity,
        lone: 'a\ud800b',
        pair: '\ud83d\ude00',
      },
    });
    assert.deepEqual(attributes, {
      bytes: 'AQL/',
      nan: 'NaN',
      infinite: '-Infinity',
      lone: 'a\ufffdb',
      pair: '\ud83d\ude00',
    });
  });

  it('ends on cycles and on graphs that would spell out to endless trees', () => {
    const cycle: Record<string, unknown> = { name: 'x' };
    cycle.self = cycle;
    assert.deepEqual(fieldsOf({ body: cycle as never }).body, { name: 'x', self: '[Circular]' });
    let graph: Record<string, unknown> = { leaf: 1 };
    for (let level = 0; level < 40; level += 1) graph = { a: graph, b: graph };
    assert.ok(JSON.stringify(fieldsOf({ body: graph as never })).length < 500_000);
  });

  it('counts the attributes that the SDK had dropped', () => {
    assert.equal(fieldsOf({ droppedAttributesCount: 3 }).droppedAttributesCount, 3);
    assert.ok(!('droppedAttributesCount' in fieldsOf({})));
  });

  it('keeps a list of resource attributes given to it', () => {
    const fields = written(record(), NOW, ['host.name', 'absent']);
    assert.deepEqual(fields.resource, { attributes: { 'host.name': 'ip-10-0-0-1' } });
    assert.ok(!('resource' in written(record(), NOW, [])));
  });

  it('writes as many attributes as there are fields left, drops and counts the rest, and never the exception', () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key${index}`, index]));
    const fields = fieldsOf({
      spanContext,
      attributes: { ...many, 'exception.type': 'E', 'exception.stacktrace': 's' },
    });
    const kept = Object.keys(fields.attributes).length - 1;
    assert.deepEqual(fields.attributes.exception, { type: 'E', stacktrace: 's' });
    assert.equal(fields.droppedAttributesCount, 200 - kept);
    assert.equal(leaves(fields), MAX_LEAF_FIELDS - 1);
  });

  it('writes an attribute of 20 fields as fields and one of 21 as text', () => {
    const list = (length: number) => Array.from({ length }, (_, index) => index);
    const { attributes } = fieldsOf({ attributes: { short: list(20), long: list(21) } });
    assert.deepEqual(attributes.short, list(20));
    assert.equal(attributes.long, JSON.stringify(list(21)));
  });

  it('stays within the leaf fields whatever the record holds', () => {
    const value = fc.anything({ withNullPrototype: true, withTypedArray: true, withBigInt: true, withDate: true });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), value, { maxKeys: 150 }),
        value,
        fc.string({ unit: 'binary' }),
        (attributes, body, eventName) => {
          const fields = fieldsOf({ attributes: attributes as never, body: body as never, eventName, spanContext });
          assert.ok(leaves(fields) <= MAX_LEAF_FIELDS, `${leaves(fields)}`);
        },
      ),
      { numRuns: 300 },
    );
  });
});
