import type {
  Attributes,
  AttributeValue,
  Buckets,
  LogRecord,
  MetricIdentity,
  MetricPoint,
  MetricType,
  Origin,
  Point,
  Receiver,
  Scope,
  Span,
  SpanEvent,
  SpanLink,
} from '../otlp-model.js';
import { decodeMessage } from './otlp-schema.js';

/** The body is not an OTLP export request of that signal. */
export class OtlpDecodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OtlpDecodeError';
  }
}

export type Encoding = 'protobuf' | 'json';

export interface Source {
  readonly receiver: Receiver;
  /** Epoch milliseconds. */
  readonly arrived: number;
}

/** How deep an attribute value may nest. */
const MAX_DEPTH = 32;

const EXPORT_REQUESTS = {
  traces: 'ExportTraceServiceRequest',
  metrics: 'ExportMetricsServiceRequest',
  logs: 'ExportLogsServiceRequest',
} as const;

export type Signal = keyof typeof EXPORT_REQUESTS;

/** @throws OtlpDecodeError */
export function parseExport(signal: Signal, encoding: Encoding, body: Buffer): Node {
  try {
    if (encoding === 'protobuf') return new Node(decodeMessage(EXPORT_REQUESTS[signal], body));
    return new Node(JSON.parse(body.toString('utf8')));
  } catch (error) {
    if (error instanceof OtlpDecodeError) throw error;
    throw new OtlpDecodeError(`The body is not a valid ${EXPORT_REQUESTS[signal]} in ${encoding}.`);
  }
}

/** An object from outside whose members are read with their expected types; absent and null are defaults. */
export class Node {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || Buffer.isBuffer(value)) {
      throw new OtlpDecodeError('Expected an object.');
    }
    this.#members = value as Readonly<Record<string, unknown>>;
  }

  get members(): Readonly<Record<string, unknown>> {
    return this.#members;
  }

  has(name: string): boolean {
    return this.#member(name) !== undefined;
  }

  string(name: string): string {
    const value = this.#member(name) ?? '';
    if (typeof value !== 'string') throw new OtlpDecodeError(`${name}: expected a string.`);
    return value;
  }

  /** Numbers may come as strings: 64-bit ones do, and `NaN` and the infinities. */
  number(name: string): number {
    return toNumber(this.#member(name) ?? 0, name);
  }

  optionalNumber(name: string): number | undefined {
    const value = this.#member(name);
    return value === undefined ? undefined : toNumber(value, name);
  }

  boolean(name: string): boolean {
    const value = this.#member(name) ?? false;
    if (typeof value !== 'boolean') throw new OtlpDecodeError(`${name}: expected a boolean.`);
    return value;
  }

  /** Nanoseconds as a decimal string: they do not fit a number. */
  nanos(name: string): string {
    const text = String(this.#member(name) ?? '0');
    if (!/^\d{1,20}$/.test(text)) throw new OtlpDecodeError(`${name}: expected nanoseconds.`);
    return text;
  }

  /** Lower-case hexadecimal; empty when absent or all zeros. */
  id(name: string, bytes: number): string {
    const value = this.#member(name) ?? '';
    const hex = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value).toLowerCase();
    if (hex === '' || /^0+$/.test(hex)) return '';
    if (hex.length !== bytes * 2 || !/^[0-9a-f]+$/.test(hex))
      throw new OtlpDecodeError(`${name}: expected ${bytes} bytes.`);
    return hex;
  }

  node(name: string): Node {
    return new Node(this.#member(name) ?? {});
  }

  nodes(name: string): Node[] {
    return this.#list(name).map((item) => new Node(item));
  }

  numbers(name: string): number[] {
    return this.#list(name).map((item) => toNumber(item, name));
  }

  value(name: string): unknown {
    return this.#member(name);
  }

  #list(name: string): readonly unknown[] {
    const value = this.#member(name) ?? [];
    if (!Array.isArray(value)) throw new OtlpDecodeError(`${name}: expected a list.`);
    return value;
  }

  #member(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? (this.#members[name] ?? undefined) : undefined;
  }
}

function toNumber(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^(NaN|-?Infinity|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(value)) return Number(value);
  throw new OtlpDecodeError(`${name}: expected a number.`);
}

export const readAttributes = (node: Node, depth = 0): Attributes =>
  Object.fromEntries(node.nodes('attributes').map((pair) => readPair(pair, depth)));

const readPair = (pair: Node, depth: number): [string, AttributeValue] => [
  pair.string('key'),
  readValue(pair.value('value'), depth),
];

/** An AnyValue. */
function readValue(value: unknown, depth: number): AttributeValue {
  if (value === undefined) return null;
  if (depth > MAX_DEPTH) throw new OtlpDecodeError(`A value nests deeper than ${MAX_DEPTH}.`);
  const any = new Node(value);
  if (any.has('stringValue')) return any.string('stringValue');
  if (any.has('intValue')) return integer(any, 'intValue');
  if (any.has('boolValue')) return any.boolean('boolValue');
  if (any.has('doubleValue')) return any.number('doubleValue');
  if (any.has('arrayValue')) {
    return any
      .node('arrayValue')
      .nodes('values')
      .map((item) => readValue(item.members, depth + 1));
  }
  if (any.has('kvlistValue')) {
    const pairs = any
      .node('kvlistValue')
      .nodes('values')
      .map((pair) => readPair(pair, depth + 1));
    return Object.fromEntries(pairs);
  }
  return any.has('bytesValue') ? base64(any.value('bytesValue')) : null;
}

/** A string when it does not fit a number exactly. */
function integer(node: Node, name: string): number | string {
  const value = node.number(name);
  return Number.isSafeInteger(value) ? value : String(node.value(name));
}

const base64 = (value: unknown): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);

function readScope(node: Node): Scope {
  const version = node.string('version');
  return { name: node.string('name'), attributes: readAttributes(node), ...(version === '' ? {} : { version }) };
}

const optional = <K extends string>(key: K, text: string): { [P in K]?: string } =>
  (text === '' ? {} : { [key]: text }) as { [P in K]?: string };

/** An item with the node that it was read from, for measuring. */
export interface Read<T> {
  readonly item: T;
  readonly node: Node;
}

/** Resource and scope of a group of items, with the nodes that they were read from. */
export interface ReadGroup<T> {
  readonly items: readonly Read<T>[];
  readonly resource: Node;
  readonly scope: Node;
}

function readGroups<T>(
  request: Node,
  names: readonly [resources: string, scopes: string, items: string],
  source: Source,
  read: (node: Node, origin: Origin) => T[],
): ReadGroup<T>[] {
  return request.nodes(names[0]).flatMap((group) => {
    const resource = readAttributes(group.node('resource'));
    return group.nodes(names[1]).map((scoped) => {
      const origin = { ...source, resource, scope: readScope(scoped.node('scope')) };
      const items = scoped.nodes(names[2]).flatMap((node) => read(node, origin).map((item) => ({ item, node })));
      return { items, resource: group.node('resource'), scope: scoped.node('scope') };
    });
  });
}

/** @throws OtlpDecodeError */
export const readTraces = (request: Node, source: Source): ReadGroup<Span>[] =>
  readGroups(request, ['resourceSpans', 'scopeSpans', 'spans'], source, (node, origin) => [readSpan(node, origin)]);

/** @throws OtlpDecodeError */
export const readLogs = (request: Node, source: Source): ReadGroup<LogRecord>[] =>
  readGroups(request, ['resourceLogs', 'scopeLogs', 'logRecords'], source, (node, origin) => [
    readRecord(node, origin),
  ]);

/** @throws OtlpDecodeError */
export const readMetrics = (request: Node, source: Source): ReadGroup<MetricPoint>[] =>
  readGroups(request, ['resourceMetrics', 'scopeMetrics', 'metrics'], source, readMetric);

function readSpan(node: Node, origin: Origin): Span {
  const status = node.node('status');
  return {
    ...origin,
    traceId: node.id('traceId', 16),
    spanId: node.id('spanId', 8),
    ...optional('parentSpanId', node.id('parentSpanId', 8)),
    ...optional('traceState', node.string('traceState')),
    flags: node.number('flags'),
    name: node.string('name'),
    kind: node.number('kind'),
    startTimeUnixNano: node.nanos('startTimeUnixNano'),
    endTimeUnixNano: node.nanos('endTimeUnixNano'),
    attributes: readAttributes(node),
    droppedAttributesCount: node.number('droppedAttributesCount'),
    events: node.nodes('events').map(readEvent),
    links: node.nodes('links').map(readLink),
    status: { code: status.number('code'), ...optional('message', status.string('message')) },
  };
}

const readEvent = (node: Node): SpanEvent => ({
  name: node.string('name'),
  timeUnixNano: node.nanos('timeUnixNano'),
  attributes: readAttributes(node),
});

const readLink = (node: Node): SpanLink => ({
  traceId: node.id('traceId', 16),
  spanId: node.id('spanId', 8),
  attributes: readAttributes(node),
});

const readRecord = (node: Node, origin: Origin): LogRecord => ({
  ...origin,
  timeUnixNano: node.nanos('timeUnixNano'),
  observedTimeUnixNano: node.nanos('observedTimeUnixNano'),
  severityNumber: node.number('severityNumber'),
  severityText: node.string('severityText'),
  body: readValue(node.value('body'), 0),
  attributes: readAttributes(node),
  ...optional('eventName', node.string('eventName')),
  flags: node.number('flags'),
  ...optional('traceId', node.id('traceId', 16)),
  ...optional('spanId', node.id('spanId', 8)),
});

const METRIC_TYPES: readonly MetricType[] = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

function readMetric(node: Node, origin: Origin): MetricPoint[] {
  const type = METRIC_TYPES.find((name) => node.has(name));
  if (type === undefined) return [];
  const data = node.node(type);
  const metric: MetricIdentity = {
    name: node.string('name'),
    description: node.string('description'),
    unit: node.string('unit'),
    type,
    temporality: data.number('aggregationTemporality'),
    monotonic: data.boolean('isMonotonic'),
  };
  return data.nodes('dataPoints').map((point) => ({
    metric,
    origin,
    attributes: readAttributes(point),
    point: readPoint(type, point, origin.arrived),
  }));
}

function readPoint(type: MetricType, node: Node, arrived: number): Point {
  const times = {
    startTimeUnixNano: node.nanos('startTimeUnixNano'),
    timeUnixNano: node.nanos('timeUnixNano'),
    arrived,
  };
  if (type === 'gauge' || type === 'sum') {
    return { ...times, value: node.optionalNumber('asDouble') ?? node.number('asInt') };
  }
  const sum = node.optionalNumber('sum');
  const aggregate = { ...times, count: node.number('count'), ...(sum === undefined ? {} : { sum }) };
  if (type === 'summary') return { ...aggregate, quantiles: node.nodes('quantileValues').map(readQuantile) };
  const bounds = { ...aggregate, ...readBound(node, 'min'), ...readBound(node, 'max') };
  if (type === 'histogram') {
    return { ...bounds, bounds: node.numbers('explicitBounds'), counts: node.numbers('bucketCounts') };
  }
  return {
    ...bounds,
    scale: node.number('scale'),
    zeroCount: node.number('zeroCount'),
    zeroThreshold: node.number('zeroThreshold'),
    positive: readBuckets(node.node('positive')),
    negative: readBuckets(node.node('negative')),
  };
}

const readQuantile = (node: Node): { quantile: number; value: number } => ({
  quantile: node.number('quantile'),
  value: node.number('value'),
});

const readBound = <K extends 'min' | 'max'>(node: Node, name: K): { [P in K]?: number } => {
  const value = node.optionalNumber(name);
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: number };
};

const readBuckets = (node: Node): Buckets => ({ offset: node.number('offset'), counts: node.numbers('bucketCounts') });
