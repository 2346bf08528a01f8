import type { Arrival } from '../arrival.js';
import { awsErrorOf } from '../aws-error.js';
import { mediaType, type Reply } from '../http.js';
import type { LogRecord, Receiver } from '../otlp-model.js';
import type { Store } from '../store/store.js';
import { appendToStream } from './logs.js';
import {
  type Encoding,
  OtlpDecodeError,
  parseExport,
  readLogs,
  readMetrics,
  readTraces,
  type Signal,
} from './otlp-decode.js';
import {
  type Body,
  checkPoint,
  checkPointCount,
  checkRecords,
  checkTraces,
  MAX_AGE,
  MAX_AHEAD,
  MAX_REQUEST_BYTES,
  toMillis,
} from './otlp-limits.js';
import { encodeMessage } from './otlp-schema.js';

/** An export refused as a whole: HTTP status and the text of the `google.rpc.Status`. */
export class OtlpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'OtlpError';
  }
}

export interface ExportOutcome {
  readonly reply: Reply;
  /** Items in the request. */
  readonly items: number;
  readonly rejected?: { readonly count: number; readonly message: string };
}

export interface OtlpContext {
  readonly store: Store;
  readonly receiver: Receiver;
}

interface Taken {
  readonly items: number;
  readonly rejected: number;
  readonly message: string;
}

const CONTENT_TYPES: Readonly<Record<string, Encoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
};

/** By the request's content type; undefined: neither of OTLP/HTTP's. */
export const encodingOf = (arrival: Arrival): Encoding | undefined => CONTENT_TYPES[mediaType(arrival.headers)];

/**
 * Takes an export request. The limits of AWS apply where it came signed.
 *
 * @throws OtlpError when the whole request is refused
 */
export function receiveExport(signal: Signal, arrival: Arrival, context: OtlpContext): ExportOutcome {
  const encoding = encodingOf(arrival);
  if (encoding === undefined)
    throw new OtlpError(415, 'Content-Type must be application/x-protobuf or application/json.');
  const body = { encoding, bytes: arrival.body.length };
  if (context.receiver !== 'otlp' && body.bytes > MAX_REQUEST_BYTES[signal]) {
    const status = signal === 'metrics' ? 400 : 413;
    throw new OtlpError(status, `The request is larger than ${MAX_REQUEST_BYTES[signal]} bytes uncompressed.`);
  }
  const taken = decoding(() => TAKERS[signal](arrival, body, context));
  const reply = success(signal, encoding, taken);
  if (taken.rejected === 0) return { reply, items: taken.items };
  return { reply, items: taken.items, rejected: { count: taken.rejected, message: taken.message } };
}

function decoding(take: () => Taken): Taken {
  try {
    return take();
  } catch (error) {
    if (error instanceof OtlpDecodeError) throw new OtlpError(400, error.message);
    const refusal = awsErrorOf(error);
    if (refusal !== undefined) throw new OtlpError(refusal.status, refusal.message);
    throw error;
  }
}

type Taker = (arrival: Arrival, body: Body, context: OtlpContext) => Taken;

const TAKERS: Readonly<Record<Signal, Taker>> = { traces: takeTraces, metrics: takeMetrics, logs: takeLogs };

const sourceOf = (arrival: Arrival, context: OtlpContext): { receiver: Receiver; arrived: number } => ({
  receiver: context.receiver,
  arrived: arrival.now,
});

function refuseIf(reason: string | undefined): void {
  if (reason !== undefined) throw new OtlpError(400, reason);
}

function takeTraces(arrival: Arrival, body: Body, context: OtlpContext): Taken {
  const groups = readTraces(parseExport('traces', body.encoding, arrival.body), sourceOf(arrival, context));
  if (context.receiver !== 'otlp') refuseIf(checkTraces(groups, body, arrival.now));
  const spans = groups.flatMap((group) => group.items.map(({ item }) => item));
  const valid = spans.filter((span) => span.traceId !== '' && span.spanId !== '');
  for (const span of valid) context.store.traces.add(span);
  return {
    items: spans.length,
    rejected: spans.length - valid.length,
    message: 'A span has no valid trace or span id.',
  };
}

function takeMetrics(arrival: Arrival, body: Body, context: OtlpContext): Taken {
  const groups = readMetrics(parseExport('metrics', body.encoding, arrival.body), sourceOf(arrival, context));
  const signed = context.receiver !== 'otlp';
  if (signed) refuseIf(checkPointCount(groups));
  const points = groups.flatMap((group) => group.items.map(({ item }) => item));
  const reasons: string[] = [];
  for (const point of points) {
    const reason = signed ? checkPoint(point, arrival.now) : undefined;
    if (reason === undefined) context.store.points.add(point);
    else reasons.push(reason);
  }
  return { items: points.length, rejected: reasons.length, message: [...new Set(reasons)].join('; ') };
}

function takeLogs(arrival: Arrival, body: Body, context: OtlpContext): Taken {
  const groups = readLogs(parseExport('logs', body.encoding, arrival.body), sourceOf(arrival, context));
  const records = groups.flatMap((group) => group.items.map(({ item }) => item));
  if (context.receiver !== 'otlp') {
    refuseIf(checkRecords(groups, body));
    return appendRecords(records, arrival, context);
  }
  for (const record of records) context.store.records.add(record);
  return { items: records.length, rejected: 0, message: '' };
}

const DAY = 24 * 3600 * 1000;

/** CloudWatch Logs files OTLP records as JSON events in the stream that two headers name. */
function appendRecords(records: readonly LogRecord[], arrival: Arrival, context: OtlpContext): Taken {
  const group = arrival.headers['x-aws-log-group'];
  const stream = arrival.headers['x-aws-log-stream'];
  if (typeof group !== 'string' || typeof stream !== 'string') {
    throw new OtlpError(400, 'The headers x-aws-log-group and x-aws-log-stream are required.');
  }
  const logs = { store: context.store.logs, now: arrival.now };
  const target = appendToStream(logs, group, stream);
  const counts = { tooOldLogEventCount: 0, tooNewLogEventCount: 0, expiredLogEventCount: 0 };
  for (const record of records) {
    const timestamp = timeOf(record, arrival.now);
    const expiry = target.retentionInDays === undefined ? 0 : arrival.now - target.retentionInDays * DAY;
    if (timestamp < arrival.now - MAX_AGE) counts.tooOldLogEventCount += 1;
    else if (timestamp > arrival.now + MAX_AHEAD.logs) counts.tooNewLogEventCount += 1;
    else if (timestamp < expiry) counts.expiredLogEventCount += 1;
    else target.append(timestamp, toEvent(record));
  }
  const rejected = Object.values(counts).reduce((a, b) => a + b, 0);
  return { items: records.length, rejected, message: JSON.stringify(counts) };
}

function timeOf(record: LogRecord, now: number): number {
  const nanos = [record.timeUnixNano, record.observedTimeUnixNano].find((time) => /[^0]/.test(time));
  return nanos === undefined ? now : toMillis(nanos);
}

function toEvent(record: LogRecord): string {
  const { receiver: _receiver, arrived: _arrived, resource, scope, ...rest } = record;
  return JSON.stringify({ resource: { attributes: resource }, scope, ...rest });
}

const REJECTED = {
  traces: ['ExportTraceServiceResponse', 'rejectedSpans'],
  metrics: ['ExportMetricsServiceResponse', 'rejectedDataPoints'],
  logs: ['ExportLogsServiceResponse', 'rejectedLogRecords'],
} as const;

function success(signal: Signal, encoding: Encoding, taken: Taken): Reply {
  const [message, member] = REJECTED[signal];
  const answer =
    taken.rejected === 0 ? {} : { partialSuccess: { [member]: taken.rejected, errorMessage: taken.message } };
  return encoded(200, encoding, message, answer);
}

function encoded(status: number, encoding: Encoding, message: string, answer: Record<string, unknown>): Reply {
  const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
  const body = encoding === 'json' ? JSON.stringify(answer) : encodeMessage(message, answer);
  return { status, headers: { 'content-type': type }, body };
}

/** gRPC codes of a `google.rpc.Status`. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  413: 3,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
};

/** In the encoding of the request; JSON where that is not known. */
export const failure = (arrival: Arrival, status: number, message: string): Reply =>
  encoded(status, encodingOf(arrival) ?? 'json', 'RpcStatus', { code: RPC_CODES[status] ?? 2, message });
