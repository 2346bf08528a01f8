import type { OtlpProtocol } from './choices.js';
import type { Values } from './settings.js';

/** Where the OTLP of a signal goes (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). */

export const OTLP_SIGNALS = ['METRICS', 'TRACES', 'LOGS'] as const;
export type OtlpSignal = (typeof OTLP_SIGNALS)[number];

const DEFAULT_HTTP_ENDPOINT = 'http://localhost:4318';
const DEFAULT_GRPC_ENDPOINT = 'http://localhost:4317';

/** The signal's own setting, else the one for all signals. */
export function otlpProtocol(values: Values, signal: OtlpSignal): OtlpProtocol {
  return values[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`] ?? values.OTEL_EXPORTER_OTLP_PROTOCOL;
}

/** By HTTP the URL with the signal's path; by gRPC scheme, host and port. */
export function otlpUrl(values: Values, signal: OtlpSignal): string {
  const own = values[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
  const all = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (otlpProtocol(values, signal) === 'grpc') {
    return new URL(withScheme(own ?? all ?? DEFAULT_GRPC_ENDPOINT, isInsecure(values, signal) ? 'http' : 'https'))
      .origin;
  }
  return own === undefined
    ? signalUrl(withScheme(all ?? DEFAULT_HTTP_ENDPOINT, 'http'), signal)
    : withScheme(own, 'http');
}

/** A given scheme wins over the one that other settings ask for. */
export function withScheme(endpoint: string, scheme: 'http' | 'https'): string {
  return hasScheme(endpoint) ? endpoint : `${scheme}://${endpoint}`;
}

export function hasScheme(endpoint: string): boolean {
  return /^https?:\/\//i.test(endpoint);
}

function isInsecure(values: Values, signal: OtlpSignal): boolean {
  return values[`OTEL_EXPORTER_OTLP_${signal}_INSECURE`] ?? values.OTEL_EXPORTER_OTLP_INSECURE;
}

function signalUrl(endpoint: string, signal: OtlpSignal): string {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal.toLowerCase()}`;
  return url.href;
}
