import { setImmediate } from 'node:timers/promises';
import { diag } from '@opentelemetry/api';
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { type AwsOptions, repeatsOf } from '../aws/client-options.js';
import type { Clock } from '../aws/clock.js';
import { systemClock } from '../aws/clock.js';
import { ClockSkew } from '../aws/clock-skew.js';
import { credentialsOf } from '../aws/credentials.js';
import type { QueueLimits, QueueStatus } from '../aws/delivery-queue.js';
import { DeliveryQueue } from '../aws/delivery-queue.js';
import { isLocal } from '../aws/direct-hosts.js';
import { callBack, resultOf } from '../aws/export-result.js';
import type { Internals } from '../aws/internals.js';
import type { Item } from '../aws/item.js';
import { Notices } from '../aws/notices.js';
import { requiredText } from '../aws/required-option.js';
import type { SdkClient } from '../aws/sdk-client.js';
import type { CounterReading } from '../aws/self-counters.js';
import { counterChanges, SelfCounters } from '../aws/self-counters.js';
import type { Offered } from '../aws/ticket.js';
import { Conversion } from './conversion.js';
import type { CostEstimate } from './cost.js';
import { describeEstimate, estimateCost } from './cost.js';
import type { Datum } from './datum.js';
import type { DimensionPreset, DimensionSets } from './dimensions.js';
import { sanitiseNamespace } from './dimensions.js';
import type { Entity } from './entity.js';
import { entityOf } from './entity.js';
import { MAX_AGE } from './limits.js';
import type { Measurement } from './measurement.js';
import { MAX_MERGED_BUCKETS } from './merge-histograms.js';
import { datumsInRequest, requestOverhead } from './packing.js';
import type { EntityState } from './put-metric-data.js';
import { namedDatums, PutMetricData } from './put-metric-data.js';
import type { SeriesCapStatus } from './series-cap.js';
import { Temporality } from './temporality.js';

export interface CloudWatchMetricExporterOptions extends AwsOptions {
  /** CloudWatch namespace; characters that it cannot have are replaced. */
  readonly namespace: string;
  /** A `CloudWatchClient` to use instead of making one. The client then decides region, credentials and endpoint, and stays open at shutdown. */
  readonly client?: SdkClient;
  /** Which attributes become dimensions. Default `standard`. */
  readonly dimensions?: DimensionPreset | DimensionSets;
  /** Series at most, overflow series included. Default 500, about 150 dollars a month. */
  readonly maxSeries?: number;
  /** Milliseconds between two exports, for the estimate of costs. Default 60 000. */
  readonly exportInterval?: number;
  /** False for emulators that count a datum with both values and statistics twice (LocalStack). Default true. */
  readonly statisticValues?: boolean;
  /** Seconds; 1 is CloudWatch's high resolution. Default 60. */
  readonly storageResolution?: 1 | 60;
  /** Whether the service goes along as the metrics' entity; false for emulators that do not know entities. Default true. */
  readonly entity?: boolean;
  /** What the exporters count about themselves that is published as `monitoring.exporter.*`. Default `problems`: all but `sent`. */
  readonly selfMetrics?: 'none' | 'problems' | 'all';
  /** Counters to share with other exporters. */
  readonly counters?: SelfCounters;
  /** Held for later while the service is away. Default 5000 datums, 5 MB, 2 hours. */
  readonly queue?: Partial<QueueLimits>;
  /** Milliseconds after which `export` reports what is then still under way as queued. Default 27 000. */
  readonly exportTimeout?: number;
  /** Milliseconds that `forceFlush` may take. Default 5000. */
  readonly flushTimeout?: number;
  /** Milliseconds that `shutdown` may take. Default 5000. */
  readonly shutdownTimeout?: number;
}

/** @internal What the delivery worker and tests give besides the options. */
export interface MetricExporterInternals extends Internals {
  /** Told of each export, once: how many points it was given, and how many datums it made of them, the unfit ones included. */
  readonly onConverted?: (points: number, datums: number) => void;
}

type ResultCallback = Parameters<PushMetricExporter['export']>[1];
type ExportResult = Parameters<ResultCallback>[0];

/** What the exporter can say about itself; plain data. */
export interface CloudWatchMetricExporterStatus {
  readonly namespace: string;
  readonly queue: QueueStatus;
  readonly counters: readonly CounterReading[];
  readonly series: SeriesCapStatus;
  /** At the present number of series and one export per `exportInterval`; one a minute where the endpoint is a local one. */
  readonly cost: CostEstimate;
  readonly entity: EntityState;
}

const DEFAULT_MAX_SERIES = 500;

/** Milliseconds. */
const DEFAULT_EXPORT_INTERVAL = 60_000;

/** An export that comes sooner after the last regular one, in parts of the interval, was asked for by a flush or the process's end. */
const REGULAR = 0.9;

/** Data up to three hours old is visible within minutes; older data may take hours, and nobody waits for it. */
const DEFAULT_QUEUE: QueueLimits = { maxItems: 5000, maxBytes: 5_000_000, maxAge: 2 * 3_600_000 };

/** Milliseconds of work before others may run. */
const WORK_SLICE = 2;

const TEMPORALITY = { maxSeries: 10_000, ttl: 15 * 60_000, processStart: performance.timeOrigin };

/** The SDK's enumerations by value: they have been the same in every version, and importing them would fix one. */
const SUCCESS = 0;
const FAILED = 1;
const DELTA = 0;
const CUMULATIVE = 1;
const DEFAULT_AGGREGATION = { type: 0 } as const;
const EXPONENTIAL_AGGREGATION = { type: 5, options: { maxSize: MAX_MERGED_BUCKETS, recordMinMax: true } } as const;

/** The estimate is said again when it has grown by this factor. */
const NOTEWORTHY_GROWTH = 1.5;

const ONCE = Number.POSITIVE_INFINITY;

/** Milliseconds before a remark about the data itself is repeated. */
const NOTICE_INTERVAL = 3_600_000;

const FALLBACK_NAMESPACE = 'OpenTelemetry';

/**
 * Publishes OpenTelemetry metrics by PutMetricData. For any `MeterProvider` of OpenTelemetry 2.x and 3.x:
 *
 *     new PeriodicExportingMetricReader({ exporter: new CloudWatchMetricExporter({ namespace: 'Checkout' }) })
 *
 * A request without an answer is repeated once, so it may count twice. While the service is away datums are held, each with its
 * own time, within the limits of `queue`. What is lost is counted by reason: see {@link status} and `monitoring.exporter.dropped`.
 * It never throws, and never keeps the process alive except while `forceFlush` or `shutdown` is waited for, or a request is open.
 */
export class CloudWatchMetricExporter implements PushMetricExporter {
  readonly #options: CloudWatchMetricExporterOptions;
  readonly #onConverted: MetricExporterInternals['onConverted'];
  readonly #namespace: string;
  readonly #clock: Clock;
  readonly #notices: Notices;
  readonly #counters: SelfCounters;
  readonly #conversion: Conversion;
  readonly #api: PutMetricData;
  readonly #queue: DeliveryQueue<Datum>;
  readonly #running = new Set<Promise<unknown>>();
  readonly #forgetCredentials: () => void;
  #published: CounterReading[] = [];
  #entity: Entity | undefined;
  #overhead: number;
  #lastRegular: number | undefined;
  #costSaid = 0;
  #shutdown: Promise<void> | undefined;

  /** @throws TypeError when `namespace` is missing */
  constructor(options: CloudWatchMetricExporterOptions);
  /** @internal */
  constructor(options: CloudWatchMetricExporterOptions, internals: MetricExporterInternals);
  constructor(options: CloudWatchMetricExporterOptions, internals: MetricExporterInternals = {}) {
    const { clock = systemClock, random, onConverted } = internals;
    const namespace = requiredText('CloudWatchMetricExporter', options, 'namespace', 'Checkout');
    this.#options = options;
    this.#onConverted = onConverted;
    this.#clock = clock;
    this.#notices = new Notices('CloudWatch metrics', () => this.#clock.now());
    this.#counters = options.counters ?? new SelfCounters();
    this.#namespace = this.#checkedNamespace(namespace);
    this.#overhead = requestOverhead(this.#namespace, undefined);
    this.#conversion = this.#makeConversion();
    const credentials = credentialsOf(options, this.#clock);
    this.#api = new PutMetricData({
      ...options,
      sharedCredentials: credentials,
      namespace: this.#namespace,
      skew: internals.skew ?? new ClockSkew((line) => this.#notices.warn('clock', line, ONCE)),
      onEntityRefused: (reason) =>
        this.#notices.warn('entity', `entity refused (${reason}), metrics go without it from now on`),
    });
    this.#queue = this.#makeQueue(random);
    this.#forgetCredentials = credentials.onRenewed(() => this.#queue.retryDenied());
  }

  /**
   * Calls back once, without throwing. SUCCESS: every datum was accepted, or is held and goes out later. FAILED: some were lost, or
   * the exporter is shut down. What `maxSeries` leaves out is counted, and no failure.
   */
  export(metrics: ResourceMetrics, resultCallback: ResultCallback): void {
    if (this.#shutdown !== undefined) {
      resultCallback({ code: FAILED, error: new Error('CloudWatchMetricExporter is shut down') });
      return;
    }
    const run = this.#export(metrics).catch((error: unknown): ExportResult => {
      this.#notices.warn('export', String(error));
      this.#counters.add('dropped', 'metrics', 'internal', readPoints(metrics));
      return { code: FAILED, error: error instanceof Error ? error : new Error(String(error)) };
    });
    void this.#within(run, this.#options.exportTimeout ?? 27_000).then((result) =>
      callBack(resultCallback, result ?? { code: SUCCESS }, (line) => this.#notices.warn('callback', line)),
    );
  }

  /** Sends what is held. Resolves when all of it is gone, or when the deadline has passed or would pass before the next attempt. */
  forceFlush(): Promise<void> {
    return this.flush(this.#options.flushTimeout ?? 5000);
  }

  /** As {@link forceFlush}, within `deadline` milliseconds. */
  async flush(deadline: number): Promise<void> {
    const began = this.#clock.now();
    if (await this.#flush(deadline, (left) => this.#queue.flush(left))) return;
    const { items } = this.#queue.status();
    this.#notices.warn('flush', `${items} datums could not be delivered${this.#obstacle(began, deadline)}`);
  }

  /** Sends what is held, within the deadline; what is left after it is dropped and counted. Later exports fail. */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#finish();
    return this.#shutdown;
  }

  /** Deltas, but levels for up-down counters: a change of requests under way is of no use in CloudWatch. */
  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    const level = instrumentType === 'UP_DOWN_COUNTER' || instrumentType === 'OBSERVABLE_UP_DOWN_COUNTER';
    return level ? CUMULATIVE : DELTA;
  }

  /** Exponential histograms: with explicit buckets percentiles are off by up to 150 %. A View still decides otherwise. */
  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return instrumentType === 'HISTOGRAM' ? EXPONENTIAL_AGGREGATION : DEFAULT_AGGREGATION;
  }

  status(): CloudWatchMetricExporterStatus {
    const queue = this.#queue.status();
    const series = this.#conversion.series.status(this.#clock.now());
    return {
      namespace: this.#namespace,
      queue,
      counters: this.#counters.readings(),
      series,
      cost: this.#cost(series.active),
      entity: this.#options.entity === false ? 'none' : this.#api.entityState,
    };
  }

  async #export(metrics: ResourceMetrics): Promise<ExportResult> {
    const now = this.#clock.now();
    const repeated = this.#noteExport(now);
    this.#describe(metrics.resource.attributes);
    let unfit = 0;
    let capped = 0;
    let why: string | undefined;
    const steps = this.#conversion.convert({
      metrics,
      now,
      extra: this.#selfMeasurements(now),
      onUnfit: (reason, metric) => {
        this.#counters.add('dropped', 'metrics', reason);
        if (reason === 'series_cap') {
          capped += 1;
          return this.#sayCapped(metric);
        }
        unfit += 1;
        why ??= reason;
        this.#notices.warn(reason, `a datum of ${metric} is not published (${reason})`);
      },
    });
    const offering = this.#offerAll(steps);
    this.#track(offering);
    const offered = await offering;
    this.#onConverted?.(pointsOf(metrics), offered.datums + unfit + capped);
    const offers = await Promise.all(offered.offers);
    if (repeated) this.#sayCost();
    const dropped = offers.reduce((sum, offer) => sum + offer.dropped, unfit);
    why ??= offers.find((offer) => offer.reason !== undefined)?.reason;
    return resultOf({ dropped, ...(why === undefined ? {} : { reason: why }) });
  }

  /** Converts a slice at a time and hands over whole requests, so that neither the event loop nor the queue is ever full of it. */
  async #offerAll(steps: Iterable<Item<Datum>[]>): Promise<{ offers: Promise<Offered>[]; datums: number }> {
    const offers: Promise<Offered>[] = [];
    let datums = 0;
    let ready: Item<Datum>[] = [];
    let resumed = performance.now();
    for (const items of steps) {
      ready = ready.concat(items);
      datums += items.length;
      const full = datumsInRequest(ready, this.#overhead);
      if (full < ready.length) {
        offers.push(this.#queue.offer(ready.splice(0, full)));
        await this.#queue.room();
      }
      if (performance.now() - resumed < WORK_SLICE) continue;
      await setImmediate();
      resumed = performance.now();
    }
    offers.push(this.#queue.offer(ready));
    return { offers, datums };
  }

  #selfMeasurements(time: number): Measurement[] {
    const { selfMetrics = 'problems' } = this.#options;
    if (selfMetrics === 'none') return [];
    const readings = this.#counters.readings();
    const changes = counterChanges(this.#published, readings);
    this.#published = readings;
    this.#counters.published(changes);
    return changes
      .filter(({ name }) => selfMetrics === 'all' || name !== 'sent')
      .map(({ name, signal, reason, value }) => ({
        name: `monitoring.exporter.${name}`,
        unit: 'Count',
        monotonic: true,
        attributes: { signal, reason },
        time,
        measure: { kind: 'sum', value },
      }));
  }

  async #flush(deadline: number, send: (left: number) => Promise<boolean>): Promise<boolean> {
    const end = this.#clock.now() + deadline;
    await this.#within(Promise.all(this.#running), deadline);
    return send(Math.max(0, end - this.#clock.now()));
  }

  async #finish(): Promise<void> {
    const deadline = this.#options.shutdownTimeout ?? 5000;
    const began = this.#clock.now();
    const clean = await this.#flush(deadline, (left) => this.#queue.shutdown(left));
    const lost = this.#counters.total('dropped', 'metrics', 'shutdown');
    if (!clean)
      this.#notices.warn('shutdown', `${lost} datums dropped: not delivered${this.#obstacle(began, deadline)}`);
    this.#forgetCredentials();
    await this.#api.destroy();
  }

  /** Why a flush did not deliver everything: it gives up early when the next attempt would come after its deadline. */
  #obstacle(began: number, deadline: number): string {
    const { trouble } = this.#queue.status();
    const time = this.#clock.now() - began < deadline ? '' : ` within ${deadline} ms`;
    return trouble === undefined ? time : `${time} (${trouble})`;
  }

  #track(run: Promise<unknown>): void {
    const forget = () => {
      this.#running.delete(tracked);
    };
    const tracked: Promise<void> = run.then(forget, forget);
    this.#running.add(tracked);
  }

  /** What the promise, which never rejects, resolves with; undefined when that takes longer than `deadline` milliseconds. */
  #within<T>(promise: Promise<T>, deadline: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(deadline, () => resolve(undefined), false);
      void promise.then((value) => {
        cancel();
        resolve(value);
      });
    });
  }

  #describe(resource: Readonly<Record<string, unknown>>): void {
    this.#entity = this.#options.entity === false ? undefined : entityOf(resource);
    this.#overhead = requestOverhead(this.#namespace, this.#entity);
  }

  get #interval(): number {
    return this.#options.exportInterval ?? DEFAULT_EXPORT_INTERVAL;
  }

  /** Whether the export comes about an interval after an earlier one. */
  #noteExport(now: number): boolean {
    const last = this.#lastRegular;
    if (last !== undefined && now - last < REGULAR * this.#interval) return false;
    this.#lastRegular = now;
    return last !== undefined;
  }

  /** A local endpoint is sent to as often as somebody wants to watch; AWS would be sent to at the default interval. */
  #cost(series: number): CostEstimate {
    return isLocal(this.#options.endpoint)
      ? estimateCost({ series })
      : estimateCost({ series, interval: this.#interval / 1000 });
  }

  #sayCapped(metric: string): void {
    const { max } = this.#conversion.series.status(this.#clock.now());
    const message = `all ${max} series are taken: some of ${metric}, and perhaps others, are not published`;
    this.#notices.warn('series_cap', message, ONCE);
  }

  #sayCost(): void {
    const { series, cost } = this.status();
    if (series.active <= this.#costSaid * NOTEWORTHY_GROWTH) return;
    this.#costSaid = series.active;
    diag.info(`cost: ${describeEstimate(cost)}`);
  }

  #checkedNamespace(asked: string): string {
    const namespace = sanitiseNamespace(asked) ?? FALLBACK_NAMESPACE;
    if (namespace !== asked) {
      this.#notices.warn('namespace', `"${asked}" cannot be a namespace, "${namespace}" is used`, ONCE);
    }
    return namespace;
  }

  #makeConversion(): Conversion {
    return new Conversion({
      dimensions: this.#options.dimensions ?? 'standard',
      maxSeries: this.#options.maxSeries ?? DEFAULT_MAX_SERIES,
      statisticValues: this.#options.statisticValues ?? true,
      storageResolution: this.#options.storageResolution ?? 60,
      temporality: new Temporality(TEMPORALITY),
      onNotice: (kind, message) => this.#notices.warn(kind, message, NOTICE_INTERVAL),
    });
  }

  #makeQueue(random: Internals['random']): DeliveryQueue<Datum> {
    const limits = { ...DEFAULT_QUEUE, ...this.#options.queue };
    return new DeliveryQueue<Datum>({
      signal: 'metrics',
      limits: { ...limits, maxAge: Math.min(limits.maxAge, MAX_AGE) },
      counters: this.#counters,
      notices: this.#notices,
      cut: (items) => datumsInRequest(items, this.#overhead),
      send: async (datums, signal) => {
        // The client writes up to a megabyte of JSON at once: not in the turn that converted it.
        await setImmediate();
        await this.#api.put(datums, this.#entity, signal);
        return undefined;
      },
      culprits: namedDatums,
      probe: this.#api.probe,
      requestTimeout: this.#options.requestTimeout,
      unansweredRepeats: repeatsOf(this.#options),
      clock: this.#clock,
      ...(random === undefined ? {} : { random }),
    });
  }
}

function pointsOf({ scopeMetrics }: ResourceMetrics): number {
  let points = 0;
  for (const { metrics } of scopeMetrics) for (const { dataPoints } of metrics) points += dataPoints.length;
  return points;
}

/** The same of what may be no metrics at all: 0. */
function readPoints(metrics: ResourceMetrics): number {
  try {
    return pointsOf(metrics);
  } catch {
    return 0;
  }
}
