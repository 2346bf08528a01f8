import assert from 'node:assert/strict';
import {
  context,
  createTraceState,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type ReadableSpan, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { SamplerName } from '../../../src/config/configuration.js';
import { SAMPLER_NAMES } from '../../../src/config/sampler-argument.js';
import { MAX_SPANS_UNASKED } from '../../../src/tracing/budget/span-budget.js';
import { type BoundReached, TraceBudget } from '../../../src/tracing/budget/trace-budget.js';
import { createSampling } from '../../../src/tracing/create-sampler.js';
import { DecidedSampler } from '../../../src/tracing/decided-sampler.js';
import { createPropagator } from '../../../src/tracing/propagation.js';
import { seededRandom } from '../../limits/seeded-random.js';
import { rule } from '../sampling-rules.js';

const OWN = 20;
const PARENTS = 200;
const SMALL = 100;

/** The SDK's tracer with a sampler and a budget, as the distro puts them together. */
function traced(name: SamplerName, { ratio = 1, reservoirPerSecond = 1 } = {}) {
  const clock = { now: 10_000 };
  const now = () => clock.now;
  const lost: BoundReached[] = [];
  const bound = (spansPerSecond: number) => ({ spansPerSecond, bytesPerSecond: spansPerSecond * 2000 });
  const budget = new TraceBudget({
    own: bound(OWN),
    parents: bound(PARENTS),
    onLost: (reason) => lost.push(reason),
    now,
    random: seededRandom(5),
  });
  const sampling = createSampling({ name, ratio, reservoirPerSecond }, { name: 'shop' }, now, budget);
  const spans: ReadableSpan[] = [];
  const processor: SpanProcessor = {
    onStart: (span, parent) => budget.spanStarted(span, parent),
    onEnd(span) {
      spans.push(span);
      budget.spanEnded(span, SMALL);
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const provider = new TracerProvider({
    sampler: new DecidedSampler(sampling.sampler),
    spanProcessors: [processor],
  });
  return { clock, lost, spans, tracer: provider.getTracer('test'), ...sampling };
}

/** A trace of one server span and `below` client spans. */
function serve(tracer: Tracer, parent = ROOT_CONTEXT, below = 0, kind = SpanKind.SERVER): Span {
  const span = tracer.startSpan('GET', { kind }, parent);
  const ctx = trace.setSpan(parent, span);
  for (let i = 0; i < below; i += 1) tracer.startSpan('query', { kind: SpanKind.CLIENT }, ctx).end();
  span.end();
  return span;
}

function remoteParent(sampled = true, state = '') {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '65f0c0de0123456789abcdef01234567',
    spanId: '0123456789abcdef',
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
    ...(state && { traceState: createTraceState(state) }),
  });
}

/** Spans a second, while 2000 traces a second begin. */
function perSecond({ clock, spans }: ReturnType<typeof traced>, once: () => void, seconds = 20): number {
  for (let i = 0; i < seconds * 2000; i += 1) {
    clock.now += 0.5;
    once();
  }
  return spans.length / seconds;
}

const SAMPLING = SAMPLER_NAMES.filter((name) => !name.endsWith('always_off'));

describe('TraceBudget', () => {
  for (const name of SAMPLING) {
    for (const below of [0, 4]) {
      it(`bounds traces of ${1 + below} spans that ${name} takes`, () => {
        const set = traced(name);
        const spans = perSecond(set, () => serve(set.tracer, ROOT_CONTEXT, below));
        assert.ok(spans <= OWN * 1.05 && spans >= OWN * 0.9, `${spans}`);
        assert.deepEqual(set.lost, []);
      });
    }

    it(`bounds background work that ${name} takes`, () => {
      const set = traced(name);
      const spans = perSecond(set, () => serve(set.tracer, ROOT_CONTEXT, 0, SpanKind.CLIENT));
      assert.ok(spans <= OWN * 1.05 && spans >= OWN * 0.9, `${spans}`);
    });

    it(`leaves no half of a trace with ${name}`, () => {
      const set = traced(name);
      for (let i = 0; i < 20_000; i += 1) {
        set.clock.now += 0.5;
        serve(set.tracer, ROOT_CONTEXT, 3, i % 2 ? SpanKind.SERVER : SpanKind.INTERNAL);
      }
      const sizes = new Map<string, number>();
      for (const span of set.spans) {
        const { traceId } = span.spanContext();
        sizes.set(traceId, (sizes.get(traceId) ?? 0) + 1);
      }
      assert.deepEqual([...new Set(sizes.values())], [4]);
    });
  }

  it('lets the reservoir take one a second of a quiet service', () => {
    const set = traced('parentbased_reservoir', { ratio: 0 });
    for (let i = 0; i < 600; i += 1) {
      set.clock.now += 100;
      serve(set.tracer, ROOT_CONTEXT, 9);
    }
    assert.equal(set.spans.length, 600);
  });

  it('keeps the statistics of sampling rules true', () => {
    const set = traced('xray', { ratio: 0 });
    set.xray?.useRules({ rules: [rule({ fixedRate: 1, reservoirSize: 1 })], readAt: 0 });
    perSecond(set, () => serve(set.tracer));
    const [statistics] = set.xray?.dueStatistics() ?? [];
    assert.equal(statistics?.requestCount, 40_000);
    assert.equal(statistics?.sampledCount, set.spans.length);
    assert.ok(
      (statistics?.borrowCount ?? 99) <= 21 && (statistics?.borrowCount ?? 0) > 0,
      `${statistics?.borrowCount}`,
    );
  });

  describe('a parent that samples everything', () => {
    for (const [name, header] of [
      ['parentbased_reservoir', undefined],
      ['parentbased_always_off', undefined],
      ['xray', undefined],
      ['parentbased_reservoir', 'Root=1-65f0c0de-0123456789abcdef01234567;Sampled=1'],
    ] as const) {
      it(`is followed by ${name} up to the second ceiling${header ? ', without a parent id too' : ''}`, () => {
        const set = traced(name, { ratio: 0, reservoirPerSecond: 0 });
        const parent =
          header === undefined
            ? remoteParent()
            : createPropagator(['xray']).extract(ROOT_CONTEXT, { 'x-amzn-trace-id': header }, defaultTextMapGetter);
        const spans = perSecond(set, () => serve(set.tracer, parent, 1));
        assert.ok(spans <= PARENTS * 1.05 && spans >= PARENTS * 0.9, `${spans}`);
        assert.deepEqual([...new Set(set.lost)], ['parents_ceiling']);
        assert.equal(set.lost.length, 40_000 - set.spans.length / 2);
      });
    }

    it('takes nothing from what is decided here', () => {
      const set = traced('parentbased_always_on');
      for (let i = 0; i < 20_000; i += 1) {
        set.clock.now += 0.5;
        serve(set.tracer, remoteParent());
        if (i % 200 === 0) serve(set.tracer);
      }
      const own = set.spans.filter(({ parentSpanContext }) => parentSpanContext === undefined).length;
      assert.equal(own, 100);
    });

    it('is told by no header that what was dropped is sampled', () => {
      const set = traced('parentbased_reservoir');
      const propagator = createPropagator(['xray', 'tracecontext', 'b3']);
      const parent = remoteParent(true, 'ot=th:8;rv:0123456789abcd,vendor=x');
      let dropped: Span | undefined;
      for (let i = 0; i < 2000 && dropped === undefined; i += 1) {
        const span = set.tracer.startSpan('GET', { kind: SpanKind.SERVER }, parent);
        if (!span.isRecording()) dropped = span;
      }
      assert.ok(dropped);
      const headers: Record<string, string> = {};
      propagator.inject(trace.setSpan(ROOT_CONTEXT, dropped), headers, defaultTextMapSetter);
      const { spanId, traceId } = dropped.spanContext();
      assert.deepEqual(headers, {
        'x-amzn-trace-id': `Root=1-65f0c0de-0123456789abcdef01234567;Parent=${spanId};Sampled=0`,
        traceparent: `00-${traceId}-${spanId}-00`,
        tracestate: 'ot=rv:0123456789abcd,vendor=x',
        b3: `${traceId}-${spanId}-0`,
      });
    });
  });

  it('holds a trace that grows for ever to the rate, and counts what it drops', () => {
    const set = traced('parentbased_always_on');
    const root = set.tracer.startSpan('poll');
    const ctx = trace.setSpan(context.active(), root);
    const add = () => set.tracer.startSpan('query', {}, ctx).end();
    for (let i = 0; i < MAX_SPANS_UNASKED; i += 1) add();
    assert.deepEqual(set.lost, []);
    set.clock.now += 120_000;
    const before = set.spans.length;
    for (let i = 0; i < 20_000; i += 1) {
      set.clock.now += 1;
      add();
    }
    const grown = (set.spans.length - before) / 20;
    assert.ok(grown <= OWN * 1.05 && grown >= OWN * 0.9, `${grown}`);
    assert.deepEqual([...new Set(set.lost)], ['trace_growth']);
    assert.equal(set.lost.length, 20_000 - (set.spans.length - before));
  });

  it('follows a local span of another provider up to the second ceiling', () => {
    const set = traced('parentbased_always_on');
    const foreign = trace.wrapSpanContext({
      traceId: '65f0c0de0123456789abcdef01234567',
      spanId: '0123456789abcdef',
      traceFlags: TraceFlags.SAMPLED,
    });
    const spans = perSecond(set, () => serve(set.tracer, trace.setSpan(ROOT_CONTEXT, foreign)));
    assert.ok(spans <= PARENTS * 1.05 && spans >= PARENTS * 0.9, `${spans}`);
  });

  it('leaves always_on nothing below a span that is not sampled', () => {
    for (const name of SAMPLER_NAMES) assert.equal(traced(name).keepsItsWord, true, name);
  });
});
