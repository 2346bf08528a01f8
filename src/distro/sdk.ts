import { context, diag, logs, metrics, propagation, type TextMapPropagator, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { Resource } from '@opentelemetry/resources';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { MetricReader, ViewOptions } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { IdGenerator, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Configuration } from '../config/configuration.js';
import { takeFiniteNumbers } from '../metrics/finite-numbers.js';
import { setSdkEnvironment } from './sdk-environment.js';

export interface SdkParts {
  configuration: Pick<Configuration, 'traces' | 'logs' | 'sdkMetrics'>;
  resource: Resource;
  propagator: TextMapPropagator;
  sampler: Sampler;
  idGenerator: IdGenerator;
  /** Without one, the SDK makes no spans. */
  spanProcessors: SpanProcessor[];
  /** Without one, the SDK measures nothing. */
  metricReaders: MetricReader[];
  views: ViewOptions[];
  logRecordProcessors: LogRecordProcessor[];
}

/**
 * Starts OpenTelemetry's NodeSDK with every part given: https://opentelemetry.io/docs/languages/js/instrumentation/#initialize-the-sdk
 * NodeSDK registers context, propagation, metrics, traces and logs with OpenTelemetry's api.
 */
export function startSdk(parts: SdkParts): void {
  const { configuration, resource, propagator, sampler, idGenerator } = parts;
  setSdkEnvironment(sdkEnvironment(configuration));
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    contextManager: new AsyncLocalStorageContextManager(),
    textMapPropagator: propagator,
    idGenerator,
    sampler,
    spanLimits: configuration.traces.limits,
    spanProcessors: parts.spanProcessors,
    metricReaders: parts.metricReaders,
    views: parts.views,
    logRecordProcessors: parts.logRecordProcessors,
    // Each is made when the module that it patches is first loaded: instrumentation/install.ts.
    instrumentations: [],
  });
  sdk.start();
  if (parts.metricReaders.length > 0) takeFiniteNumbers(metrics.getMeterProvider());
}

/** Takes back what NodeSDK has registered, so that another SDK may register. */
export function stopSdk(): void {
  for (const api of [trace, metrics, logs, propagation, context, diag]) api.disable();
}

/** The settings that NodeSDK takes from the environment only. */
function sdkEnvironment({ logs: { limits }, sdkMetrics }: SdkParts['configuration']): Record<string, string> {
  return {
    OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: String(limits.attributeCountLimit),
    OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: String(limits.attributeValueLengthLimit),
    OTEL_NODE_EXPERIMENTAL_SDK_METRICS: String(sdkMetrics),
  };
}
