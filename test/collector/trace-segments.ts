/**
 * PutTraceSegments for the local endpoint: the Collector's X-Ray exporter calls it, the package never does. The rules are those of
 * the X-Ray API reference and the developer guide, "Segment documents".
 */

import type { Attributes, AttributeValue, Span, SpanEvent } from '../../src/studio/otlp-model.js';
import type { XRayAnswer, XRayContext, XRayOperation } from '../../src/studio/services/xray.js';

/** Bytes of one document. */
const MAX_DOCUMENT_BYTES = 64 * 1024;
/** Documents in one request, as the X-Ray daemon and the Collector send them; the API reference names no number. */
const MAX_DOCUMENTS = 50;
/** Milliseconds that X-Ray keeps traces. */
const MAX_AGE = 30 * 24 * 3600 * 1000;
/** Subsegments inside subsegments that are followed. */
const MAX_DEPTH = 20;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const flag = (value: unknown): boolean => value === true;

/** Keeps the spans of complete segments. The answer, of status 200, names each document that was not processed. */
export const putTraceSegments: XRayOperation = {
  name: 'PutTraceSegments',
  path: '/TraceSegments',
  answer(input, context) {
    const documents = input.strings('TraceSegmentDocuments');
    if (documents === undefined) throw context.invalid('TraceSegmentDocuments is required.');
    if (documents.length > MAX_DOCUMENTS) {
      throw context.invalid(`At most ${MAX_DOCUMENTS} TraceSegmentDocuments in a request.`);
    }
    return keepDocuments(documents, context);
  },
  countItems: (input) => input.list('TraceSegmentDocuments')?.length ?? 0,
};

interface Unprocessed {
  readonly Id?: string;
  readonly ErrorCode: string;
  readonly Message: string;
}

class SegmentError extends Error {
  constructor(
    readonly code: string,
    readonly id?: string,
  ) {
    super(`Invalid segment. ErrorCode: ${code}`);
  }
}

function keepDocuments(documents: readonly string[], { store, now }: XRayContext): XRayAnswer {
  const unprocessed: Unprocessed[] = [];
  for (const document of documents) {
    try {
      for (const span of readDocument(document, now)) store.traces.add(span);
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error;
      const id = error.id === undefined ? {} : { Id: error.id };
      unprocessed.push({ ...id, ErrorCode: error.code, Message: error.message });
    }
  }
  const codes = [...new Set(unprocessed.map(({ ErrorCode }) => ErrorCode))].join(', ');
  return {
    output: { UnprocessedTraceSegments: unprocessed },
    items: documents.length,
    ...(unprocessed.length === 0 ? {} : { rejected: { count: unprocessed.length, message: codes } }),
  };
}

function readDocument(document: string, now: number): Span[] {
  if (Buffer.byteLength(document) > MAX_DOCUMENT_BYTES) throw new SegmentError('SegmentTooLarge');
  let value: unknown;
  try {
    value = JSON.parse(document);
  } catch {
    throw new SegmentError('ParseError');
  }
  const segments = Array.isArray(value) ? value : [value];
  return segments.flatMap((segment) => {
    if (!isObject(segment)) throw new SegmentError('ParseError');
    return readSegment(segment, { now, traceId: readTraceId(segment), resource: readResource(segment) }, 0);
  });
}

function readTraceId(segment: Json): string {
  const id = text(segment.id);
  const traceId = text(segment.trace_id);
  if (traceId === undefined) throw new SegmentError('MissingTraceId', id);
  const [, time, rest] = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i.exec(traceId) ?? [];
  if (time === undefined || rest === undefined) throw new SegmentError('InvalidTraceId', id);
  return (time + rest).toLowerCase();
}

interface Context {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly traceId: string;
  readonly resource: Attributes;
  readonly parent?: string;
}

function readSegment(segment: Json, context: Context, depth: number): Span[] {
  const id = text(segment.id);
  if (id === undefined) throw new SegmentError('MissingId');
  if (!/^[0-9a-f]{16}$/i.test(id)) throw new SegmentError('InvalidId', id);
  const name = text(segment.name);
  if (name === undefined) throw new SegmentError('MissingName', id);
  const start = number(segment.start_time);
  if (start === undefined) throw new SegmentError('MissingStartTime', id);
  if (start * 1000 < context.now - MAX_AGE) throw new SegmentError('InvalidStartTime', id);
  const end = number(segment.end_time);
  if (end === undefined && !flag(segment.in_progress)) throw new SegmentError('MissingEndTime', id);
  const children = Array.isArray(segment.subsegments) && depth < MAX_DEPTH ? segment.subsegments : [];
  const below = children.filter(isObject).flatMap((child) => readSegment(child, { ...context, parent: id }, depth + 1));
  return end === undefined ? below : [toSpan(segment, context, { id, name, start, end }), ...below];
}

interface Read {
  readonly id: string;
  readonly name: string;
  /** Epoch seconds. */
  readonly start: number;
  readonly end: number;
}

function toSpan(segment: Json, context: Context, { id, name, start, end }: Read): Span {
  const parent = text(segment.parent_id) ?? context.parent;
  const fault = flag(segment.fault);
  const endTimeUnixNano = toNanos(end);
  return {
    receiver: 'xray',
    arrived: context.now,
    resource: context.resource,
    scope: { name: 'segment', attributes: {} },
    traceId: context.traceId,
    spanId: id.toLowerCase(),
    ...(parent === undefined ? {} : { parentSpanId: parent.toLowerCase() }),
    flags: 1,
    name,
    kind: kindOf(segment, context),
    startTimeUnixNano: toNanos(start),
    endTimeUnixNano,
    attributes: readAttributes(segment),
    droppedAttributesCount: 0,
    events: readExceptions(segment, endTimeUnixNano),
    links: [],
    status: { code: fault ? 2 : 0 },
  };
}

/** Microseconds: more digits a time in seconds does not have. */
const toNanos = (seconds: number): string => `${Math.round(seconds * 1e6)}000`;

/** 2 server for segments; of subsegments 3 client where they name something remote, else 1 internal. */
function kindOf(segment: Json, context: Context): number {
  const subsegment = segment.type === 'subsegment' || context.parent !== undefined;
  if (!subsegment) return 2;
  return text(segment.namespace) === undefined ? 1 : 3;
}

const RESOURCE = 'otel.resource.';

/** What an agent files of OpenTelemetry's attributes under `metadata`, and of a resource's under a prefix there. */
function metadataOf(segment: Json): [string, AttributeValue][] {
  const { metadata } = segment;
  if (!isObject(metadata)) return [];
  return Object.values(metadata).flatMap((group) =>
    isObject(group) ? (Object.entries(group) as [string, AttributeValue][]) : [],
  );
}

function readResource(segment: Json): Attributes {
  const entries = metadataOf(segment)
    .filter(([name]) => name.startsWith(RESOURCE))
    .map(([name, value]) => [name.slice(RESOURCE.length), value]);
  // A segment is named for its service, a subsegment for what it calls.
  const service = segment.type === 'subsegment' ? {} : { 'service.name': text(segment.name) ?? '' };
  return { ...service, ...Object.fromEntries(entries) };
}

const HTTP: readonly (readonly [part: string, member: string, attribute: string])[] = [
  ['request', 'method', 'http.request.method'],
  ['request', 'url', 'url.full'],
  ['request', 'user_agent', 'user_agent.original'],
  ['request', 'client_ip', 'client.address'],
  ['response', 'status', 'http.response.status_code'],
];

function readAttributes(segment: Json): Attributes {
  const own = metadataOf(segment).filter(([name]) => !name.startsWith(RESOURCE));
  const annotations = isObject(segment.annotations)
    ? (Object.entries(segment.annotations) as [string, AttributeValue][])
    : [];
  const http = HTTP.flatMap(([part, member, attribute]): [string, AttributeValue][] => {
    const section = isObject(segment.http) ? segment.http[part] : undefined;
    const value = isObject(section) ? section[member] : undefined;
    return typeof value === 'string' || typeof value === 'number' ? [[attribute, value]] : [];
  });
  return Object.fromEntries([...own, ...annotations, ...http]);
}

function readExceptions(segment: Json, timeUnixNano: string): SpanEvent[] {
  const exceptions = isObject(segment.cause) ? segment.cause.exceptions : undefined;
  if (!Array.isArray(exceptions)) return [];
  return exceptions.filter(isObject).map((exception) => ({
    name: 'exception',
    timeUnixNano,
    attributes: {
      'exception.type': text(exception.type) ?? '',
      'exception.message': text(exception.message) ?? '',
    },
  }));
}
