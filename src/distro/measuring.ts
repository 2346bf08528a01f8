import { type MeterProvider, metrics } from '@opentelemetry/api';
import { hrTime } from '@opentelemetry/core';
import type { ViewOptions } from '@opentelemetry/sdk-metrics';
import type { Configuration } from '../config/configuration.js';
import type { Environment } from '../config/environment.js';
import { DeliveryMetricReader } from '../delivery/application/metric-reader.js';
import { type HostMetrics, startHostMetrics } from '../host/host-metrics.js';
import { InstrumentAggregate } from '../metrics/instrument-aggregate.js';
import { RequestAggregate } from '../requests/request-aggregate.js';
import { createViews, type Views } from '../views/views.js';
import type { Telemetry } from '../wire/messages.js';
import { HOST_SCOPE } from '../wire/scopes.js';
import { VERSION } from './names.js';

export interface Measuring {
  /** Whether metrics have a destination. */
  enabled: boolean;
  /** The server's requests. */
  aggregate: RequestAggregate;
  /** For OpenTelemetry's instrumentations; the SDK's own provider where metrics have no destination. */
  meterProvider(): MeterProvider;
  /** Reads all that is measured and hands it over. */
  reader: DeliveryMetricReader;
  /** Views of the SDK's instruments. */
  views: ViewOptions[];
}

/** What requests and instrumentations measure, and who reads it. */
export function createMeasuring(configuration: Configuration, post: (telemetry: Telemetry) => void): Measuring {
  const { exporters, interval, timeout } = configuration.metrics;
  const enabled = exporters.length > 0;
  const temporality = temporalityOf(configuration);
  const startTime = hrTime();
  const aggregate = new RequestAggregate({ startTime, temporality, version: VERSION });
  const views = viewsOf(configuration);
  const reader = new DeliveryMetricReader({
    post,
    sources: [aggregate],
    interval,
    timeout,
    temporality,
    hasExplicitBuckets: hasExplicitBuckets(configuration),
    ambientScopes: new Set([HOST_SCOPE]),
    ...(views && { views: views.sources }),
  });
  const flush = () => reader.collectAndPost();
  const instruments = new InstrumentAggregate({ others: metrics, flush, startTime, temporality });
  reader.addSource(instruments);
  return {
    enabled,
    aggregate,
    reader,
    views: views?.sdk ?? [],
    meterProvider: () => (enabled ? instruments : metrics.getMeterProvider()),
  };
}

/** Loads nothing where no file has views. */
function viewsOf(configuration: Configuration): Views | undefined {
  const { views, exporters } = configuration.metrics;
  if (views.length === 0) return undefined;
  return createViews(views, {
    toCloudWatch: exporters.includes('cloudwatch'),
    hasExplicitBuckets: hasExplicitBuckets(configuration),
  });
}

/** Readings of the process, the container and the event loop. Call it after the SDK has registered its meters. */
export function startHost(
  { host, metrics: { interval } }: Configuration,
  environment: Environment,
  { aggregate, reader }: Measuring,
): HostMetrics {
  const started = startHostMetrics({
    meter: metrics.getMeter(HOST_SCOPE, VERSION),
    sampleRatio: host.sampleRatio,
    ttl: host.ttl,
    interval,
    environment,
    countsFromProcessStart: true,
    inFlight: () => aggregate.inFlight(),
  });
  reader.leaveOutStale(HOST_SCOPE, started.isStale);
  return started;
}

/** A collector may ask for running totals; CloudWatch has no use for them. */
function temporalityOf(configuration: Configuration): 'delta' | 'cumulative' {
  const asksForTotals = configuration.metrics.temporality === 'cumulative';
  return isForCollectors(configuration) && asksForTotals ? 'cumulative' : 'delta';
}

/** CloudWatch, also beside a collector, needs exponential ones. */
function hasExplicitBuckets(configuration: Configuration): boolean {
  return isForCollectors(configuration) && configuration.metrics.histograms === 'explicit_bucket_histogram';
}

/** Whether metrics go by `otlp` alone. */
function isForCollectors({ metrics: { exporters } }: Configuration): boolean {
  return exporters.every((name) => name === 'otlp');
}
