import type { ExportResult } from '@opentelemetry/core';
import { repeatsOf } from '../aws/client-options.js';
import { type Clock, systemClock } from '../aws/clock.js';
import { ClockSkew } from '../aws/clock-skew.js';
import { credentialsOf } from '../aws/credentials.js';
import { DeliveryQueue } from '../aws/delivery-queue.js';
import type { OtlpService } from '../aws/endpoints.js';
import { callBack, resultOf } from '../aws/export-result.js';
import type { Item, Part, Refusal } from '../aws/item.js';
import { Notices } from '../aws/notices.js';
import { SelfCounters, type Signal } from '../aws/self-counters.js';
import {
  FLUSH_TIMEOUT,
  MAX_AGE,
  type OtlpExporterInternals,
  type OtlpExporterOptions,
  SHUTDOWN_TIMEOUT,
} from './delivery-options.js';
import type { OtlpExporterStatus } from './exporter-status.js';
import { OtlpClient } from './otlp-client.js';

/** What differs between the signals. */
export interface OtlpSignal<T> {
  readonly signal: Signal;
  readonly service: OtlpService;
  readonly path: '/v1/traces' | '/v1/metrics';
  readonly maxQueueSize: number;
  readonly maxQueueBytes: number;
  /** How often an item is sent again, by default, after a request without an answer, which may have been taken. */
  readonly unansweredRepeats: number;
  cut(items: readonly Item<T>[]): number;
  readonly divide?: (item: T, count: number) => readonly [Part<T>, Part<T>];
  send(batch: readonly T[], post: Post, signal: AbortSignal): Promise<readonly Refusal[]>;
  /** Told of each item that was taken or is lost: nobody reads it any more. */
  onSettled?(item: T): void;
}

export type Post = (body: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

/** The part of an OTLP exporter that is the same for every signal: queue, client, deadlines, result. */
export class OtlpDelivery<T> {
  readonly clock: Clock;
  readonly notices: Notices;
  readonly #options: OtlpExporterOptions;
  readonly #signal: OtlpSignal<T>;
  readonly #client: OtlpClient;
  readonly #queue: DeliveryQueue<T>;
  readonly #skew: ClockSkew;
  readonly #counters: SelfCounters;
  readonly #forgetCredentials: () => void;
  #stopped: Promise<void> | undefined;

  constructor(options: OtlpExporterOptions, internals: OtlpExporterInternals, signal: OtlpSignal<T>) {
    this.#options = options;
    this.#signal = signal;
    const { clock = systemClock, random, hasOwnThread = false, skew } = internals;
    this.clock = clock;
    this.notices = new Notices(`AWS OTLP exporter (${signal.signal})`, () => this.clock.now());
    this.#counters = options.counters ?? new SelfCounters();
    const { service, path } = signal;
    const { connectionTimeout } = options;
    // What may be there twice may also be sent twice at once.
    const mayRepeat = signal.unansweredRepeats === Number.POSITIVE_INFINITY && options.maxAttempts === undefined;
    const credentials = credentialsOf(options, clock);
    const aws = { ...options, sharedCredentials: credentials };
    this.#skew = skew ?? new ClockSkew((line) => this.notices.warn('clock', line));
    const transport = { connectionTimeout, mayRepeat, skew: this.#skew };
    this.#client = new OtlpClient({ service, path, aws, clock, hasOwnThread, ...transport });
    this.#queue = this.#createQueue(options, signal, random);
    this.#forgetCredentials = credentials.onRenewed(() => this.#queue.retryDenied());
  }

  /** Hands items over and calls back once, when the first attempt at each is over. */
  export(items: readonly Omit<Item<T>, 'time'>[], callback: (result: ExportResult) => void): void {
    const time = this.clock.now();
    void this.#queue
      .offer(items.map((item) => ({ ...item, time })))
      .then((outcome) => this.callBack(callback, resultOf(outcome)));
  }

  callBack(callback: (result: ExportResult) => void, result: ExportResult): void {
    callBack(callback, result, (line) => this.notices.warn('callback', line));
  }

  /** Milliseconds to add to the times of what is sent. */
  get clockOffset(): number {
    return this.#skew.offset;
  }

  /** Counts items that were lost before they reached the queue. */
  countDropped(reason: string, count: number): void {
    this.#counters.add('dropped', this.#signal.signal, reason, count);
  }

  /** Sends what is held; resolves when it is gone or the deadline has passed. Never rejects. */
  async flush(deadline = this.#options.flushTimeout ?? FLUSH_TIMEOUT): Promise<void> {
    await this.#queue.flush(deadline);
  }

  /** Takes nothing more, sends what is held within the deadline, drops and counts the rest. Never rejects. */
  shutdown(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  status(): OtlpExporterStatus {
    return {
      ...this.#target(),
      queue: this.#queue.status(),
      clockOffset: this.clockOffset,
      counters: this.#counters.readings().filter((count) => count.signal === this.#signal.signal),
    };
  }

  async #stop(): Promise<void> {
    await this.#queue.shutdown(this.#options.shutdownTimeout ?? SHUTDOWN_TIMEOUT);
    this.#forgetCredentials();
    this.#client.destroy();
  }

  #target(): { url?: string; region?: string } {
    try {
      const { url, region } = this.#client.target;
      return { url: url.href, region };
    } catch {
      return {};
    }
  }

  #createQueue(
    options: OtlpExporterOptions,
    signal: OtlpSignal<T>,
    random: OtlpExporterInternals['random'],
  ): DeliveryQueue<T> {
    const post: Post = (body, abort) => this.#client.post(body, abort);
    return new DeliveryQueue<T>({
      signal: signal.signal,
      limits: {
        maxItems: options.maxQueueSize ?? signal.maxQueueSize,
        maxBytes: options.maxQueueBytes ?? signal.maxQueueBytes,
        maxAge: options.maxAge ?? MAX_AGE,
      },
      counters: this.#counters,
      cut: (items) => signal.cut(items),
      ...(signal.divide && { divide: signal.divide }),
      send: (batch, abort) => signal.send(batch, post, abort),
      onAccept: (item) => signal.onSettled?.(item),
      onDrop: (item) => signal.onSettled?.(item),
      concurrency: options.concurrency ?? 2,
      requestTimeout: options.requestTimeout,
      probe: (abort) => this.#client.probe(abort),
      unansweredRepeats: repeatsOf(options, signal.unansweredRepeats),
      clock: this.clock,
      notices: this.notices,
      ...(random === undefined ? {} : { random }),
    });
  }
}
