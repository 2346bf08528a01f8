import protobuf from 'protobufjs/light.js';

/** The export requests and answers of OTLP 1.x: field numbers of opentelemetry-proto. */

type MessageSpec = Readonly<Record<string, readonly [type: string, id: number, rule?: 'repeated' | 'optional']>>;

const MESSAGES: Readonly<Record<string, MessageSpec>> = {
  AnyValue: {
    stringValue: ['string', 1],
    boolValue: ['bool', 2],
    intValue: ['int64', 3],
    doubleValue: ['double', 4],
    arrayValue: ['ArrayValue', 5],
    kvlistValue: ['KeyValueList', 6],
    bytesValue: ['bytes', 7],
  },
  ArrayValue: { values: ['AnyValue', 1, 'repeated'] },
  KeyValueList: { values: ['KeyValue', 1, 'repeated'] },
  KeyValue: { key: ['string', 1], value: ['AnyValue', 2] },
  InstrumentationScope: {
    name: ['string', 1],
    version: ['string', 2],
    attributes: ['KeyValue', 3, 'repeated'],
  },
  Resource: { attributes: ['KeyValue', 1, 'repeated'] },

  ExportTraceServiceRequest: { resourceSpans: ['ResourceSpans', 1, 'repeated'] },
  ResourceSpans: { resource: ['Resource', 1], scopeSpans: ['ScopeSpans', 2, 'repeated'] },
  ScopeSpans: { scope: ['InstrumentationScope', 1], spans: ['Span', 2, 'repeated'] },
  Span: {
    traceId: ['bytes', 1],
    spanId: ['bytes', 2],
    traceState: ['string', 3],
    parentSpanId: ['bytes', 4],
    name: ['string', 5],
    kind: ['int32', 6],
    startTimeUnixNano: ['fixed64', 7],
    endTimeUnixNano: ['fixed64', 8],
    attributes: ['KeyValue', 9, 'repeated'],
    droppedAttributesCount: ['uint32', 10],
    events: ['SpanEvent', 11, 'repeated'],
    links: ['SpanLink', 13, 'repeated'],
    status: ['Status', 15],
    flags: ['fixed32', 16],
  },
  SpanEvent: {
    timeUnixNano: ['fixed64', 1],
    name: ['string', 2],
    attributes: ['KeyValue', 3, 'repeated'],
  },
  SpanLink: {
    traceId: ['bytes', 1],
    spanId: ['bytes', 2],
    traceState: ['string', 3],
    attributes: ['KeyValue', 4, 'repeated'],
  },
  Status: { message: ['string', 2], code: ['int32', 3] },

  ExportLogsServiceRequest: { resourceLogs: ['ResourceLogs', 1, 'repeated'] },
  ResourceLogs: { resource: ['Resource', 1], scopeLogs: ['ScopeLogs', 2, 'repeated'] },
  ScopeLogs: { scope: ['InstrumentationScope', 1], logRecords: ['LogRecord', 2, 'repeated'] },
  LogRecord: {
    timeUnixNano: ['fixed64', 1],
    severityNumber: ['int32', 2],
    severityText: ['string', 3],
    body: ['AnyValue', 5],
    attributes: ['KeyValue', 6, 'repeated'],
    flags: ['fixed32', 8],
    traceId: ['bytes', 9],
    spanId: ['bytes', 10],
    observedTimeUnixNano: ['fixed64', 11],
    eventName: ['string', 12],
  },

  ExportMetricsServiceRequest: { resourceMetrics: ['ResourceMetrics', 1, 'repeated'] },
  ResourceMetrics: { resource: ['Resource', 1], scopeMetrics: ['ScopeMetrics', 2, 'repeated'] },
  ScopeMetrics: { scope: ['InstrumentationScope', 1], metrics: ['Metric', 2, 'repeated'] },
  Metric: {
    name: ['string', 1],
    description: ['string', 2],
    unit: ['string', 3],
    gauge: ['Gauge', 5],
    sum: ['Sum', 7],
    histogram: ['Histogram', 9],
    exponentialHistogram: ['ExponentialHistogram', 10],
    summary: ['Summary', 11],
  },
  Gauge: { dataPoints: ['NumberDataPoint', 1, 'repeated'] },
  Sum: {
    dataPoints: ['NumberDataPoint', 1, 'repeated'],
    aggregationTemporality: ['int32', 2],
    isMonotonic: ['bool', 3],
  },
  Histogram: { dataPoints: ['HistogramDataPoint', 1, 'repeated'], aggregationTemporality: ['int32', 2] },
  ExponentialHistogram: {
    dataPoints: ['ExponentialHistogramDataPoint', 1, 'repeated'],
    aggregationTemporality: ['int32', 2],
  },
  Summary: { dataPoints: ['SummaryDataPoint', 1, 'repeated'] },
  NumberDataPoint: {
    startTimeUnixNano: ['fixed64', 2],
    timeUnixNano: ['fixed64', 3],
    asDouble: ['double', 4, 'optional'],
    asInt: ['sfixed64', 6, 'optional'],
    attributes: ['KeyValue', 7, 'repeated'],
  },
  HistogramDataPoint: {
    startTimeUnixNano: ['fixed64', 2],
    timeUnixNano: ['fixed64', 3],
    count: ['fixed64', 4],
    sum: ['double', 5, 'optional'],
    bucketCounts: ['fixed64', 6, 'repeated'],
    explicitBounds: ['double', 7, 'repeated'],
    attributes: ['KeyValue', 9, 'repeated'],
    min: ['double', 11, 'optional'],
    max: ['double', 12, 'optional'],
  },
  ExponentialHistogramDataPoint: {
    attributes: ['KeyValue', 1, 'repeated'],
    startTimeUnixNano: ['fixed64', 2],
    timeUnixNano: ['fixed64', 3],
    count: ['fixed64', 4],
    sum: ['double', 5, 'optional'],
    scale: ['sint32', 6],
    zeroCount: ['fixed64', 7],
    positive: ['Buckets', 8],
    negative: ['Buckets', 9],
    min: ['double', 12, 'optional'],
    max: ['double', 13, 'optional'],
    zeroThreshold: ['double', 14],
  },
  Buckets: { offset: ['sint32', 1], bucketCounts: ['uint64', 2, 'repeated'] },
  SummaryDataPoint: {
    startTimeUnixNano: ['fixed64', 2],
    timeUnixNano: ['fixed64', 3],
    count: ['fixed64', 4],
    sum: ['double', 5],
    quantileValues: ['ValueAtQuantile', 6, 'repeated'],
    attributes: ['KeyValue', 7, 'repeated'],
  },
  ValueAtQuantile: { quantile: ['double', 1], value: ['double', 2] },

  ExportTraceServiceResponse: { partialSuccess: ['ExportTracePartialSuccess', 1] },
  ExportTracePartialSuccess: { rejectedSpans: ['int64', 1], errorMessage: ['string', 2] },
  ExportMetricsServiceResponse: { partialSuccess: ['ExportMetricsPartialSuccess', 1] },
  ExportMetricsPartialSuccess: { rejectedDataPoints: ['int64', 1], errorMessage: ['string', 2] },
  ExportLogsServiceResponse: { partialSuccess: ['ExportLogsPartialSuccess', 1] },
  ExportLogsPartialSuccess: { rejectedLogRecords: ['int64', 1], errorMessage: ['string', 2] },
  RpcStatus: { code: ['int32', 1], message: ['string', 2] },
};

const toJson = (message: MessageSpec): protobuf.IType => ({
  fields: Object.fromEntries(
    Object.entries(message).map(([name, [type, id, rule]]) => [
      name,
      rule === 'repeated'
        ? { type, id, rule }
        : rule === 'optional'
          ? { type, id, options: { proto3_optional: true } }
          : { type, id },
    ]),
  ),
});

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(Object.entries(MESSAGES).map(([name, message]) => [name, toJson(message)])),
});

/** Plain objects in the manner of OTLP/JSON, but with `Buffer`s for bytes; 64-bit integers are strings. */
export function decodeMessage(name: string, bytes: Uint8Array): Record<string, unknown> {
  const type = root.lookupType(name);
  return type.toObject(type.decode(bytes), { longs: String });
}

export function encodeMessage(name: string, message: Readonly<Record<string, unknown>>): Buffer {
  const type = root.lookupType(name);
  return Buffer.from(type.encode(type.fromObject({ ...message })).finish());
}
