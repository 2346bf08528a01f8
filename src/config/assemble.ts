import type { AttributeLimits, AwsConfiguration, Configuration, OtlpConfiguration } from './configuration.js';
import { type OtlpSignal, otlpProtocol, otlpUrl } from './otlp-endpoint.js';
import { defaultRunFolder } from './run-folder-path.js';
import { samplerConfiguration } from './sampler-argument.js';
import type { Values } from './settings.js';

/** The configuration that the values of the table amount to. */
export function assemble(values: Values): Configuration {
  const resourceAttributes = values.OTEL_RESOURCE_ATTRIBUTES;
  const serviceName = values.OTEL_SERVICE_NAME ?? resourceAttributes['service.name'];
  return {
    disabled: values.OTEL_SDK_DISABLED,
    logLevel: values.OTEL_LOG_LEVEL,
    ...(serviceName && { serviceName }),
    resourceAttributes,
    aws: aws(values),
    metrics: {
      exporters: values.OTEL_METRICS_EXPORTER ?? [],
      interval: values.OTEL_METRIC_EXPORT_INTERVAL,
      timeout: values.OTEL_METRIC_EXPORT_TIMEOUT,
      ...(values.MONITORING_NAMESPACE && { namespace: values.MONITORING_NAMESPACE }),
      dimensions: values.MONITORING_METRIC_DIMENSIONS,
      maxSeries: values.MONITORING_MAX_SERIES,
      temporality: values.OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE,
    },
    traces: {
      exporters: values.OTEL_TRACES_EXPORTER ?? [],
      sampler: samplerConfiguration(values.OTEL_TRACES_SAMPLER, values.OTEL_TRACES_SAMPLER_ARG).sampler,
      propagators: values.OTEL_PROPAGATORS,
      batch: {
        maxQueueSize: values.OTEL_BSP_MAX_QUEUE_SIZE,
        maxExportBatchSize: values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
        scheduledDelay: values.OTEL_BSP_SCHEDULE_DELAY,
        exportTimeout: values.OTEL_BSP_EXPORT_TIMEOUT,
      },
      limits: {
        ...attributeLimits(values, 'SPAN'),
        eventCountLimit: values.OTEL_SPAN_EVENT_COUNT_LIMIT,
        linkCountLimit: values.OTEL_SPAN_LINK_COUNT_LIMIT,
        attributePerEventCountLimit:
          values.OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT ?? values.OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT,
        attributePerLinkCountLimit:
          values.OTEL_LINK_ATTRIBUTE_COUNT_LIMIT ?? values.OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT,
      },
    },
    logs: {
      exporters: values.OTEL_LOGS_EXPORTER ?? [],
      ...(values.MONITORING_ERROR_LOG_GROUP && { group: values.MONITORING_ERROR_LOG_GROUP }),
      retentionDays: values.MONITORING_ERROR_LOG_RETENTION_DAYS,
      limits: attributeLimits(values, 'LOGRECORD'),
    },
    sdkMetrics: values.OTEL_NODE_EXPERIMENTAL_SDK_METRICS,
    errors: { console: values.MONITORING_CONSOLE_ERRORS, warnings: values.MONITORING_PROCESS_WARNINGS },
    otlp: { metrics: otlp(values, 'METRICS'), traces: otlp(values, 'TRACES'), logs: otlp(values, 'LOGS') },
    instrumentations: {
      ...(values.OTEL_NODE_ENABLED_INSTRUMENTATIONS && { enabled: values.OTEL_NODE_ENABLED_INSTRUMENTATIONS }),
      disabled: values.OTEL_NODE_DISABLED_INSTRUMENTATIONS,
    },
    host: { sampleRatio: values.MONITORING_HOST_METRICS_SAMPLE_RATIO, ttl: values.MONITORING_HOST_METRICS_TTL },
    redact: values.MONITORING_REDACT,
    ...runFolder(values.MONITORING_RUN_FOLDER),
    delivery: {
      connectTimeout: values.MONITORING_CONNECT_TIMEOUT,
      requestTimeout: values.MONITORING_REQUEST_TIMEOUT,
      maxAttempts: values.MONITORING_MAX_ATTEMPTS,
    },
    shutdownTimeout: values.MONITORING_SHUTDOWN_TIMEOUT,
    requestPath: values.MONITORING_REQUEST_PATH,
  };
}

function attributeLimits(values: Values, of: 'SPAN' | 'LOGRECORD'): AttributeLimits {
  return {
    attributeCountLimit: values[`OTEL_${of}_ATTRIBUTE_COUNT_LIMIT`] ?? values.OTEL_ATTRIBUTE_COUNT_LIMIT,
    attributeValueLengthLimit:
      values[`OTEL_${of}_ATTRIBUTE_VALUE_LENGTH_LIMIT`] ??
      values.OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT ??
      Number.POSITIVE_INFINITY,
  };
}

function aws(values: Values): AwsConfiguration {
  const region = values.AWS_REGION ?? values.AWS_DEFAULT_REGION;
  return {
    ...(region && { region }),
    ...(values.AWS_PROFILE && { profile: values.AWS_PROFILE }),
    endpoints: values.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ? {} : awsEndpoints(values),
    useFips: values.AWS_USE_FIPS_ENDPOINT,
    useDualStack: values.AWS_USE_DUALSTACK_ENDPOINT,
  };
}

function awsEndpoints(values: Values): AwsConfiguration['endpoints'] {
  const all = values.AWS_ENDPOINT_URL;
  const cloudwatch = values.AWS_ENDPOINT_URL_CLOUDWATCH ?? all;
  const cloudwatchLogs = values.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS ?? all;
  const xray = values.AWS_ENDPOINT_URL_XRAY ?? all;
  const sts = values.AWS_ENDPOINT_URL_STS ?? all;
  return {
    ...(cloudwatch && { cloudwatch }),
    ...(cloudwatchLogs && { cloudwatchLogs }),
    ...(xray && { xray }),
    ...(sts && { sts }),
  };
}

function runFolder(given = defaultRunFolder()): { runFolder?: string } {
  return given.toLowerCase() === 'none' ? {} : { runFolder: given };
}

/** The signal's own settings, else those for all signals, else the standard's defaults. */
function otlp(values: Values, signal: OtlpSignal): OtlpConfiguration {
  const certificateAuthority =
    values[`OTEL_EXPORTER_OTLP_${signal}_CERTIFICATE`] ?? values.OTEL_EXPORTER_OTLP_CERTIFICATE;
  const clientKey = values[`OTEL_EXPORTER_OTLP_${signal}_CLIENT_KEY`] ?? values.OTEL_EXPORTER_OTLP_CLIENT_KEY;
  const clientCertificate =
    values[`OTEL_EXPORTER_OTLP_${signal}_CLIENT_CERTIFICATE`] ?? values.OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE;
  return {
    url: otlpUrl(values, signal),
    headers: { ...values.OTEL_EXPORTER_OTLP_HEADERS, ...values[`OTEL_EXPORTER_OTLP_${signal}_HEADERS`] },
    protocol: otlpProtocol(values, signal),
    timeout: values[`OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`] ?? values.OTEL_EXPORTER_OTLP_TIMEOUT,
    compression: values[`OTEL_EXPORTER_OTLP_${signal}_COMPRESSION`] ?? values.OTEL_EXPORTER_OTLP_COMPRESSION,
    tls: {
      ...(certificateAuthority && { certificateAuthority }),
      ...(clientKey && { clientKey }),
      ...(clientCertificate && { clientCertificate }),
    },
  };
}
