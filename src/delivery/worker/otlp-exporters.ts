import { readFileSync } from 'node:fs';
import { diag } from '@opentelemetry/api';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter as JsonMetricExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import type { OtlpConfiguration } from '../../config/configuration.js';

/** OpenTelemetry's own OTLP exporters, given every option explicitly. */

export function createOtlpMetricExporter(
  configuration: OtlpConfiguration,
): ProtobufMetricExporter | JsonMetricExporter {
  // The points arrive with the temporality that the reader chose; the exporter's own preference has no effect on them.
  const options = { ...exporterOptions(configuration), temporalityPreference: AggregationTemporalityPreference.DELTA };
  return configuration.protocol === 'http/json' ? new JsonMetricExporter(options) : new ProtobufMetricExporter(options);
}

export function createOtlpTraceExporter(configuration: OtlpConfiguration): ProtobufTraceExporter | JsonTraceExporter {
  const options = exporterOptions(configuration);
  return configuration.protocol === 'http/json' ? new JsonTraceExporter(options) : new ProtobufTraceExporter(options);
}

export function createOtlpLogExporter(configuration: OtlpConfiguration): ProtobufLogExporter | JsonLogExporter {
  const options = exporterOptions(configuration);
  return configuration.protocol === 'http/json' ? new JsonLogExporter(options) : new ProtobufLogExporter(options);
}

function exporterOptions({ url, headers, timeout, compression, tls }: OtlpConfiguration) {
  return {
    url,
    headers,
    timeoutMillis: timeout,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    httpAgentOptions: {
      keepAlive: true,
      ...pemFile('ca', tls.certificateAuthority),
      ...pemFile('key', tls.clientKey),
      ...pemFile('cert', tls.clientCertificate),
    },
  };
}

function pemFile(option: 'ca' | 'key' | 'cert', path: string | undefined): Partial<Record<typeof option, Buffer>> {
  if (!path) return {};
  try {
    return { [option]: readFileSync(path) };
  } catch (error) {
    diag.error(
      `${path} can't be read, OTLP goes on without it: ${error instanceof Error ? error.message : String(error)}`,
    );
    return {};
  }
}
