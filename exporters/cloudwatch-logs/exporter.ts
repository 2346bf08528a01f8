import { hostname } from 'node:os';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { type AwsOptions, repeatsOf } from '../aws/client-options.js';
import { type Clock, systemClock } from '../aws/clock.js';
import { ClockSkew } from '../aws/clock-skew.js';
import { credentialsOf } from '../aws/credentials.js';
import { DeliveryQueue, type QueueStatus } from '../aws/delivery-queue.js';
import { callBack, resultOf } from '../aws/export-result.js';
import type { Internals } from '../aws/internals.js';
import type { Refusal } from '../aws/item.js';
import { Notices } from '../aws/notices.js';
import { requiredText } from '../aws/required-option.js';
import type { SdkClient } from '../aws/sdk-client.js';
import { type CounterReading, SelfCounters } from '../aws/self-counters.js';
import { arrange, EVENT_OVERHEAD_BYTES, type InputEvent, leading, rejectedOf, sizeOf } from './batching.js';
import { classifyDelivery, Destination, NOT_FOUND, nameOf } from './destination.js';
import { entityOf, type LogEntity } from './entity.js';
import { toEvent } from './event.js';
import { validGroupName } from './group-name.js';
import { type LogsApi, logsApi, type PutAnswer } from './logs-client.js';
import { acceptedRetention } from './retention.js';
import { streamName, validStreamName } from './stream-name.js';
import { writeWithin } from './truncation.js';

export interface CloudWatchLogExporterOptions extends AwsOptions {
  /** Created when it is missing. Characters that CloudWatch does not allow become `-`. */
  readonly logGroupName: string;
  /** Default: `<service>/<task, pod, instance or host>/<pid>-<start>`, one stream per process. */
  readonly logStreamName?: string;
  /** Set on a group that this exporter creates; raised to the next number of days that CloudWatch accepts. Default: kept for ever. */
  readonly retentionDays?: number;
  /** A `CloudWatchLogsClient` of the application's; it stays open. Default: one made from `region`, `profile`, `credentials` and `endpoint`. */
  readonly client?: SdkClient;
  /** What CloudWatch links the events to. Default: the service that the resource names; `false`: nothing, for emulators. */
  readonly entity?: LogEntity | false;
  /** Bytes of one event in UTF-8; longer ones are cut. 1024 to 1 048 550, default 262 118. */
  readonly maxEventBytes?: number;
  /** Resource attributes on every event, in this order. */
  readonly resourceAttributes?: readonly string[];
  /** Events held, waiting and in flight together; more drops the oldest. Default 2048. */
  readonly maxQueueSize?: number;
  /** Bytes held. Default 8 MB. */
  readonly maxQueueBytes?: number;
  /** Milliseconds after which an event that could not be sent is dropped. Default 24 hours. */
  readonly maxAge?: number;
  /** Requests under way at the same time. Default 2. */
  readonly concurrency?: number;
  /** Milliseconds that `forceFlush()` takes at most. Default 10 000. */
  readonly flushTimeout?: number;
  /** Milliseconds that `shutdown()` takes at most before what is left is dropped and counted. Default 5000. */
  readonly shutdownTimeout?: number;
  /** Where sent, failed, dropped and retried events are counted; exporters may share one. */
  readonly counters?: SelfCounters;
}

/** @internal What the delivery worker and tests give besides the options. */
export interface LogExporterInternals extends Internals {
  /** Told what became of each record in the end: CloudWatch took it, or it was lost for the reason under which it is counted. */
  readonly onSettled?: (record: ReadableLogRecord, lost: string | undefined) => void;
}

type ResultCallback = Parameters<LogRecordExporter['export']>[1];

/** Where an exporter stands; plain data. */
export interface LogExporterStatus {
  readonly logGroup: string;
  /** Absent until the first record has named the process, unless it was given. */
  readonly logStream?: string;
  readonly queue: QueueStatus;
  /** Why the group or the stream could not be created. */
  readonly trouble?: string;
  readonly counters: CounterReading[];
}

/** 256 KiB less the 26 bytes that each event is charged: what every consumer of a log group takes. */
export const DEFAULT_MAX_EVENT_BYTES = 262_144 - EVENT_OVERHEAD_BYTES;
/** 1 MiB less the 26 bytes that each event is charged (PutLogEvents API reference). */
export const MAX_EVENT_BYTES = 1_048_576 - EVENT_OVERHEAD_BYTES;
/** Less has no room for the ids and the time. */
export const MIN_EVENT_BYTES = 1024;

const MAX_QUEUE_SIZE = 2048;
const MAX_QUEUE_BYTES = 8_000_000;
const MAX_AGE = 24 * 3_600_000;
const FLUSH_TIMEOUT = 10_000;
const SHUTDOWN_TIMEOUT = 5_000;

/**
 * Writes log records to CloudWatch Logs as JSON events that Logs Insights and X-Ray's trace view can read. Group and stream are created
 * when they are missing. The caller needs `logs:PutLogEvents` and `logs:CreateLogStream`; `logs:CreateLogGroup` and
 * `logs:PutRetentionPolicy` where the group is not there yet.
 *
 * `export()` succeeds when the events were accepted or are held for a later attempt; events that are lost are counted by reason.
 */
export class CloudWatchLogExporter implements LogRecordExporter {
  readonly #options: CloudWatchLogExporterOptions;
  readonly #internals: LogExporterInternals;
  readonly #group: string;
  readonly #maxEventBytes: number;
  readonly #clock: Clock;
  readonly #counters: SelfCounters;
  readonly #notices: Notices;
  readonly #api: LogsApi;
  readonly #queue: DeliveryQueue<InputEvent>;
  /** Where each event comes from; kept only for who wants to be told. */
  readonly #records = new WeakMap<InputEvent, ReadableLogRecord>();
  readonly #forgetCredentials: () => void;
  #stream: string | undefined;
  #destination: Destination | undefined;
  #entity: LogEntity | undefined;
  #stopped: Promise<void> | undefined;

  /** @throws TypeError when `logGroupName` is missing or empty */
  constructor(options: CloudWatchLogExporterOptions);
  /** @internal */
  constructor(options: CloudWatchLogExporterOptions, internals: LogExporterInternals);
  constructor(options: CloudWatchLogExporterOptions, internals: LogExporterInternals = {}) {
    const logGroupName = requiredText('CloudWatchLogExporter', options, 'logGroupName', '/checkout/app');
    this.#options = options;
    this.#internals = internals;
    this.#group = validGroupName(logGroupName);
    this.#maxEventBytes = Math.min(
      Math.max(options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES, MIN_EVENT_BYTES),
      MAX_EVENT_BYTES,
    );
    this.#clock = internals.clock ?? systemClock;
    this.#counters = options.counters ?? new SelfCounters();
    this.#notices = new Notices('CloudWatch log exporter', () => this.#clock.now());
    this.#stream = options.logStreamName === undefined ? undefined : validStreamName(options.logStreamName);
    const skew = internals.skew ?? new ClockSkew((line) => this.#notices.warn('clock', line));
    const credentials = credentialsOf(options, this.#clock);
    this.#api = logsApi({ ...options, sharedCredentials: credentials }, skew, options.client);
    this.#queue = this.#createQueue();
    this.#forgetCredentials = credentials.onRenewed(() => {
      this.#destination?.retryDenied();
      this.#queue.retryDenied();
    });
    if (this.#group !== logGroupName) {
      this.#notices.warn('group', `log group ${logGroupName} is not a valid name, ${this.#group} is used`);
    }
  }

  export(records: ReadableLogRecord[], resultCallback: ResultCallback): void {
    const now = this.#clock.now();
    const [first] = records;
    if (first !== undefined) this.#identify(first);
    const events = records.map((record) => this.#write(record, now)).filter((event) => event !== undefined);
    const lost = records.length - events.length;
    // Ages count from here, not from the event's time: an event of an earlier run is as welcome as a new one.
    const items = events.map((event) => ({ value: event, time: now, bytes: sizeOf(event) }));
    void this.#queue.offer(items).then((outcome) => {
      const result = resultOf({ dropped: outcome.dropped + lost, reason: outcome.reason ?? 'not writable' });
      callBack(resultCallback, result, (line) => this.#notices.warn('callback', line));
    });
  }

  /** Sends what is held; resolves when it is gone or after `flushTimeout`. Never rejects. */
  forceFlush(): Promise<void> {
    return this.flush(this.#options.flushTimeout ?? FLUSH_TIMEOUT);
  }

  /** As {@link forceFlush}, within `deadline` milliseconds. */
  async flush(deadline: number): Promise<void> {
    await this.#queue.flush(deadline);
  }

  /** Takes nothing more, sends what is held within `shutdownTimeout`, drops and counts the rest. Never rejects. */
  shutdown(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  status(): LogExporterStatus {
    const trouble = this.#destination?.trouble;
    return {
      logGroup: this.#group,
      ...(this.#stream === undefined ? {} : { logStream: this.#stream }),
      queue: this.#queue.status(),
      ...(trouble === undefined ? {} : { trouble }),
      counters: this.#counters.readings().filter((count) => count.signal === 'logs'),
    };
  }

  /** Names what CloudWatch links the events to anew: metadata of the platform may be learned after the first record. */
  identify(resource: Readonly<Record<string, unknown>>): void {
    if (this.#options.entity === undefined && this.#entity !== undefined) this.#entity = entityOf(resource);
  }

  async #stop(): Promise<void> {
    await this.#queue.shutdown(this.#options.shutdownTimeout ?? SHUTDOWN_TIMEOUT);
    this.#forgetCredentials();
    this.#api.destroy();
  }

  /** The first record's resource says who writes; a process has one. */
  #identify(record: ReadableLogRecord): void {
    if (this.#destination !== undefined) return;
    const resource = record.resource?.attributes ?? {};
    const startTime = Date.now() - process.uptime() * 1000;
    this.#stream ??= streamName(resource, { pid: process.pid, startTime, hostName: hostname() });
    const { entity, retentionDays } = this.#options;
    this.#entity = entity === false ? undefined : (entity ?? entityOf(resource));
    this.#destination = new Destination(this.#api, {
      group: this.#group,
      stream: this.#stream,
      retentionDays: retentionDays === undefined ? undefined : acceptedRetention(retentionDays),
      clock: this.#clock,
      warn: (kind, message) => this.#notices.warn(kind, message),
    });
  }

  /** The record as an event; undefined, counted, when it cannot be one. */
  #write(record: ReadableLogRecord, now: number): InputEvent | undefined {
    try {
      const { timestamp, fields } = toEvent(record, now, this.#options.resourceAttributes);
      const written = writeWithin(fields, this.#maxEventBytes);
      if (written !== undefined) {
        const event = { timestamp, message: written.message, bytes: written.bytes };
        if (this.#internals.onSettled !== undefined) this.#records.set(event, record);
        return event;
      }
      this.#lose(record, 'too_large');
    } catch (error) {
      // A getter or a proxy among the attributes.
      this.#notices.warn('unreadable', `a log record could not be read: ${String(error)}`);
      this.#lose(record, 'unreadable');
    }
    return undefined;
  }

  #lose(record: ReadableLogRecord, reason: string): void {
    this.#counters.add('dropped', 'logs', reason);
    this.#tell(record, reason);
  }

  #tell(record: ReadableLogRecord | undefined, lost?: string): void {
    if (record === undefined) return;
    try {
      this.#internals.onSettled?.(record, lost);
    } catch (error) {
      this.#notices.warn('callback', `onSettled failed: ${String(error)}`);
    }
  }

  async #send(batch: readonly InputEvent[], signal: AbortSignal): Promise<Refusal[]> {
    const destination = this.#destination;
    const stream = this.#stream;
    if (destination === undefined || stream === undefined) throw new Error('no record has named the stream');
    const { events, positions, refused } = arrange(batch, this.#clock.now());
    if (events.length === 0) return refused;
    const put = () => this.#put({ group: this.#group, stream }, events, signal);
    const answer = await put().catch(async (error: unknown) => {
      if (nameOf(error) !== NOT_FOUND) throw error;
      await destination.create(signal);
      return put();
    });
    if (answer.rejectedEntity !== undefined) this.#giveUpEntity(answer.rejectedEntity);
    const rejected = rejectedOf(answer.rejected, events.length);
    return refused.concat(rejected.map(({ index, reason }) => ({ index: positions[index] ?? index, reason })));
  }

  async #put(
    target: { group: string; stream: string },
    events: readonly InputEvent[],
    signal: AbortSignal,
  ): Promise<PutAnswer> {
    const entity = this.#entity;
    if (entity === undefined) return this.#api.putLogEvents(target, events, undefined, signal);
    try {
      return await this.#api.putLogEvents(target, events, entity, signal);
    } catch (error) {
      if (nameOf(error) !== 'InvalidParameterException' || !/entity/i.test(String(error))) throw error;
      this.#giveUpEntity(String(error));
      return this.#api.putLogEvents(target, events, undefined, signal);
    }
  }

  #giveUpEntity(reason: string): void {
    this.#entity = undefined;
    this.#notices.warn('entity', `CloudWatch refused the entity (${reason}); events go on without it`);
  }

  #createQueue(): DeliveryQueue<InputEvent> {
    const options = this.#options;
    const { random } = this.#internals;
    return new DeliveryQueue<InputEvent>({
      signal: 'logs',
      limits: {
        maxItems: options.maxQueueSize ?? MAX_QUEUE_SIZE,
        maxBytes: options.maxQueueBytes ?? MAX_QUEUE_BYTES,
        maxAge: options.maxAge ?? MAX_AGE,
      },
      counters: this.#counters,
      cut: (items) => leading(valuesOf(items), this.#clock.now()),
      send: (batch, signal) => this.#send(batch, signal),
      onAccept: (event) => this.#tell(this.#records.get(event)),
      onDrop: (event, reason) => this.#tell(this.#records.get(event), reason),
      concurrency: options.concurrency ?? 2,
      requestTimeout: options.requestTimeout,
      probe: this.#api.probe,
      // An event that is there twice does less harm than one that is not there.
      unansweredRepeats: repeatsOf(options, Number.POSITIVE_INFINITY),
      clock: this.#clock,
      notices: this.#notices,
      classify: classifyDelivery,
      ...(random === undefined ? {} : { random }),
    });
  }
}

function* valuesOf(items: Iterable<{ readonly value: InputEvent }>): Generator<InputEvent> {
  for (const { value } of items) yield value;
}
