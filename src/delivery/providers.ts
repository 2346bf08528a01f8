import { context, diag, logs, metrics, propagation, type TextMapPropagator, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { getBooleanFromEnv, getNumberFromEnv } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, type MetricReader } from '@opentelemetry/sdk-metrics';
import {
  type IdGenerator,
  type Sampler,
  type SpanProcessor,
  TracerProvider,
  type TracerProviderOptions,
} from '@opentelemetry/sdk-trace';

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
}

/**
 * Registers context, propagation, traces, metrics and logs with OpenTelemetry's api. What `NodeSDK` of `sdk-node` does with all its parts
 * given, without the exporters, detectors and configuration files that it links, which each start would load for nothing.
 */
export function registerProviders(options: ProviderOptions): void {
  const { resource, propagator, sampler, idGenerator, spanProcessors, metricReaders, logRecordProcessors } = options;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(propagator);
  const measuresItself = getBooleanFromEnv('OTEL_NODE_EXPERIMENTAL_SDK_METRICS');
  const meters =
    metricReaders.length > 0
      ? new MeterProvider({ resource, readers: metricReaders, sdkMetricsEnabled: measuresItself })
      : undefined;
  if (meters) metrics.setGlobalMeterProvider(meters);
  const ofItself = measuresItself && meters ? { meterProvider: meters } : {};
  if (spanProcessors.length > 0) {
    const spanLimits = spanLimitsFromEnvironment();
    const tracing = { resource, sampler, idGenerator, spanProcessors, spanLimits, ...ofItself };
    // What the SDK measures of itself includes the spans that are not sampled.
    trace.setGlobalTracerProvider(measuresItself ? new TracerProvider(tracing) : options.createTracerProvider(tracing));
  }
  const logRecordLimits = logRecordLimitsFromEnvironment();
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ resource, processors: logRecordProcessors, logRecordLimits, ...ofItself }),
  );
}

function spanLimitsFromEnvironment() {
  return given({
    attributeCountLimit:
      getNumberFromEnv('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT') ?? getNumberFromEnv('OTEL_ATTRIBUTE_COUNT_LIMIT'),
    attributeValueLengthLimit:
      getNumberFromEnv('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
      getNumberFromEnv('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
    eventCountLimit: getNumberFromEnv('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    linkCountLimit: getNumberFromEnv('OTEL_SPAN_LINK_COUNT_LIMIT'),
    attributePerEventCountLimit: getNumberFromEnv('OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'),
    attributePerLinkCountLimit: getNumberFromEnv('OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'),
  });
}

function logRecordLimitsFromEnvironment() {
  return given({
    attributeCountLimit:
      positiveFromEnvironment('OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT') ??
      positiveFromEnvironment('OTEL_ATTRIBUTE_COUNT_LIMIT'),
    attributeValueLengthLimit:
      positiveFromEnvironment('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT') ??
      positiveFromEnvironment('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
  });
}

function given<Name extends string>(limits: Record<Name, number | undefined>): Partial<Record<Name, number>> {
  const entries = Object.entries<number | undefined>(limits).filter(([, limit]) => limit !== undefined);
  return Object.fromEntries(entries) as Partial<Record<Name, number>>;
}

function positiveFromEnvironment(name: string): number | undefined {
  const value = getNumberFromEnv(name);
  if (value === undefined || value > 0) return value;
  diag.warn(`${name} (${value}) must be greater than 0: the default counts`);
  return undefined;
}
