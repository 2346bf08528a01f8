import assert from 'node:assert/strict';
import { type Attributes, DiagLogLevel, diag, SeverityNumber, type Span, trace } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { createCaptureError } from '../../src/errors/capture-error.js';
import { createRedactor, REDACTED } from '../../src/redaction/redactor.js';
import { attributesOf, createBench, createRequest, failure, HOW } from './reporter-fixture.js';

describe('an error event', () => {
  it('carries the error, its request and the process', () => {
    const { reporter, records } = createBench();
    const error = Object.assign(new TypeError('payment 17 failed'), { code: 'E_PAY' });
    const request = createRequest({ statusCode: 502 });
    assert.equal(
      reporter.capture(error, { request, mechanism: 'express', handled: false, context: { order: 17 } }),
      true,
    );
    const [record] = records;
    assert.equal(record?.eventName, 'exception');
    assert.equal(record?.body, 'payment 17 failed');
    assert.equal(record?.severityNumber, SeverityNumber.ERROR);
    assert.equal(record?.severityText, 'ERROR');
    assert.equal(record?.timestamp, Date.UTC(2026, 0, 1));
    const { 'error.fingerprint': fingerprint, 'exception.stacktrace': stack, ...rest } = attributesOf(record);
    assert.match(String(fingerprint), /^[0-9a-f]{16}$/);
    assert.equal(stack, error.stack);
    assert.deepEqual(rest, {
      'exception.type': 'TypeError',
      'exception.message': 'payment 17 failed',
      'exception.code': 'E_PAY',
      'error.mechanism': 'express',
      'error.handled': false,
      'log.record.uid': 'id-1',
      'http.request.method': 'GET',
      'http.route': '/pay/:id',
      'url.path': '/pay/17',
      'http.response.status_code': 502,
      'http.request.id': 'req-1',
      'user_agent.original': 'probe/1.0',
      'process.runtime.version': '22.20.0',
      'process.uptime': 12.5,
      'process.memory.usage': 100_000_000,
      'v8js.memory.heap.used': 40_000_000,
      'error.context': { order: 17 },
    });
  });

  it('tells the causes, each with its way there', () => {
    const { reporter, records } = createBench();
    const root = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const error = new Error('query failed', { cause: new AggregateError([root, 'plain'], 'no host') });
    reporter.capture(error, HOW);
    const causes = attributesOf(records[0])['exception.cause'];
    assert.ok(Array.isArray(causes));
    assert.deepEqual(
      causes.map(({ stacktrace: _stack, ...cause }: Attributes) => cause),
      [
        { path: 'cause', type: 'AggregateError', message: 'no host' },
        { path: 'cause.errors[0]', type: 'Error', message: 'refused', code: 'ECONNREFUSED' },
        { path: 'cause.errors[1]', type: 'string', message: 'plain' },
      ],
    );
  });

  it('stays below 100 fields when everything in it is as large as it can be', () => {
    const { reporter, records } = createBench();
    const deep = (level: number): AggregateError =>
      new AggregateError(level === 0 ? [] : Array.from({ length: 6 }, () => deep(level - 1)), 'x', {
        cause: new Error('y'),
      });
    const context = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key${index}`, { value: index }]));
    reporter.capture(Object.assign(deep(3), { code: 'E' }), {
      ...HOW,
      request: createRequest({ statusCode: 500 }),
      context,
    });
    const leaves = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce<number>((sum, held) => sum + leaves(held), 0)
        : 1;
    // Outside of the attributes an event has about ten fields, and its source lines fifteen.
    assert.ok(leaves(attributesOf(records[0])) <= 110, String(leaves(attributesOf(records[0]))));
  });

  it('takes the status that the error asks for while the response has none', () => {
    const { reporter, records } = createBench();
    reporter.capture(Object.assign(new Error('overloaded'), { statusCode: 503 }), { ...HOW, request: createRequest() });
    assert.equal(attributesOf(records[0])['http.response.status_code'], 503);
  });

  it('finds the request of the context by itself', () => {
    const { reporter, records, current } = createBench();
    current.request = createRequest();
    createCaptureError(reporter)(new Error('x'), { a: 1 });
    assert.equal(attributesOf(records[0])['http.route'], '/pay/:id');
    assert.equal(attributesOf(records[0])['error.mechanism'], 'captureError');
  });

  it('is written into the record of its request, the first one only', () => {
    const { reporter } = createBench();
    const request = createRequest();
    const first = new Error('first');
    reporter.capture(first, { ...HOW, request });
    reporter.capture(new Error('second'), { ...HOW, request });
    assert.equal(request.error, first);
    const other = createRequest();
    reporter.capture(undefined, { ...HOW, request: other });
    assert.equal(other.error, 'undefined');
  });

  for (const value of [
    undefined,
    null,
    0,
    '',
    'boom',
    Symbol('s'),
    { a: 1 },
    [],
    () => 1,
    new Proxy({}, { get: () => assert.fail() }),
  ]) {
    it(`is made of ${typeof value === 'symbol' ? 'a symbol' : typeof value} ${value === null ? 'null' : ''} as well`, () => {
      const { reporter, records } = createBench();
      assert.equal(reporter.capture(value, HOW), true);
      assert.notEqual(records[0]?.body, '');
      assert.equal(typeof attributesOf(records[0])['exception.type'], 'string');
    });
  }

  it('is made of an error that throws at every touch', () => {
    const { reporter, records } = createBench();
    const fail = (): never => {
      throw new Error('no');
    };
    const everyTrap = new Proxy({}, { get: () => fail });
    assert.equal(reporter.capture(new Proxy(new Error('x'), everyTrap), HOW), true);
    assert.equal(reporter.capture(new Error('x', { cause: new Proxy({}, everyTrap) }), HOW), true);
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    assert.equal(reporter.capture(Object.assign(new AggregateError([], 'x'), { errors: proxy }), HOW), true);
    assert.equal(records.length, 3);
  });

  it('is made of anything, and is plain data', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        (value) => {
          for (const thrown of [
            value,
            new Error('x', { cause: value }),
            Object.assign(new Error('y'), { message: value, code: value }),
          ]) {
            const { reporter, records } = createBench();
            assert.equal(reporter.capture(thrown, { ...HOW, context: { value } }), true);
            const { attributes } = records[0] ?? {};
            assert.deepEqual(JSON.parse(JSON.stringify(attributes)), attributes);
          }
        },
      ),
    );
  });

  it('bounds message and stack', () => {
    const { reporter, records } = createBench();
    reporter.capture(new Error('m'.repeat(5_000_000)), HOW);
    const { 'exception.message': message, 'exception.stacktrace': stack } = attributesOf(records[0]);
    assert.equal(String(message).length, 4_097);
    assert.ok(String(stack).length <= 16_385);
  });
});

describe('one event for one error', () => {
  it('however often it is captured', () => {
    const { reporter, records } = createBench();
    const error = Object.freeze(new Error('x'));
    assert.equal(reporter.capture(error, HOW), true);
    assert.equal(reporter.capture(error, { mechanism: 'pino', handled: true }), false);
    assert.equal(records.length, 1);
  });

  it('and another for an equal error that is another object', () => {
    const { reporter } = createBench();
    assert.equal(reporter.capture(failure(), HOW), true);
    assert.equal(reporter.capture(failure(), HOW), true);
  });

  it('that wraps one captured before in the same request, not in another one', () => {
    const { reporter } = createBench();
    const cause = new Error('inner');
    const request = createRequest();
    reporter.capture(cause, { ...HOW, request });
    assert.equal(reporter.capture(new Error('outer', { cause }), { ...HOW, request }), false);
    assert.equal(reporter.capture(new Error('outer', { cause }), { ...HOW, request: createRequest() }), true);
  });

  it('that wraps one captured less than a second ago outside of requests', () => {
    const { reporter, clock } = createBench();
    const cause = new Error('inner');
    reporter.capture(cause, HOW);
    clock.now += 999;
    assert.equal(reporter.capture(new Error('outer', { cause }), HOW), false);
    clock.now += 1;
    const late = new Error('late');
    reporter.capture(late, HOW);
    clock.now += 1_000;
    assert.equal(reporter.capture(new Error('outer', { cause: late }), HOW), true);
  });

  it('whose cause is captured after it', () => {
    const { reporter } = createBench();
    const cause = new Error('inner');
    reporter.capture(new Error('outer', { cause }), HOW);
    assert.equal(reporter.capture(cause, HOW), false);
  });

  it('of which a logger kept only a copy', () => {
    const { reporter } = createBench();
    const error = new Error('x');
    reporter.capture(error, HOW);
    assert.equal(reporter.capture({ type: 'Error', message: 'x', stack: error.stack }, HOW), false);
    assert.equal(reporter.capture({ type: 'Error', message: 'x', stack: new Error('y').stack }, HOW), true);
  });

  it('or value, seen elsewhere in a tenth of a second; from the same source it is a new one', () => {
    const { reporter, clock } = createBench();
    assert.equal(reporter.capture('boom', HOW), true);
    clock.now += 99;
    assert.equal(reporter.capture('boom', { mechanism: 'pino', handled: true }), false);
    assert.equal(reporter.capture('boom', HOW), true);
    clock.now += 100;
    assert.equal(reporter.capture('boom', { mechanism: 'pino', handled: true }), true);
  });

  it('or value, in one request', () => {
    const { reporter, clock } = createBench();
    const request = createRequest();
    reporter.capture('boom', { ...HOW, request });
    clock.now += 5_000;
    assert.equal(reporter.capture('boom', { ...HOW, request }), false);
    assert.equal(reporter.capture('boom', { ...HOW, request: createRequest() }), true);
  });

  it('that fails several requests, which all count', () => {
    const { reporter, records } = createBench();
    const shared = new Error('pool is closed');
    for (let index = 0; index < 4; index++) {
      const request = createRequest();
      reporter.capture(shared, { ...HOW, request });
      reporter.capture(shared, { mechanism: 'pino', handled: true, request });
      assert.equal(request.error, shared);
    }
    reporter.flushSummaries();
    assert.equal(records.length, 2);
    assert.equal(attributesOf(records[1])['error.suppressed'], 3);
  });
});

describe('an error event and its trace', () => {
  it('has the ids of the request, sampled or not', () => {
    for (const traceFlags of [0, 1]) {
      const { reporter, records } = createBench();
      const request = createRequest();
      const spanContext = { ...request.spanContext, traceFlags };
      reporter.capture(new Error('x'), { ...HOW, request: { ...request, spanContext } });
      assert.ok(records[0]?.context);
      assert.deepEqual(trace.getSpanContext(records[0].context), spanContext);
    }
  });

  it('has those of the active span when it belongs to the request, and is recorded on it', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const span = provider.getTracer('test').startSpan('query');
    const { reporter, records, current } = createBench();
    current.span = span;
    const error = Object.assign(new TypeError('password=hunter2'), { code: 'E_X' });
    reporter.capture(error, {
      ...HOW,
      request: createRequest({ spanContext: { ...span.spanContext(), spanId: 'aaaaaaaaaaaaaaaa' } }),
    });
    span.end();
    assert.ok(records[0]?.context);
    assert.equal(trace.getSpanContext(records[0].context)?.spanId, span.spanContext().spanId);
    const [finished] = exporter.getFinishedSpans();
    assert.equal(finished?.status.code, 2);
    assert.equal(finished?.events[0]?.attributes?.['exception.type'], 'TypeError');
    assert.equal(JSON.stringify([finished?.events, finished?.status]).includes('hunter2'), false);
  });

  it('keeps to the request when the active span is of another trace', () => {
    const { reporter, records, current } = createBench();
    current.span = trace.wrapSpanContext({ traceId: 'f'.repeat(32), spanId: 'f'.repeat(16), traceFlags: 1 });
    const request = createRequest();
    reporter.capture(new Error('x'), { ...HOW, request });
    assert.ok(records[0]?.context);
    assert.equal(trace.getSpanContext(records[0].context)?.traceId, request.spanContext.traceId);
  });

  it('is recorded on the span also when its event is suppressed', () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const { reporter, current } = createBench({ limits: { perMinute: 1 } });
    for (let index = 0; index < 2; index++) {
      current.span = provider.getTracer('test').startSpan('request');
      reporter.capture(failure(), HOW);
      current.span.end();
    }
    assert.deepEqual(
      exporter.getFinishedSpans().map((span) => span.events.length),
      [1, 1],
    );
  });

  it('passes the SDK whole', async () => {
    const exporter = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    const { reporter } = createBench({ logger: () => provider.getLogger('errors') });
    reporter.capture(new Error('x', { cause: new Error('why') }), {
      ...HOW,
      request: createRequest(),
      context: { a: { b: [1] } },
    });
    await provider.forceFlush();
    const [record] = exporter.getFinishedLogRecords();
    assert.equal(record?.eventName, 'exception');
    assert.equal(record?.spanContext?.traceId, '5e1b41515ac6c58f5b5dbf7f2c1d5a4f');
    assert.deepEqual(record?.attributes['error.context'], { a: { b: [1] } });
    assert.match(
      JSON.stringify(record?.attributes['exception.cause']),
      /"path":"cause","type":"Error","message":"why"/,
    );
    assert.equal(record?.droppedAttributesCount, 0);
  });
});

function fail(reason: string): never {
  throw new Error(reason);
}

describe('a reporter that fails itself', () => {
  afterEach(() => diag.disable());

  it('throws nothing, says so once a minute, and goes on', () => {
    const warnings: unknown[] = [];
    const ignore = (): void => {};
    diag.setLogger(
      { warn: (message) => warnings.push(message), error: ignore, info: ignore, debug: ignore, verbose: ignore },
      DiagLogLevel.WARN,
    );
    const { reporter, clock } = createBench({
      logger: () => {
        throw new TypeError('broken');
      },
    });
    assert.equal(reporter.capture(new Error('1'), HOW), false);
    assert.equal(reporter.capture(new Error('2'), HOW), false);
    assert.equal(warnings.length, 1);
    clock.now += 60_000;
    assert.equal(reporter.capture(new Error('3'), HOW), false);
    assert.deepEqual(
      warnings,
      Array.from({ length: 2 }, () => 'an error could not be reported: TypeError: broken'),
    );
  });

  for (const [what, options] of [
    ['rss', { readings: { rss: () => fail('EMFILE: too many open files, uv_resident_set_memory') } }],
    ['heapUsed', { readings: { heapUsed: () => fail('no heap') } }],
    ['uptime', { readings: { uptime: () => fail('no clock') } }],
  ] as const) {
    it(`reports an error without ${what} where that can't be read, and says why`, () => {
      const warnings: unknown[] = [];
      const none = () => {};
      diag.setLogger({
        warn: (message) => warnings.push(message),
        error: none,
        info: none,
        debug: none,
        verbose: none,
      });
      const { reporter, records } = createBench(options);
      assert.equal(reporter.capture(new Error('the last one'), HOW), true);
      assert.equal(records[0]?.attributes?.['exception.message'], 'the last one');
      assert.match(String(warnings[0]), new RegExp(`without ${what}, which can't be read: (EMFILE|no )`));
    });
  }

  it('reports an error by its texts alone where its request, its context or its span can not be read', () => {
    const { reporter, records, current } = createBench();
    current.span = {
      spanContext: () => fail('no span'),
      isRecording: () => fail('no span'),
    } as unknown as Span;
    const request = createRequest();
    Object.defineProperty(request, 'path', { get: () => fail('no path') });
    assert.equal(reporter.capture(new Error('still told'), { ...HOW, request }), true);
    const { attributes } = records[0] ?? {};
    assert.equal(attributes?.['exception.message'], 'still told');
    assert.equal(attributes?.['process.runtime.version'], '22.20.0');
  });

  it('does not report what happens while it reports', () => {
    const inner = createBench();
    let nested: boolean | undefined;
    const bench = createBench({
      logger: () => ({
        emit: (record) => {
          inner.records.push(record);
          nested = bench.reporter.capture(new Error('from the exporter'), HOW);
        },
        enabled: () => true,
      }),
    });
    bench.reporter.capture(new Error('x'), HOW);
    assert.equal(nested, false);
    assert.equal(inner.records.length, 1);
  });
});

describe('what may be told of an error', () => {
  const { reporter, records } = createBench();

  it('is its name, message and stack, without secrets', () => {
    const error = new TypeError('login failed with password=hunter2 for anna');
    const told = reporter.redacted(error);
    assert.deepEqual([told.name, told.message], ['TypeError', `login failed with password=${REDACTED} for anna`]);
    assert.equal(told.stack, error.stack?.replace('hunter2', REDACTED));
  });

  it('is cut where it is too long', () => {
    const error = Object.assign(new Error('x'.repeat(100_000)), { name: 'n'.repeat(1000) });
    error.stack = `Error: ${'y'.repeat(100_000)}`;
    const { name, message, stack = '' } = reporter.redacted(error);
    assert.deepEqual([name.length, message.length, stack.length], [129, 4097, 16_385]);
  });

  it('has no stack where there is none', () => {
    assert.deepEqual(reporter.redacted('plain'), { name: 'string', message: 'plain' });
    assert.deepEqual(reporter.redacted(undefined), { name: 'undefined', message: 'undefined' });
  });

  it('is text, whatever was thrown', () => {
    const trap = (): never => {
      throw new Error('trap');
    };
    const traps = { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap, getOwnPropertyDescriptor: trap };
    const unreadable = new Error('x');
    for (const key of ['stack', 'name', 'message', 'constructor'])
      Object.defineProperty(unreadable, key, { get: trap });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const hostile = [new Proxy(new Error('x'), traps), new Proxy(trap, traps), unreadable, revoked.proxy];
    const check = (thrown: unknown): void => {
      const { name, message, stack } = reporter.redacted(thrown);
      assert.deepEqual([typeof name, typeof message], ['string', 'string']);
      assert.ok(stack === undefined || typeof stack === 'string');
    };
    for (const thrown of [...hostile, Symbol('x')]) check(thrown);
    fc.assert(fc.property(fc.anything(), check));
  });

  it('is no report', () => {
    reporter.redacted(new Error('x'));
    assert.deepEqual(records, []);
  });

  it('is little where the redaction fails', () => {
    const redactor = createRedactor();
    const text = (): never => {
      throw new Error('broken');
    };
    const bench = createBench({ redactor: { ...redactor, text } });
    assert.deepEqual(bench.reporter.redacted(new Error('x')), { name: 'Error', message: '[unreadable]' });
  });
});
