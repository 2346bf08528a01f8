import type {
  AnyValue,
  Attributes,
  HrTime,
  SeverityNumber,
  SpanContext,
  SpanKind,
  SpanStatus,
} from '@opentelemetry/api';
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';
import type { Signal } from '../../exporters/aws/self-counters.js';
import type { IdentifiedConfiguration, Problem } from '../config/configuration.js';
import type { SettingRow } from '../config/print.js';
import type { SamplingRules, SamplingStatistics, SamplingTargets } from './sampling-rules.js';

/** What crosses between the application's thread and the delivery worker: plain data, as structured clone carries it. */

export interface PlainSpanContext {
  traceId: string;
  spanId: string;
  traceFlags: number;
  isRemote?: boolean;
  /** Serialised W3C trace state. */
  traceState?: string;
}

export interface PlainScope {
  name: string;
  version?: string;
  schemaUrl?: string;
}

export interface PlainSpan {
  name: string;
  kind: SpanKind;
  context: PlainSpanContext;
  parent?: PlainSpanContext;
  startTime: HrTime;
  endTime: HrTime;
  status: SpanStatus;
  attributes: Attributes;
  /** Further ones, which it has in common with other spans: one object, of which only the worker knows. */
  sharedAttributes?: Attributes;
  links: { context: PlainSpanContext; attributes?: Attributes; droppedAttributesCount?: number }[];
  events: { name: string; time: HrTime; attributes?: Attributes; droppedAttributesCount?: number }[];
  scope: PlainScope;
  droppedAttributesCount: number;
  droppedEventsCount: number;
  droppedLinksCount: number;
}

export interface PlainLogRecord {
  hrTime: HrTime;
  hrTimeObserved: HrTime;
  context?: PlainSpanContext;
  severityText?: string;
  severityNumber?: SeverityNumber;
  body?: AnyValue;
  eventName?: string;
  attributes: Attributes;
  scope: PlainScope;
  droppedAttributesCount: number;
}

export interface SpanMessage {
  kind: 'spans';
  /** All spans of the message, in whatever form. */
  count: number;
  spans: PlainSpan[];
  /** Spans as well, each as the single element of a list in `ListBytes`. */
  written?: Uint8Array;
  /** Spans as well, each as a list of its parts in `ListBytes`; the worker completes them. */
  requests?: Uint8Array;
}

/** Telemetry of one signal, to be handed to every destination of that signal. */
export type Telemetry =
  | SpanMessage
  | { kind: 'metrics'; scopeMetrics: ScopeMetrics[] }
  | { kind: 'logs'; records: PlainLogRecord[] };

/** As it is when the worker has completed it. */
export type CompleteTelemetry =
  | Exclude<Telemetry, SpanMessage>
  /** To be read once. */
  | { kind: 'spans'; spans: Iterable<PlainSpan> };

export type ToWorker =
  | Exclude<Telemetry, { kind: 'logs' }>
  /** Numbered, for `ACKNOWLEDGED`; each number is greater than the one before. */
  | { kind: 'logs'; records: PlainLogRecord[]; sequence: number }
  /** The records numbered `from` to `to` are in this file: it is removed once all of them are delivered. */
  | { kind: 'spooled'; path: string; from: number; to: number }
  /** Deliver all that came before until `deadline` (epoch milliseconds); then say so by a `flushed` message and by `FLUSHED` or `FLUSH_FAILED`. */
  | { kind: 'flush'; id: number; deadline: number }
  | { kind: 'status'; id: number }
  /** The answer to a question of the worker's. */
  | { kind: 'facts'; id: number; facts: ProcessFacts }
  /** Likewise; `captured`: whether an event was made of the test error. */
  | { kind: 'test-error'; id: number; captured: boolean }
  | SamplingQuestion;

/** Asked of X-Ray, or of a proxy of it, while the application runs. */
export type SamplingQuestion =
  | { kind: 'sampling-rules'; id: number }
  | { kind: 'sampling-targets'; id: number; statistics: SamplingStatistics[] };

/** Limits of the ECS task, which only the metadata endpoint knows. */
export interface TaskLimits {
  memoryBytes?: number;
  cpus?: number;
  source: 'ecs-task' | 'ecs-container';
}

export type FromWorker =
  | { kind: 'notice'; level: 'error' | 'warn' | 'info' | 'debug'; text: string }
  /** `troubles`: why not all is delivered, each failure once (`ExpiredToken: …`). */
  | { kind: 'flushed'; id: number; complete: boolean; troubles: string[] }
  | { kind: 'limits'; limits: TaskLimits[] }
  | { kind: 'status'; id: number; status: DeliveryStatus }
  /** A question to the application's thread. */
  | { kind: 'facts'; id: number }
  /** Asks the application's thread to capture a test error that bears the key. */
  | { kind: 'test-error'; id: number; key: string }
  | { kind: 'sampling-rules'; id: number; rules: SamplingRules }
  | { kind: 'sampling-targets'; id: number; targets: SamplingTargets }
  | { kind: 'sampling-failed'; id: number; reason: string };

/** What only the application's thread knows of the process; without secrets. */
export interface ProcessFacts {
  settings: SettingRow[];
  problems: Problem[];
  /** OpenTelemetry's instrumentations and our patches that were created so far. */
  instrumentations: string[];
  /** Packages that were loaded before the preload, and so are not instrumented. */
  loadedTooEarly: string[];
  /** The entry script. */
  entry?: string;
  /** One phrase: where its AWS credentials come from, as far as settings and files tell (src/resource/credentials-source.ts). */
  credentialsSource?: string;
  /** Requests answered since the start, but for those that no route should take (404 and 405); `unmatched`: those without a route. */
  requests?: { total: number; unmatched: number };
  /** Other monitoring agents whose files it has loaded. */
  otherAgents?: string[];
}

/** What became of the telemetry of one signal since the process started; in spans, metric values or errors. */
export interface LedgerEntry {
  signal: Signal;
  /** What the process has recorded and handed over; once for each destination. */
  made: number;
  /** What its destination has taken. */
  delivered: number;
  /** What is neither delivered nor lost. */
  waiting: number;
  /** What is lost for good, by reason. */
  lost: Record<string, number>;
}

/** What the destinations report of themselves: queues, counters, series, cost. */
export interface DeliveryStatus {
  region?: string;
  destinations: { signal: 'metrics' | 'traces' | 'logs'; name: string; status: unknown }[];
  /** What became of all telemetry of the process, before and in the worker. */
  ledger: LedgerEntry[];
}

export interface WorkerOptions {
  configuration: IdentifiedConfiguration;
  /** The resource as the application's thread knows it; the worker adds what it detects. */
  resource: Attributes;
  /** Epoch milliseconds at which the process started. */
  startedAt: number;
  state: SharedArrayBuffer;
  /** The buffer of `Ledger`. */
  ledger: SharedArrayBuffer;
}

/** Cells of the shared Int32Array. */

/** The last flush after which all was delivered. */
export const FLUSHED = 0;
/** How many messages of spans and metrics were handed to their exporters. */
export const COMPLETED = 1;
export const LIFE = 2;
/** Log records up to this number have been delivered, or are lost and counted. */
export const ACKNOWLEDGED = 3;
/** The last flush that ended with something undelivered; `FLUSHED` is notified of it. */
export const FLUSH_FAILED = 4;
/** The boot marker: `MARKER_…`. */
export const MARKER = 5;
/** Counted up by the application's thread while its event loop turns. */
export const BEAT = 6;
/** What the old generation of the application's heap holds, and may hold, in KiB; 0 as long as the worker has not told the limit. */
export const HEAP_USED = 7;
export const HEAP_LIMIT = 8;
export const STATE_CELLS = 9;

export const LIFE_STARTING = 0;
export const LIFE_READY = 1;
export const LIFE_ENDED = 2;

export const MARKER_NONE = 0;
export const MARKER_WRITING = 1;
export const MARKER_WRITTEN = 2;
/** The process ends in good order, or had no need of one: none is to be written any more. */
export const MARKER_CLOSED = 3;

/** As a cell holds it: up to 2 TiB. */
export function kibibytes(bytes: number): number {
  return Math.min(Math.round(bytes / 1024), 2 ** 31 - 1);
}

export function plainContext(context: SpanContext): PlainSpanContext {
  const plain: PlainSpanContext = {
    traceId: context.traceId,
    spanId: context.spanId,
    traceFlags: context.traceFlags,
  };
  if (context.isRemote) plain.isRemote = true;
  const state = context.traceState?.serialize();
  if (state) plain.traceState = state;
  return plain;
}
