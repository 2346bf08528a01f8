import assert from 'node:assert/strict';
import {
  type Attributes,
  createTraceState,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  createAlwaysRecordSampler,
  type ReadableSpan,
  type Sampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { DeliverySpanProcessor } from '../../../src/delivery/application/span-processor.js';
import { readLists } from '../../../src/wire/list-bytes.js';
import type { PlainSpan, Telemetry } from '../../../src/wire/messages.js';
import { toPlainSpan } from '../../../src/wire/plain-spans.js';
import type { PlainRequestSpan } from '../../../src/wire/request-span.js';

const BATCH = { maxQueueSize: 2048, maxExportBatchSize: 3, scheduledDelay: 60_000, exportTimeout: 30_000 };

const REQUEST: PlainRequestSpan = [
  ...(['GET', '/', 'http', '1.1', 'example.org', undefined, ['forwarded', 'for=1.2.3.4'], '127.0.0.1', 4000] as const),
  ...(['a'.repeat(32), 'b'.repeat(16), 1, undefined, undefined, undefined, 1_700_000_000_000, 1.5] as const),
  ...([200, undefined, '/', { 'aws.xray.rule': 'x' }] as const),
];

type SpanMessage = Extract<Telemetry, { kind: 'spans' }>;

/** Those of others than requests, in whatever form. */
function othersIn({ spans, written }: SpanMessage): PlainSpan[] {
  return [...spans, ...[...readLists(written ?? new Uint8Array())].map(([span]) => span as PlainSpan)];
}

/** Members that are undefined are as good as absent. */
function withoutAbsent<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutAbsent) as T;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const present = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(present.map(([name, member]) => [name, withoutAbsent(member)])) as T;
}

function setUp(sampler: Sampler = new AlwaysOnSampler(), batch = BATCH) {
  const sizes: number[] = [];
  const processor = new DeliverySpanProcessor((telemetry: Telemetry) => {
    sizes.push(telemetry.kind === 'spans' ? othersIn(telemetry).length : -1);
  }, batch);
  const tracer = new TracerProvider({ sampler, spanProcessors: [processor] }).getTracer('test');
  return { sizes, processor, end: (n: number) => Array.from({ length: n }, () => tracer.startSpan('s').end()) };
}

describe('DeliverySpanProcessor', () => {
  it('hands over at the batch size and not before', () => {
    const { sizes, end } = setUp();
    end(2);
    assert.deepEqual(sizes, []);
    end(1);
    assert.deepEqual(sizes, [3]);
  });

  it('hands over what is left when asked, once', () => {
    const { sizes, processor, end } = setUp();
    end(2);
    processor.handOver();
    processor.handOver();
    assert.deepEqual(sizes, [2]);
  });

  it('hands over requests and spans together, and counts both', () => {
    const posted: Telemetry[] = [];
    const processor = new DeliverySpanProcessor((telemetry) => posted.push(telemetry), BATCH);
    const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test');
    processor.takeRequest(REQUEST);
    tracer.startSpan('s').end();
    assert.deepEqual([...posted], []);
    processor.takeRequest(REQUEST);
    const [message] = posted;
    assert.ok(message?.kind === 'spans');
    assert.deepEqual(
      othersIn(message).map(({ name }) => name),
      ['s'],
    );
    assert.deepEqual([...readLists(message.requests ?? new Uint8Array())], [REQUEST, REQUEST]);
  });

  it('hands over requests alone, in the last moment too', () => {
    const posted: Telemetry[] = [];
    const processor = new DeliverySpanProcessor((telemetry) => posted.push(telemetry), BATCH);
    processor.takeRequest(REQUEST);
    processor.handOver();
    const [message] = posted;
    assert.ok(message?.kind === 'spans');
    assert.deepEqual([othersIn(message), [...readLists(message.requests ?? new Uint8Array())]], [[], [REQUEST]]);
    assert.equal(posted.length, 1);
  });

  it('hands over 512 spans that are of no request at once, whatever the batch size, and requests not before it', () => {
    const { sizes, processor, end } = setUp(undefined, { ...BATCH, maxExportBatchSize: 2048 });
    for (let request = 0; request < 513; request += 1) processor.takeRequest(REQUEST);
    end(511);
    assert.deepEqual(sizes, []);
    end(1);
    assert.deepEqual(sizes, [512]);
    for (let request = 0; request < 2047; request += 1) processor.takeRequest(REQUEST);
    assert.deepEqual(sizes, [512]);
    processor.takeRequest(REQUEST);
    assert.deepEqual(sizes, [512, 0]);
  });

  it('leaves a request with the spans that ended before it', () => {
    const posted: [number, number][] = [];
    const post = (telemetry: Telemetry) => {
      if (telemetry.kind !== 'spans') return;
      posted.push([othersIn(telemetry).length, [...readLists(telemetry.requests ?? new Uint8Array())].length]);
    };
    const processor = new DeliverySpanProcessor(post, { ...BATCH, maxExportBatchSize: 2048 });
    const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test');
    for (let request = 0; request < 350; request += 1) {
      for (let call = 0; call < 3; call += 1) tracer.startSpan('call').end();
      processor.takeRequest(REQUEST);
    }
    processor.handOver();
    assert.deepEqual(posted, [
      [512, 170],
      [512, 171],
      [26, 9],
    ]);
  });

  it('keeps back spans that are recorded but not sampled', () => {
    const { sizes, processor, end } = setUp(createAlwaysRecordSampler(new AlwaysOffSampler()));
    end(3);
    processor.handOver();
    assert.deepEqual(sizes, []);
  });

  for (const [what, attribute, asObject] of [
    ['texts, numbers, booleans and lists of them', ['a', 'b'], false],
    ['lone surrogates', '\ud800', false],
    ['the longest number', Number.MAX_SAFE_INTEGER, false],
    ['no number', Number.NaN, true],
    ['infinity', [1, Number.POSITIVE_INFINITY], true],
    ['the negative zero', -0, true],
    ['bytes', new Uint8Array([1, 2]), true],
    ['a map', { a: 1 }, true],
    ['a list with holes', ['a', null], true],
  ] as const) {
    it(`hands over a span with ${what} as it is`, () => {
      const posted: SpanMessage[] = [];
      const processor = new DeliverySpanProcessor((telemetry) => posted.push(telemetry as SpanMessage), BATCH);
      const ended: ReadableSpan[] = [];
      const keep = { onStart() {}, onEnd: (span: ReadableSpan) => void ended.push(span) };
      const provider = new TracerProvider({
        spanProcessors: [processor, { ...keep, forceFlush: async () => {}, shutdown: async () => {} }],
      });
      const tracer = provider.getTracer('test', '1.0');
      const link = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1, isRemote: true };
      const parent = trace.setSpanContext(ROOT_CONTEXT, { ...link, traceState: createTraceState('k=v') });
      const attributes = { attribute, text: 'x', number: 1.5, yes: true } as unknown as Attributes;
      const span = tracer.startSpan(
        's',
        { kind: SpanKind.CLIENT, attributes, links: [{ context: link, attributes }] },
        parent,
      );
      span.addEvent('e', attributes);
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
      span.end();
      processor.handOver();
      const [message] = posted;
      assert.ok(message && ended[0]);
      assert.equal(message.spans.length, asObject ? 1 : 0);
      assert.deepEqual(othersIn(message).map(withoutAbsent), [withoutAbsent(toPlainSpan(ended[0]))]);
    });
  }

  for (const [of, prototype, otherwise] of [
    ['all objects, nothing', Object.prototype, undefined],
    ['all objects, a text', Object.prototype, 'otherwise'],
    ['all lists, a text', Array.prototype, 'otherwise'],
  ] as const)
    it(`hands over as an object what an application has JSON say otherwise: of ${of}`, () => {
      const posted: SpanMessage[] = [];
      const processor = new DeliverySpanProcessor((telemetry) => posted.push(telemetry as SpanMessage), BATCH);
      const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test');
      Object.defineProperty(prototype, 'toJSON', { value: () => otherwise, configurable: true });
      try {
        tracer.startSpan('s').end();
      } finally {
        Reflect.deleteProperty(prototype, 'toJSON');
      }
      processor.handOver();
      assert.deepEqual(
        posted.map(({ spans, written }) => [spans.length, written]),
        [[1, undefined]],
      );
    });

  it('leaves out a span that can not be read, and throws nothing into the application', () => {
    const posted: SpanMessage[] = [];
    const processor = new DeliverySpanProcessor((telemetry) => posted.push(telemetry as SpanMessage), BATCH);
    const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test');
    tracer.startSpan('linked to nothing', { links: [{ context: undefined as unknown as SpanContext }] }).end();
    tracer.startSpan('next').end();
    processor.handOver();
    assert.deepEqual(
      posted.flatMap(othersIn).map(({ name }) => name),
      ['next'],
    );
  });
});
