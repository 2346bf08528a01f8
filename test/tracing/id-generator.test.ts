import assert from 'node:assert/strict';
import { join } from 'node:path';
import { isSpanContextValid, ROOT_CONTEXT } from '@opentelemetry/api';
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { build } from 'esbuild';
import { RequestIdGenerator } from '../../src/tracing/id-generator.js';

const TRACE_ID = '65f0c0de0123456789abcdef01234567';
const SPAN_ID = '0123456789abcdef';

function assertXRayForm(traceId: string): void {
  assert.match(traceId, /^[\da-f]{32}$/);
  const age = Date.now() / 1000 - Number.parseInt(traceId.slice(0, 8), 16);
  assert.ok(age >= 0 && age < 5, `made ${age} s ago`);
}

describe('RequestIdGenerator', () => {
  const ids = new RequestIdGenerator();

  it('starts trace ids with the epoch second, generated and drawn ones', () => {
    assertXRayForm(ids.generateTraceId());
    assertXRayForm(ids.drawTraceId());
  });

  it('never repeats an id, within a batch of digits or across batches', () => {
    const traces = new Set(Array.from({ length: 1000 }, () => ids.drawTraceId()));
    const spans = new Set(Array.from({ length: 1000 }, () => ids.drawSpanId()));
    assert.equal(traces.size, 1000);
    assert.equal(spans.size, 1000);
  });

  it('draws ids that a span context takes as valid', () => {
    for (let i = 0; i < 200; i++) {
      assert.ok(isSpanContextValid({ traceId: ids.drawTraceId(), spanId: ids.drawSpanId(), traceFlags: 0 }));
    }
  });

  describe('as the preload has it', () => {
    let bundled: RequestIdGenerator;

    before(async () => {
      const { capturedRandom } = await import('../../scripts/preload-plugins.mjs');
      const { outputFiles } = await build({
        entryPoints: [join(__dirname, '../../src/tracing/id-generator.ts')],
        bundle: true,
        format: 'cjs',
        platform: 'node',
        mainFields: ['module', 'main'],
        plugins: [capturedRandom],
        write: false,
      });
      const module = { exports: {} as { RequestIdGenerator: typeof RequestIdGenerator } };
      new Function('module', 'require', outputFiles[0]?.text ?? '')(module, require);
      bundled = new module.exports.RequestIdGenerator();
    });

    it("takes nothing from a Math.random that is the application's", () => {
      const { random } = Math;
      Math.random = () => {
        throw new Error('not deterministic');
      };
      try {
        for (let i = 0; i < 100; i++) assert.notEqual(bundled.drawTraceId(), bundled.drawSpanId());
      } finally {
        Math.random = random;
      }
    });

    it('never repeats an id among a million, though the application has replaced Math.random', function () {
      this.timeout(60_000);
      const { random } = Math;
      let drawnByApplication = 0;
      Math.random = () => {
        drawnByApplication += 1;
        return 0.5;
      };
      try {
        const traces = new Set<string>();
        const spans = new Set<string>();
        for (let i = 0; i < 1_000_000; i++) {
          traces.add(bundled.generateTraceId());
          spans.add(bundled.generateSpanId());
        }
        assert.deepEqual([traces.size, spans.size, drawnByApplication], [1_000_000, 1_000_000, 0]);
      } finally {
        Math.random = random;
      }
    });
  });

  it('uses every random bit of the drawn ids', () => {
    const seen = {
      trace: Array.from({ length: 24 }, () => new Set<string>()),
      span: Array.from({ length: 16 }, () => new Set<string>()),
    };
    for (let i = 0; i < 1000; i++) {
      const trace = ids.drawTraceId().slice(8);
      const span = ids.drawSpanId();
      seen.trace.forEach((digits, place) => void digits.add(trace.charAt(place)));
      seen.span.forEach((digits, place) => void digits.add(span.charAt(place)));
    }
    for (const digits of [...seen.trace, ...seen.span]) assert.equal(digits.size, 16);
  });

  it('gives the first span that is started under withIds the given ids, and the next one others', () => {
    const tracer = new TracerProvider({ sampler: new AlwaysOnSampler(), idGenerator: ids }).getTracer('test');
    const start = () => tracer.startSpan('GET', {}, ROOT_CONTEXT).spanContext();
    const [first, second] = ids.withIds(TRACE_ID, SPAN_ID, () => [start(), start()]);
    assert.deepEqual([first?.traceId, first?.spanId], [TRACE_ID, SPAN_ID]);
    assert.notEqual(second?.traceId, TRACE_ID);
    assert.notEqual(second?.spanId, SPAN_ID);
  });

  it('forgets given ids that nobody took, also when the start fails', () => {
    ids.withIds(TRACE_ID, SPAN_ID, () => undefined);
    assert.notEqual(ids.generateTraceId(), TRACE_ID);
    assert.throws(() =>
      ids.withIds(TRACE_ID, SPAN_ID, () => {
        throw new Error('no tracer');
      }),
    );
    assert.notEqual(ids.generateSpanId(), SPAN_ID);
  });
});
