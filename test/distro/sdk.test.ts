import assert from 'node:assert/strict';
import {
  context,
  logs,
  metrics,
  ProxyTracerProvider,
  propagation,
  type Span,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemoryLogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type TracerProvider,
} from '@opentelemetry/sdk-trace';
import { readConfiguration } from '../../src/config/read.js';
import { startSdk, stopSdk } from '../../src/distro/sdk.js';
import { wrapTracerProvider } from '../../src/distro/tracing.js';
import { UnsampledSpan } from '../../src/requests/unsampled-span.js';
import { RequestIdGenerator } from '../../src/tracing/id-generator.js';
import { createPropagator } from '../../src/tracing/propagation.js';

const TRACE = 'a'.repeat(32);

describe('startSdk', () => {
  const spans = new InMemorySpanExporter();
  const records = new InMemoryLogRecordExporter();
  const points = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter: points, exportIntervalMillis: 600_000 });
  /** The spans that the SDK was asked for, and whether by a tracer of NodeSDK's provider. */
  const sent: [name: string, isOfNodeSdk: boolean][] = [];
  let startSpan: Tracer['startSpan'];
  let registered: TracerProvider;

  before(() => {
    const { configuration } = readConfiguration({ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2' });
    startSdk({
      configuration,
      resource: resourceFromAttributes({ 'service.name': 'shop' }),
      propagator: createPropagator(['tracecontext']),
      sampler: new AlwaysOnSampler(),
      idGenerator: new RequestIdGenerator(),
      spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
      metricReaders: [reader],
      views: [],
      logRecordProcessors: [new SimpleLogRecordProcessor({ exporter: records })],
    });
    const proxy = trace.getTracerProvider();
    assert.ok(proxy instanceof ProxyTracerProvider);
    registered = proxy.getDelegate() as TracerProvider;
    const prototype = Object.getPrototypeOf(registered.getTracer('any'));
    startSpan = prototype.startSpan;
    prototype.startSpan = function (this: Tracer, ...args: Parameters<Tracer['startSpan']>) {
      const { name, version } = Reflect.get(this, 'instrumentationScope');
      sent.push([args[0], this === registered.getTracer(name, version)]);
      return startSpan.apply(this, args);
    };
    wrapTracerProvider(configuration);
  });
  after(async () => {
    Object.getPrototypeOf(registered.getTracer('any')).startSpan = startSpan;
    await reader.shutdown();
    stopSdk();
  });
  afterEach(() => {
    spans.reset();
    sent.length = 0;
  });

  it('has every recorded span started by the provider that NodeSDK has registered', () => {
    const tracer = trace.getTracer('application', '1');
    tracer.startActiveSpan('outer', (outer: Span) => {
      trace.getTracer('library').startSpan('inner').end();
      outer.end();
    });
    tracer.startSpan('unsampled', {}, trace.setSpan(context.active(), unsampledRequest())).end();
    assert.deepEqual(sent, [
      ['outer', true],
      ['inner', true],
    ]);
    assert.deepEqual(
      spans.getFinishedSpans().map(({ name, resource }) => [name, resource.attributes['service.name']]),
      [
        ['inner', 'shop'],
        ['outer', 'shop'],
      ],
    );
  });

  it('gives the SDK the limits of the settings', () => {
    trace
      .getTracer('application')
      .startSpan('wide', { attributes: { a: 1, b: 2, c: 3 } })
      .end();
    const [span] = spans.getFinishedSpans();
    assert.deepEqual([Object.keys(span?.attributes ?? {}), span?.droppedAttributesCount], [['a', 'b'], 1]);
  });

  it('registers context, propagation, metrics and logs', async () => {
    const carrier: Record<string, string> = {};
    trace.getTracer('application').startActiveSpan('caller', (span) => {
      propagation.inject(context.active(), carrier);
      span.end();
    });
    assert.match(carrier.traceparent ?? '', /^00-[\da-f]{32}-[\da-f]{16}-01$/);
    metrics.getMeter('application').createCounter('orders').add(2);
    await reader.forceFlush();
    assert.equal(points.getMetrics()[0]?.scopeMetrics[0]?.metrics[0]?.descriptor.name, 'orders');
    logs.getLogger('application').emit({ body: 'ordered' });
    assert.equal(records.getFinishedLogRecords()[0]?.body, 'ordered');
  });

  it('lets another SDK register once it is stopped', () => {
    stopSdk();
    assert.ok(trace.setGlobalTracerProvider(registered));
    assert.ok(metrics.setGlobalMeterProvider(metrics.getMeterProvider()));
  });
});

function unsampledRequest(): UnsampledSpan {
  return new UnsampledSpan(TRACE, () => 'b'.repeat(16), undefined);
}
