/** OTLP data as the store keeps it: the shapes of OTLP/JSON with attributes flattened to plain values. */

export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue };

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What took the data: a plain OTLP receiver, or the AWS endpoint of the signal. */
export type Receiver = 'otlp' | 'xray' | 'monitoring' | 'logs';

export interface Scope {
  readonly name: string;
  readonly version?: string;
  readonly attributes: Attributes;
}

export interface Origin {
  readonly receiver: Receiver;
  readonly resource: Attributes;
  readonly scope: Scope;
  /** Epoch milliseconds. */
  readonly arrived: number;
}

export interface SpanEvent {
  readonly name: string;
  readonly timeUnixNano: string;
  readonly attributes: Attributes;
}

export interface SpanLink {
  /** 32 and 16 lower-case hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface Span extends Origin {
  readonly traceId: string;
  readonly spanId: string;
  /** Absent: a root. */
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly flags: number;
  readonly name: string;
  /** 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message?: string };
}

export interface LogRecord extends Origin {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AttributeValue;
  readonly attributes: Attributes;
  readonly eventName?: string;
  readonly flags: number;
  readonly traceId?: string;
  readonly spanId?: string;
}

export type MetricType = 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary';

export interface MetricIdentity {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly type: MetricType;
  /** 0 unspecified, 1 delta, 2 cumulative; 0 for gauges and summaries. */
  readonly temporality: number;
  readonly monotonic: boolean;
}

interface PointTimes {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  /** Epoch milliseconds. */
  readonly arrived: number;
}

export interface NumberPoint extends PointTimes {
  readonly value: number;
}

interface Aggregate extends PointTimes {
  readonly count: number;
  readonly sum?: number;
}

export interface HistogramPoint extends Aggregate {
  readonly min?: number;
  readonly max?: number;
  readonly bounds: readonly number[];
  /** One longer than `bounds`, or empty. */
  readonly counts: readonly number[];
}

export interface Buckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

export interface ExponentialHistogramPoint extends Aggregate {
  readonly min?: number;
  readonly max?: number;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
}

export interface SummaryPoint extends Aggregate {
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export type Point = NumberPoint | HistogramPoint | ExponentialHistogramPoint | SummaryPoint;

export interface MetricPoint {
  readonly metric: MetricIdentity;
  readonly origin: Origin;
  readonly attributes: Attributes;
  readonly point: Point;
}
