import assert from 'node:assert/strict';
import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { type ExponentialHistogram, MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { currentWork, Jobs } from '../../src/jobs/jobs.js';
import { jobRun, messageProcessing } from '../../src/jobs/work.js';
import { MAX_WORK_NAMES } from '../../src/jobs/work-names.js';
import { InstrumentAggregate } from '../../src/metrics/instrument-aggregate.js';

const TRACE = '5e1b41515ac6c58f5b5dbf7f2c1d5a4f';
const PARENT = `00-${TRACE}-53995c3f42cd8ad8-01`;

function createBench(sampler = new AlwaysOnSampler()) {
  const exporter = new InMemorySpanExporter();
  const tracers = new TracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const meters = new InstrumentAggregate({
    others: new MeterProvider(),
    flush: async () => {},
    startTime: [0, 0],
  });
  const clock = { now: 0 };
  const captured: { error: unknown; mechanism: string; work: unknown; traceId: string | undefined }[] = [];
  const problems: string[] = [];
  return {
    clock,
    captured,
    problems,
    spans: () => exporter.getFinishedSpans(),
    durations: () =>
      meters.collect([1, 0]).flatMap(({ metrics }) =>
        metrics.flatMap(({ descriptor, dataPoints }) =>
          dataPoints.map(({ attributes, value }) => {
            const { count, sum } = value as ExponentialHistogram;
            return { name: descriptor.name, unit: descriptor.unit, attributes, count, sum };
          }),
        ),
      ),
    jobs: new Jobs({
      tracer: () => tracers.getTracer('jobs'),
      meter: () => meters.getMeter('jobs'),
      capture: (error, mechanism) => {
        const traceId = trace.getActiveSpan()?.spanContext().traceId;
        captured.push({ error, mechanism, work: currentWork(), traceId });
      },
      describe: (error) =>
        error instanceof Error
          ? { name: error.name, message: error.message }
          : { name: typeof error, message: String(error) },
      now: () => clock.now,
      onProblem: (text) => void problems.push(text),
    }),
  };
}

describe('Jobs', () => {
  before(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  });
  after(() => {
    context.disable();
    propagation.disable();
  });

  it('returns what the run returns, and measures it in seconds under its name', () => {
    const bench = createBench();
    const result = bench.jobs.run(jobRun('invoices', 'test'), () => {
      bench.clock.now += 1500;
      return 7;
    });
    assert.equal(result, 7);
    assert.deepEqual(bench.durations(), [
      {
        name: 'monitoring.job.duration',
        unit: 's',
        attributes: { 'monitoring.job.name': 'invoices' },
        count: 1,
        sum: 1.5,
      },
    ]);
  });

  it('measures a promise until it settles, and settles as it does', async () => {
    const bench = createBench();
    const settled = Promise.resolve('done');
    const result = bench.jobs.run(jobRun('invoices', 'test'), () => settled);
    bench.clock.now = 2000;
    assert.equal(await result, 'done');
    assert.equal(bench.durations()[0]?.sum, 2);
  });

  it('measures a run that is not sampled as well', () => {
    const bench = createBench(new AlwaysOffSampler());
    bench.jobs.run(jobRun('invoices', 'test'), () => (bench.clock.now += 10));
    assert.equal(bench.durations()[0]?.count, 1);
    assert.deepEqual(bench.spans(), []);
  });

  for (const [kind, fail] of [
    [
      'throws',
      () => {
        throw new RangeError('no till');
      },
    ],
    [
      'rejects',
      async () => {
        throw new RangeError('no till');
      },
    ],
  ] as const) {
    it(`reports a run that ${kind}, within its trace, and lets the error go on`, async () => {
      const bench = createBench();
      await assert.rejects(async () => await bench.jobs.run(jobRun('invoices', 'test'), fail), RangeError);
      const [span] = bench.spans();
      assert.equal(span?.status.code, SpanStatusCode.ERROR);
      assert.equal(span?.attributes['error.type'], 'RangeError');
      assert.equal(bench.captured.length, 1);
      assert.equal(bench.captured[0]?.mechanism, 'test');
      assert.equal(bench.captured[0]?.traceId, span?.spanContext().traceId);
      assert.deepEqual(bench.captured[0]?.work, { 'monitoring.job.name': 'invoices' });
      assert.deepEqual(bench.durations()[0]?.attributes, {
        'monitoring.job.name': 'invoices',
        'error.type': 'RangeError',
      });
    });
  }

  it('throws on the same turn what a run throws on it', () => {
    const bench = createBench();
    const run = (): never => {
      throw undefined;
    };
    let thrown = false;
    try {
      bench.jobs.run(jobRun('invoices', 'test'), run);
    } catch (error) {
      thrown = error === undefined;
    }
    assert.equal(thrown, true);
    assert.equal(bench.captured.length, 1);
  });

  it('starts a trace of its own, with a link to the span that is active at the call', () => {
    const bench = createBench();
    const caller = trace.wrapSpanContext({ traceId: TRACE, spanId: '53995c3f42cd8ad8', traceFlags: 1 });
    context.with(trace.setSpan(ROOT_CONTEXT, caller), () => bench.jobs.run(jobRun('invoices', 'test'), () => {}));
    const [span] = bench.spans();
    assert.notEqual(span?.spanContext().traceId, TRACE);
    assert.equal(span?.parentSpanContext, undefined);
    assert.deepEqual(
      span?.links.map((link) => link.context.traceId),
      [TRACE],
    );
  });

  it('links the processing of a message to the trace that its headers name, as text or as bytes', () => {
    for (const traceparent of [PARENT, Buffer.from(PARENT)]) {
      const bench = createBench();
      const work = messageProcessing({
        system: 'kafka',
        destination: 'orders',
        mechanism: 'test',
        id: '17',
        headers: { traceparent },
      });
      bench.jobs.run(work, () => {});
      const [span] = bench.spans();
      assert.equal(span?.kind, SpanKind.CONSUMER);
      assert.equal(span?.name, 'process orders');
      assert.notEqual(span?.spanContext().traceId, TRACE);
      assert.equal(span?.links[0]?.context.traceId, TRACE);
      assert.equal(span?.attributes['messaging.message.id'], '17');
      assert.deepEqual(bench.durations()[0]?.attributes, {
        'messaging.system.name': 'kafka',
        'messaging.destination.name': 'orders',
        'messaging.operation.name': 'process',
      });
    }
  });

  it('makes no span where another instrumentation makes it', () => {
    const bench = createBench();
    const work = {
      ...messageProcessing({ system: 'kafka', destination: 'orders', mechanism: 'test' }),
      hasSpan: true,
    };
    bench.jobs.run(work, () => {});
    assert.deepEqual(bench.spans(), []);
    assert.equal(bench.durations()[0]?.count, 1);
  });

  it('measures 200 names one by one, and says once that further ones are measured together', () => {
    const bench = createBench();
    for (let i = 0; i <= MAX_WORK_NAMES + 1; i++) bench.jobs.run(jobRun(`job ${i}`, 'test'), () => {});
    const names = bench.durations().map(({ attributes, count }) => [attributes['monitoring.job.name'], count]);
    assert.deepEqual(names.at(-2), [`job ${MAX_WORK_NAMES - 1}`, 1]);
    assert.deepEqual(names.at(-1), ['_OTHER', 2]);
    assert.equal(bench.problems.length, 1);
    bench.jobs.run(jobRun('job 0', 'test'), () => {});
    assert.equal(bench.durations()[0]?.attributes['monitoring.job.name'], 'job 0');
  });

  it('runs what has no name all the same, and says so', () => {
    const bench = createBench();
    assert.equal(
      bench.jobs.runJob('', () => 1),
      1,
    );
    assert.equal(
      bench.jobs.runJob({ toString: null } as never, () => 2),
      2,
    );
    assert.equal(bench.problems.length, 2);
    assert.equal(bench.durations()[0]?.count, 2);
  });

  it('runs the work once where measuring fails', () => {
    const bench = createBench();
    const jobs = new Jobs({
      tracer: () => {
        throw new Error('no tracer');
      },
      meter: () => {
        throw new Error('no meter');
      },
      capture() {},
      describe: () => ({ name: 'Error', message: 'no tracer' }),
      now: () => 0,
      onProblem: (text) => void bench.problems.push(text),
    });
    let runs = 0;
    jobs.run(jobRun('invoices', 'test'), () => (runs += 1));
    assert.equal(runs, 1);
    assert.match(bench.problems[0] ?? '', /invoices/);
  });

  it('ends the run that the process dies in, without a second event', async () => {
    const bench = createBench();
    bench.jobs.run(jobRun('invoices', 'test'), () => {
      bench.clock.now = 1000;
      bench.jobs.fail(new RangeError('no till'));
    });
    assert.deepEqual(bench.captured, []);
    assert.equal(bench.durations()[0]?.attributes['error.type'], 'RangeError');
    assert.equal(bench.spans()[0]?.status.code, SpanStatusCode.ERROR);
  });

  it('tells the work to errors in what the run started', async () => {
    const bench = createBench();
    const work = await bench.jobs.run(jobRun('invoices', 'test'), async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return currentWork();
    });
    assert.deepEqual(work, { 'monitoring.job.name': 'invoices' });
    assert.equal(currentWork(), undefined);
  });
});
