import root from 'otlp-definitions/build/src/generated/root.js';

/**
 * OTLP requests and answers by the official definitions, in the form that the protobuf compiler made of them for an earlier version of
 * OpenTelemetry's own transformer.
 */

interface MessageType {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
  fromObject(plain: object): object;
  toObject(message: object, options?: object): object;
}

/** The services of one signal, by the names of their messages; the package declares no types for them. */
type Service = { v1: Record<string, MessageType> };

const { collector } = Reflect.get(root, 'opentelemetry').proto as { collector: Record<string, Service> };

function messageType(service: string, name: string): MessageType {
  const type = collector[service]?.v1[name];
  if (type === undefined) throw new Error(`the definitions have no ${name}`);
  return type;
}

const REQUEST = {
  traces: messageType('trace', 'ExportTraceServiceRequest'),
  metrics: messageType('metrics', 'ExportMetricsServiceRequest'),
  logs: messageType('logs', 'ExportLogsServiceRequest'),
} as const;
const RESPONSE = {
  traces: messageType('trace', 'ExportTraceServiceResponse'),
  metrics: messageType('metrics', 'ExportMetricsServiceResponse'),
  logs: messageType('logs', 'ExportLogsServiceResponse'),
} as const;
export type Signal = keyof typeof REQUEST;

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
  const type = REQUEST[signal];
  const request: ExportRequest = type.toObject(type.decode(body), { longs: String });
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
  const type = RESPONSE[signal];
  return Buffer.from(type.encode(type.fromObject(response)).finish());
}

function plain(value: AnyValue | undefined): unknown {
  if (value?.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  return Object.values(value ?? {})[0];
}
