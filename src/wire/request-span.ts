import type { Attributes } from '@opentelemetry/api';

/** What server spans say of the beginning of a request, before semantic conventions make attributes of it. */
export type PlainRequest = readonly [
  /** As the client wrote it. */
  method: string | undefined,
  /** Path and query as the client wrote them. */
  target: string,
  scheme: string,
  httpVersion: string,
  host: string | undefined,
  userAgent: string | undefined,
  /** Other headers that attributes are made of, as few requests have them: names in small letters and values in turn. */
  addresses: readonly string[] | undefined,
  remoteAddress: string | undefined,
  remotePort: number | undefined,
];

/** A server span that nobody but the request layer has written on, as the worker gets it. */
export type PlainRequestSpan = readonly [
  ...PlainRequest,
  traceId: string,
  spanId: string,
  traceFlags: number,
  /** Serialised W3C trace state. */
  traceState: string | undefined,
  /** Of the caller's span, which is in another process. */
  parentSpanId: string | undefined,
  parentTraceFlags: number | undefined,
  /** Epoch milliseconds. */
  startTime: number,
  /** Milliseconds. */
  duration: number,
  statusCode: number | undefined,
  errorType: string | undefined,
  /** The template of the route. */
  route: string | undefined,
  /** From the sampler and from readings of resources. */
  attributes: Attributes | undefined,
];
