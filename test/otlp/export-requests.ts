import { join } from 'node:path';
import protobuf from 'protobufjs';

/** OTLP requests and answers by the official definitions: definitions/ is a copy of opentelemetry-proto, commit ac2c4b5d (1.11 and later changes). */

const SERVICES = {
  traces: 'trace/v1/trace_service.proto',
  metrics: 'metrics/v1/metrics_service.proto',
  logs: 'logs/v1/logs_service.proto',
} as const;
export type Signal = keyof typeof SERVICES;

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(__dirname, 'definitions', target);
root.loadSync(Object.values(SERVICES).map((file) => `opentelemetry/proto/collector/${file}`));

const SERVICE = {
  traces: 'opentelemetry.proto.collector.trace.v1.ExportTraceService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.ExportMetricsService',
  logs: 'opentelemetry.proto.collector.logs.v1.ExportLogsService',
} as const;

interface AnyValue {
  stringValue?: string;
  intValue?: string;
  boolValue?: boolean;
  doubleValue?: number;
  arrayValue?: { values?: AnyValue[] };
}
interface KeyValue {
  key: string;
  value?: AnyValue;
}
interface Scope {
  scope?: { name?: string; version?: string };
  schemaUrl?: string;
  spans?: { name?: string }[];
  metrics?: { name?: string }[];
  logRecords?: { body?: AnyValue }[];
}
interface OfResource {
  resource?: { attributes?: KeyValue[] };
  schemaUrl?: string;
  scopeSpans?: Scope[];
  scopeMetrics?: Scope[];
  scopeLogs?: Scope[];
}
interface ExportRequest {
  resourceSpans?: OfResource[];
  resourceMetrics?: OfResource[];
  resourceLogs?: OfResource[];
}

/** What one resource of a request sends. */
export interface Sent {
  attributes: Record<string, unknown>;
  schemaUrl: string | undefined;
  scopes: Scope[];
  /** Names of spans and metrics, bodies of log records. */
  items: (string | undefined)[];
}

/** The resources of an export request, each with what it sends. */
export function readRequest(signal: Signal, body: Uint8Array): Sent[] {
  const type = root.lookupType(`${SERVICE[signal]}Request`);
  const request = type.toObject(type.decode(body), { longs: String }) as ExportRequest;
  const resources = request.resourceSpans ?? request.resourceMetrics ?? request.resourceLogs ?? [];
  return resources.map(({ resource, schemaUrl, scopeSpans, scopeMetrics, scopeLogs }) => {
    const scopes = scopeSpans ?? scopeMetrics ?? scopeLogs ?? [];
    return {
      attributes: Object.fromEntries((resource?.attributes ?? []).map(({ key, value }) => [key, plain(value)])),
      schemaUrl,
      scopes,
      items: scopes.flatMap(({ spans, metrics, logRecords }) => [
        ...(spans ?? metrics ?? []).map(({ name }) => name),
        ...(logRecords ?? []).map(({ body: text }) => text?.stringValue),
      ]),
    };
  });
}

/** The bytes of an answer: `{ partialSuccess: { rejectedSpans: 1 } }`. */
export function writeResponse(signal: Signal, response: object): Buffer {
  const type = root.lookupType(`${SERVICE[signal]}Response`);
  return Buffer.from(type.encode(type.fromObject(response)).finish());
}

function plain(value: AnyValue | undefined): unknown {
  if (value?.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  return Object.values(value ?? {})[0];
}
