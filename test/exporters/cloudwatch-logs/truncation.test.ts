import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toEvent } from '../../../exporters/cloudwatch-logs/event.js';
import { cutToJsonBytes, jsonBytes, writeWithin } from '../../../exporters/cloudwatch-logs/truncation.js';
import { NOW, record, spanContext } from './records.js';

type Given = Parameters<typeof record>[0];
const write = (given: Given, maxBytes: number) =>
  writeWithin(toEvent(record({ spanContext, ...given }), NOW).fields, maxBytes);

/** Writes and reads back, checking what holds for every cut. */
function parsed(given: Given, maxBytes: number) {
  const written = write(given, maxBytes);
  assert.ok(written);
  assert.equal(written.bytes, Buffer.byteLength(written.message));
  assert.ok(written.bytes <= maxBytes, `${written.bytes} > ${maxBytes}`);
  const fields = JSON.parse(written.message);
  assert.equal(fields.truncated === true, written.truncated);
  return fields;
}

const stack = (lines: number) =>
  Array.from({ length: lines }, (_, i) => `    at fn${i} (/app/é${i}.js:1:1)`).join('\n');

describe('truncation', () => {
  it('leaves an event alone that fits to the byte, and cuts it one byte below', () => {
    const size = write({}, 1e6)?.bytes ?? 0;
    assert.equal(write({}, size)?.truncated, false);
    const cut = write({}, size - 1);
    assert.equal(cut?.truncated, true);
    assert.ok((cut?.bytes ?? 0) <= size - 1);
  });

  it('uses the whole limit when it cuts one long text', () => {
    for (const maxBytes of [8000, 8001, 8002, 8003]) {
      const written = write({ attributes: { 'exception.stacktrace': 'x'.repeat(50_000) } }, maxBytes);
      assert.equal(written?.bytes, maxBytes);
    }
  });

  it('cuts the tail of the stack first', () => {
    const fields = parsed(
      { body: 'b'.repeat(5000), attributes: { 'exception.stacktrace': stack(1000), note: 'n'.repeat(5000) } },
      20_000,
    );
    assert.ok(stack(1000).startsWith(fields.attributes.exception.stacktrace));
    assert.ok(fields.attributes.exception.stacktrace.length > 4000);
    assert.equal(fields.body.length, 5000);
    assert.equal(fields.attributes.note.length, 5000);
  });

  it('then the body', () => {
    const fields = parsed(
      { body: 'b'.repeat(50_000), attributes: { 'exception.stacktrace': stack(1000), note: 'n'.repeat(5000) } },
      14_000,
    );
    assert.ok(jsonBytes(fields.attributes.exception.stacktrace) <= 4096);
    assert.ok(fields.body.length > 2000 && fields.body.length < 50_000);
    assert.equal(fields.attributes.note.length, 5000);
  });

  it('then the longest attributes', () => {
    const fields = parsed(
      { body: 'b'.repeat(50_000), attributes: { long: 'l'.repeat(90_000), short: 's'.repeat(1000) } },
      8000,
    );
    assert.ok(fields.attributes.long.length > 256);
    assert.equal(fields.attributes.short.length, 1000);
  });

  it('then whole attributes, and keeps ids, time, type and body', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`key${i}`, 'v'.repeat(300)]));
    const fields = parsed({ attributes: { ...many, 'exception.type': 'TypeError' } }, 2000);
    assert.equal(fields.attributes.exception.type, 'TypeError');
    assert.ok(Object.keys(fields.attributes).length < 60);
    assert.equal(fields.traceId, spanContext.traceId);
    assert.equal(fields.body, 'payment failed');
  });

  it('fits an event of many short texts into the smallest limit', () => {
    const body = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`key${i}`, 'some text']));
    const fields = parsed({ body, attributes: { list: Array.from({ length: 20 }, () => 'x') } }, 1024);
    assert.equal(fields.traceId, spanContext.traceId);
  });

  it('gives up only when not even the ids fit', () => {
    assert.equal(write({ eventName: 'e'.repeat(1000) }, 100), undefined);
    assert.ok(write({ body: 'b'.repeat(1000), eventName: 'e'.repeat(1000) }, 512));
  });

  it('never cuts inside a character', () => {
    assert.equal(cutToJsonBytes('aé', 4), 'a');
    assert.equal(cutToJsonBytes('aé', 5), 'aé');
    assert.equal(cutToJsonBytes('😀😀', 9), '😀');
    assert.equal(cutToJsonBytes('😀😀', 10), '😀😀');
    assert.equal(cutToJsonBytes('\u0000x', 7), '');
    assert.equal(cutToJsonBytes('\u0000x', 8), '\u0000');
    assert.equal(cutToJsonBytes('"\n', 5), '"');
    assert.equal(cutToJsonBytes('', 2), '');
  });

  it('cuts any text to its longest beginning that fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 2, max: 60 }), (text, maxBytes) => {
        const cut = cutToJsonBytes(text, maxBytes);
        assert.ok(text.startsWith(cut));
        assert.ok(jsonBytes(cut) <= maxBytes);
        if (cut === text) return;
        const next = text.slice(0, cut.length + ((text.codePointAt(cut.length) ?? 0) > 0xffff ? 2 : 1));
        assert.ok(jsonBytes(next) > maxBytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('writes valid JSON within the limit whatever the record holds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary' }), fc.oneof(text, fc.array(text), fc.jsonValue()), { maxKeys: 30 }),
        fc.oneof(text, fc.jsonValue()),
        fc.integer({ min: 1024, max: 20_000 }),
        (attributes, body, maxBytes) => {
          parsed(
            { attributes: { ...attributes, 'exception.stacktrace': stack(50) } as never, body: body as never },
            maxBytes,
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
