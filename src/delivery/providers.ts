import { context, logs, metrics, propagation, type TextMapPropagator, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { Resource } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { MetricReader } from '@opentelemetry/sdk-metrics';
import {
  type IdGenerator,
  type Sampler,
  type SpanProcessor,
  TracerProvider,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace';
import type { AttributeLimits, SpanLimits } from '../config/configuration.js';
import { FiniteMeterProvider } from './finite-meter-provider.js';

export interface ProviderOptions {
  resource: Resource;
  propagator: TextMapPropagator;
  sampler: Sampler;
  idGenerator: IdGenerator;
  /** Makes one that need not tell the SDK of spans which are not sampled. */
  createTracerProvider: (options: TracerProviderOptions) => TracerProvider;
  /** Without one, spans are not recorded. */
  spanProcessors: SpanProcessor[];
  /** Without one, metrics are not recorded. */
  metricReaders: MetricReader[];
  logRecordProcessors: LogRecordProcessor[];
  spanLimits: SpanLimits;
  logRecordLimits: AttributeLimits;
  /** Whether the SDK measures itself. */
  sdkMetrics: boolean;
}

/**
 * Registers context, propagation, traces, metrics and logs with OpenTelemetry's api. What `NodeSDK` of `sdk-node` does with all its parts
 * given, without the exporters, detectors and configuration files that it links, which each start would load for nothing.
 */
export function registerProviders(options: ProviderOptions): void {
  const { resource, propagator, sampler, idGenerator, spanProcessors, spanLimits, metricReaders, sdkMetrics } = options;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(propagator);
  const meters =
    metricReaders.length > 0
      ? new FiniteMeterProvider({ resource, readers: metricReaders, sdkMetricsEnabled: sdkMetrics })
      : undefined;
  if (meters) metrics.setGlobalMeterProvider(meters);
  const ofItself = sdkMetrics && meters ? { meterProvider: meters } : {};
  if (spanProcessors.length > 0) {
    const tracing = { resource, sampler, idGenerator, spanProcessors, spanLimits, ...ofItself };
    // What the SDK measures of itself includes the spans that are not sampled.
    trace.setGlobalTracerProvider(sdkMetrics ? new TracerProvider(tracing) : options.createTracerProvider(tracing));
  }
  const { logRecordProcessors, logRecordLimits } = options;
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ resource, processors: logRecordProcessors, logRecordLimits, ...ofItself }),
  );
}
