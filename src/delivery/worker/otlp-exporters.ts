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
import { agentFor } from '../../../exporters/aws/proxy.js';
import type { OtlpConfiguration } from '../../config/configuration.js';
import { readPemFile } from './pem-file.js';
import { tellingRejected } from './rejected-items.js';

/** OpenTelemetry's own OTLP exporters, given every option explicitly. Their results say how many items the receiver rejected. */

export function createOtlpMetricExporter(configuration: OtlpConfiguration) {
  if (configuration.protocol === 'grpc') return grpcExporters().createGrpcMetricExporter(configuration);
  // The points arrive with the temporality that the reader chose; the exporter's own preference has no effect on them.
  const options = { ...exporterOptions(configuration), temporalityPreference: AggregationTemporalityPreference.DELTA };
  return tellingRejected(
    configuration.protocol === 'http/json' ? new JsonMetricExporter(options) : new ProtobufMetricExporter(options),
  );
}

export function createOtlpTraceExporter(configuration: OtlpConfiguration) {
  if (configuration.protocol === 'grpc') return grpcExporters().createGrpcTraceExporter(configuration);
  const options = exporterOptions(configuration);
  return tellingRejected(
    configuration.protocol === 'http/json' ? new JsonTraceExporter(options) : new ProtobufTraceExporter(options),
  );
}

export function createOtlpLogExporter(configuration: OtlpConfiguration) {
  if (configuration.protocol === 'grpc') return grpcExporters().createGrpcLogExporter(configuration);
  const options = exporterOptions(configuration);
  return tellingRejected(
    configuration.protocol === 'http/json' ? new JsonLogExporter(options) : new ProtobufLogExporter(options),
  );
}

/** A file of its own in dist/, which only those load that send by gRPC. */
function grpcExporters(): typeof import('./grpc-exporters.js') {
  return require('./grpc-exporters.js');
}

function exporterOptions({ url, headers, timeout, compression, tls }: OtlpConfiguration) {
  const agentOptions = {
    keepAlive: true,
    ...given('ca', readPemFile(tls.certificateAuthority)),
    ...given('key', readPemFile(tls.clientKey)),
    ...given('cert', readPemFile(tls.clientCertificate)),
  };
  return {
    url,
    headers,
    timeoutMillis: timeout,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    // Called once, with the first request.
    httpAgentOptions: () => agentFor(new URL(url), agentOptions),
  };
}

function given(option: 'ca' | 'key' | 'cert', content: Buffer | undefined): Partial<Record<typeof option, Buffer>> {
  return content === undefined ? {} : { [option]: content };
}
