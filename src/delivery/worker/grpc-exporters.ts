import { ChannelCredentials, credentials, Metadata, setLogger } from '@grpc/grpc-js';
import { diag } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import type { OtlpConfiguration } from '../../config/configuration.js';
import { RetryingGrpcExporter } from './grpc-retries.js';
import { readPemFile } from './pem-file.js';
import { tellingRejected } from './rejected-items.js';

/** OpenTelemetry's gRPC exporters, given every option explicitly: dist/grpc.cjs, which the worker loads when a signal goes by gRPC. */

// Its own logger writes to the console of the process.
const log = (...texts: unknown[]) => diag.debug(`gRPC: ${texts.join(' ')}`);
setLogger({ error: log, info: log, debug: log });

export function createGrpcMetricExporter(configuration: OtlpConfiguration) {
  // The points arrive with the temporality that the reader chose; the exporter's own preference has no effect on them.
  const options = { ...exporterOptions(configuration), temporalityPreference: AggregationTemporalityPreference.DELTA };
  return new RetryingGrpcExporter(tellingRejected(new OTLPMetricExporter(options)), configuration.timeout);
}

export function createGrpcTraceExporter(configuration: OtlpConfiguration) {
  return new RetryingGrpcExporter(
    tellingRejected(new OTLPTraceExporter(exporterOptions(configuration))),
    configuration.timeout,
  );
}

export function createGrpcLogExporter(configuration: OtlpConfiguration) {
  return new RetryingGrpcExporter(
    tellingRejected(new OTLPLogExporter(exporterOptions(configuration))),
    configuration.timeout,
  );
}

function exporterOptions({ url, headers, timeout, compression, tls }: OtlpConfiguration) {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'https:';
  return {
    // Without a scheme, and with the port that the scheme stands for: upstream leaves that port out, and gRPC then takes 443 for both.
    url: `${hostname}:${port || (isSecure ? 443 : 80)}`,
    credentials: isSecure ? secureCredentials(tls) : credentials.createInsecure(),
    metadata: metadataOf(headers),
    timeoutMillis: timeout,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
  };
}

function secureCredentials({ certificateAuthority, clientKey, clientCertificate }: OtlpConfiguration['tls']) {
  const ca = readPemFile(certificateAuthority) ?? null;
  const [key, certificate] = [readPemFile(clientKey), readPemFile(clientCertificate)];
  try {
    if (key !== undefined && certificate !== undefined) return credentials.createSsl(ca, key, certificate);
    if (key !== undefined || certificate !== undefined) {
      diag.error('mutual TLS takes a client key and a client certificate: gRPC goes on without the one that is there');
    }
    return credentials.createSsl(ca);
  } catch (error) {
    diag.error(
      `the PEM files can't be used, gRPC goes on without them: ${error instanceof Error ? error.message : String(error)}`,
    );
    return ChannelCredentials.createSsl();
  }
}

/** gRPC takes fewer characters than HTTP does. */
function metadataOf(headers: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) {
    try {
      metadata.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    } catch {
      diag.error(`the header ${name} has a name or a value that gRPC does not take: it is left out`);
    }
  }
  return metadata;
}
