import protobuf from 'protobufjs';

/** The parts of the OTLP protobuf definitions (opentelemetry-proto 1.x) that the tests read and write. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message Scope { string name = 1; string version = 2; }

  message Span { bytes trace_id = 1; bytes span_id = 2; string name = 5; repeated KeyValue attributes = 9; }
  message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message TraceRequest { repeated ResourceSpans resource_spans = 1; }
  message TracePartial { int64 rejected_spans = 1; string error_message = 2; }
  message TraceResponse { TracePartial partial_success = 1; }

  message NumberPoint { repeated KeyValue attributes = 7; fixed64 time_unix_nano = 3; double as_double = 4; sfixed64 as_int = 6; }
  message Sum { repeated NumberPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
  message Gauge { repeated NumberPoint data_points = 1; }
  message ExpPoint { repeated KeyValue attributes = 1; fixed64 count = 4; double sum = 5; sint32 scale = 6; }
  message ExpHistogram { repeated ExpPoint data_points = 1; int32 aggregation_temporality = 2; }
  message Metric { string name = 1; string unit = 3; Gauge gauge = 5; Sum sum = 7; ExpHistogram exponential_histogram = 10; }
  message ScopeMetrics { Scope scope = 1; repeated Metric metrics = 2; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message MetricsRequest { repeated ResourceMetrics resource_metrics = 1; }
  message MetricsPartial { int64 rejected_data_points = 1; string error_message = 2; }
  message MetricsResponse { MetricsPartial partial_success = 1; }

  message Status { int32 code = 1; string message = 2; }
`);

interface KeyValue {
  key: string;
  value?: { stringValue?: string };
}
export interface DecodedSpan {
  name: string;
  spanId: Uint8Array;
  resource: KeyValue[];
}
export interface DecodedPoint {
  metric: string;
  scope: string;
  kind: 'sum' | 'gauge' | 'exponentialHistogram';
  temporality: number;
  attributes: KeyValue[];
  asDouble?: number;
  count?: unknown;
}

interface ScopeOf {
  name: string;
}
interface ResourceOf {
  attributes: KeyValue[];
}
interface TraceRequest {
  resourceSpans: { resource?: ResourceOf; scopeSpans: { spans: { name: string; spanId: Uint8Array }[] }[] }[];
}
interface Points {
  aggregationTemporality?: number;
  dataPoints: { attributes: KeyValue[]; asDouble?: number; count?: unknown }[];
}
interface MetricsRequest {
  resourceMetrics: {
    resource?: ResourceOf;
    scopeMetrics: { scope?: ScopeOf; metrics: ({ name: string } & { [kind in DecodedPoint['kind']]?: Points })[] }[];
  }[];
}

const decodeTraces = (body: Uint8Array) => root.lookupType('TraceRequest').decode(body) as unknown as TraceRequest;
const decodeMetrics = (body: Uint8Array) => root.lookupType('MetricsRequest').decode(body) as unknown as MetricsRequest;

/** The spans of an export request, in its order. */
export function spansOf(body: Uint8Array): DecodedSpan[] {
  const spans: DecodedSpan[] = [];
  for (const { resource, scopeSpans } of decodeTraces(body).resourceSpans) {
    for (const scope of scopeSpans) {
      for (const { name, spanId } of scope.spans) spans.push({ name, spanId, resource: resource?.attributes ?? [] });
    }
  }
  return spans;
}

/** The data points of an export request, in its order. */
export function pointsOf(body: Uint8Array): DecodedPoint[] {
  const points: DecodedPoint[] = [];
  for (const { scopeMetrics } of decodeMetrics(body).resourceMetrics) {
    for (const { scope, metrics } of scopeMetrics) {
      for (const metric of metrics) {
        for (const kind of ['sum', 'gauge', 'exponentialHistogram'] as const) {
          for (const { attributes, asDouble, count } of metric[kind]?.dataPoints ?? []) {
            points.push({
              metric: metric.name,
              scope: scope?.name ?? '',
              kind,
              temporality: metric[kind]?.aggregationTemporality ?? 0,
              attributes,
              ...(asDouble === undefined ? {} : { asDouble }),
              count,
            });
          }
        }
      }
    }
  }
  return points;
}

/** `service.name` of the one resource of an export request of metrics. */
export function resourceOf(body: Uint8Array): string | undefined {
  const resources = decodeMetrics(body).resourceMetrics;
  const attributes = resources.length === 1 ? resources[0]?.resource?.attributes : undefined;
  return attributes?.find(({ key }) => key === 'service.name')?.value?.stringValue;
}

export function encode(type: 'TraceResponse' | 'MetricsResponse' | 'Status', message: object): Uint8Array {
  const found = root.lookupType(type);
  return found.encode(found.fromObject(message)).finish();
}
