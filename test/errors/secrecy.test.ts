import assert from 'node:assert/strict';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { captureLogRecord } from '../../src/errors/logger-source.js';
import { SEEDS } from '../redaction/secrets.js';
import { createBench, createRequest } from './reporter-fixture.js';

/** The record as it would be serialised, and what is readable inside serialised strings. */
function outputOf(value: unknown): string {
  const json = JSON.stringify(value, (_key, held: unknown) => (typeof held === 'symbol' ? String(held) : held));
  return `${json}\n${json.replace(/\\(["\\])/g, '$1')}`;
}

describe('no secret leaves', () => {
  for (const { name, secret, text } of SEEDS) {
    it(`with ${name} in message, stack, cause, context, path, headers, log line and summary`, () => {
      const exporter = new InMemorySpanExporter();
      const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
      const { reporter, records, current } = createBench({ limits: { perMinute: 1 } });
      const span = provider.getTracer('test').startSpan('request');
      current.span = span;
      const inner = Object.assign(new Error(text), { code: text, name: text });
      const make = (): Error =>
        Object.assign(
          new AggregateError([text, { note: text }, inner], text, { cause: new Error(text, { cause: text }) }),
          {
            code: text,
          },
        );
      const request = createRequest({ path: `/a/${text}`, userAgent: text, requestId: text });
      const context = {
        text,
        [text]: text,
        headers: { 'x-note': text },
        rawHeaders: ['X-Note', text],
        url: text,
        nested: [[text]],
      };
      for (let index = 0; index < 3; index++)
        reporter.capture(make(), { request, mechanism: 'test', handled: true, context });
      for (const thrown of [text, { message: text }, { note: text }, [text], new Map([[text, text]])]) {
        reporter.capture(thrown, { mechanism: 'test', handled: true });
      }
      const logged = new Error('logged');
      captureLogRecord(reporter, { logger: 'pino', level: 50, message: text, fields: { note: text, err: logged } });
      captureLogRecord(reporter, { logger: 'pino', level: 50, message: text, fields: { note: text } });
      reporter.flushSummaries();
      const dying = make();
      reporter.capture(dying, { mechanism: 'uncaughtException', handled: false, dying: true, context });
      reporter.capture(dying, { mechanism: 'uncaughtException', handled: false, dying: true });
      span.end();
      assert.deepEqual(
        new Set(records.map((record) => record.eventName)),
        new Set(['exception', 'exception.summary', 'process.fatal']),
      );
      const [finished] = exporter.getFinishedSpans();
      assert.ok((finished?.events.length ?? 0) > 0);
      const output = outputOf([
        records.map(({ context: _context, ...record }) => record),
        finished?.events,
        finished?.status,
      ]);
      const at = output.indexOf(secret);
      assert.ok(at < 0, `found in ${output.slice(Math.max(0, at - 200), at + 200)}`);
    });
  }
});
