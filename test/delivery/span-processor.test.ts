import assert from 'node:assert/strict';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  createAlwaysRecordSampler,
  type Sampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { readLists } from '../../src/delivery/list-bytes.js';
import type { Telemetry } from '../../src/delivery/protocol.js';
import { DeliverySpanProcessor } from '../../src/delivery/span-processor.js';
import type { PlainRequestSpan } from '../../src/requests/request-span.js';

const BATCH = { maxQueueSize: 2048, maxExportBatchSize: 3, scheduledDelay: 60_000, exportTimeout: 30_000 };

const REQUEST: PlainRequestSpan = [
  ...(['GET', '/', 'http', '1.1', 'example.org', undefined, ['forwarded', 'for=1.2.3.4'], '127.0.0.1', 4000] as const),
  ...(['a'.repeat(32), 'b'.repeat(16), 1, undefined, undefined, undefined, 1_700_000_000_000, 1.5] as const),
  ...([200, undefined, '/', { 'aws.xray.rule': 'x' }] as const),
];

function setUp(sampler: Sampler = new AlwaysOnSampler(), batch = BATCH) {
  const sizes: number[] = [];
  const processor = new DeliverySpanProcessor((telemetry: Telemetry) => {
    sizes.push(telemetry.kind === 'spans' ? telemetry.spans.length : -1);
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
      message.spans.map(({ name }) => name),
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
    assert.deepEqual([message.spans, [...readLists(message.requests ?? new Uint8Array())]], [[], [REQUEST]]);
    assert.equal(posted.length, 1);
  });

  it('hands over 512 spans that are objects at once, whatever the batch size, and requests not before it', () => {
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
      posted.push([telemetry.spans.length, [...readLists(telemetry.requests ?? new Uint8Array())].length]);
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
});
