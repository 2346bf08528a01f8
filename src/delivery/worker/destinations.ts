import { isMainThread } from 'node:worker_threads';
import { type Attributes, diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { ConsoleLogRecordExporter, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { ConsoleMetricExporter, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { ConsoleSpanExporter, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import { ClockSkew } from '../../../exporters/aws/clock-skew.js';
import {
  type CounterName,
  type CounterReading,
  SelfCounters,
  type Signal,
} from '../../../exporters/aws/self-counters.js';
import { CloudWatchLogExporter } from '../../../exporters/cloudwatch-logs/exporter.js';
import { EmbeddedMetricExporter } from '../../../exporters/cloudwatch-metrics/embedded-exporter.js';
import { CloudWatchMetricExporter } from '../../../exporters/cloudwatch-metrics/exporter.js';
import { AwsOtlpMetricExporter } from '../../../exporters/otlp-aws/metric-exporter.js';
import { AwsOtlpTraceExporter } from '../../../exporters/otlp-aws/trace-exporter.js';
import type { Configuration, IdentifiedConfiguration } from '../../config/configuration.js';
import { inEnvironmentOf, SCHEMA_URL } from '../../resource/resource.js';
import { amountOf } from '../../wire/ledger.js';
import type { CompleteTelemetry, DeliveryStatus, PlainLogRecord, PlainSpan } from '../../wire/messages.js';
import type { LossNotices } from '../loss-notices.js';
import type { Outcome } from './acknowledgements.js';
import type { AwsAccess } from './aws-access.js';
import { fromPlainLogRecord, fromPlainSpan } from './delivered.js';
import type { DeliveryTrace } from './delivery-trace.js';
import { withExplicitBuckets } from './explicit-buckets.js';
import { createOtlpLogExporter, createOtlpMetricExporter, createOtlpTraceExporter } from './otlp-exporters.js';
import type { PartialResult } from './rejected-items.js';

/** What metric, span and log exporters have in common. */
interface Exporter<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
  forceFlush?(): Promise<void>;
  /** Of exporters that can be given the time. */
  flush?(deadline: number): Promise<void>;
  shutdown(): Promise<void>;
  status?(): unknown;
  /** Names the service that writes, anew. */
  identify?(resource: Attributes): void;
}

interface Destination<Batch> {
  signal: Signal;
  name: string;
  exporter: Exporter<Batch>;
}

interface LogDestination extends Destination<ReadableLogRecord[]> {
  /** Of an exporter that holds records after it has called back. */
  settlements?: Settlements;
}

/**
 * Where log records on their way have got: `handedOver` once every exporter has called back, `settled` when each record has come
 * to its end, which may take hours. Neither rejects.
 */
export interface LogDelivery {
  handedOver: Promise<void>;
  settled: Promise<Outcome>;
}

/** Adds to each span what follows from the others and from the resource. */
export type SpanSemantics = (spans: Iterable<PlainSpan>, resource: Attributes) => Iterable<PlainSpan>;

/** Every exporter that the configuration names, and the way of a piece of telemetry to those of its signal. */
export class Destinations {
  private resource: Resource;
  private readonly metrics: Destination<ResourceMetrics>[];
  private readonly traces: Destination<Iterable<ReadableSpan>>[];
  private readonly logs: LogDestination[];
  /** Of the spans of deliveries: exporters of their own, whose calls make no spans. */
  private readonly deliverySpans: Destination<Iterable<ReadableSpan>>[];

  constructor(
    configuration: IdentifiedConfiguration,
    private ownAttributes: Attributes,
    private readonly access: AwsAccess,
    private readonly addSpanSemantics: SpanSemantics,
    private readonly losses: LossNotices,
    private readonly trace?: DeliveryTrace,
  ) {
    this.resource = resourceOf(ownAttributes);
    const make = new ExporterFactory(configuration, access, losses);
    this.metrics = configuration.metrics.exporters.flatMap((name) => make.metrics(name));
    this.traces = configuration.traces.exporters.flatMap((name) => make.traces(name));
    this.logs = configuration.logs.exporters.flatMap((name) => make.logs(name));
    this.deliverySpans = trace ? configuration.traces.exporters.flatMap((name) => make.traces(name, false)) : [];
    trace?.open(
      (spans) => void this.deliverSpans(spans, this.deliverySpans),
      () => losses.ledger.made('traces', 1),
    );
    make.report();
  }

  /** The resource of this process. */
  get attributes(): Attributes {
    return this.ownAttributes;
  }

  /** Takes over what was learned of this process later: telemetry from now on carries it, in the environment of before. */
  useAttributes(learned: Attributes): void {
    const attributes = inEnvironmentOf(learned, this.ownAttributes);
    this.ownAttributes = attributes;
    this.resource = resourceOf(attributes);
    for (const { exporter } of this.logs) exporter.identify?.(attributes);
  }

  /** Hands the telemetry to its destinations; resolves when each has called back, whatever it said. */
  async deliver(telemetry: CompleteTelemetry): Promise<void> {
    const { resource } = this;
    if (telemetry.kind === 'metrics') {
      this.enter('metrics', amountOf(telemetry).count, this.metrics.length);
      await exportTo(this.metrics, { resource, scopeMetrics: telemetry.scopeMetrics });
    } else if (telemetry.kind === 'spans') {
      await this.deliverSpans(telemetry.spans, this.traces);
    } else await this.deliverLogs(telemetry.records).handedOver;
  }

  private deliverSpans(plain: Iterable<PlainSpan>, to: Destination<Iterable<ReadableSpan>>[]): Promise<void> {
    const spans = readableSpans(plain, this.resource, this.addSpanSemantics);
    // One destination reads the spans one by one, so that they are never all in memory.
    const batch = to.length === 1 ? spans : [...spans];
    if (Array.isArray(batch)) this.enter('traces', batch.length, to.length);
    return exportTo(to, batch);
  }

  /** The ledger knows of `count`, made once: each further destination has as many of its own to take. */
  private enter(signal: Signal, count: number, destinations: number): void {
    if (destinations === 0) this.losses.lose(signal, 'no_destination', count);
    else this.losses.ledger.made(signal, count * (destinations - 1));
  }

  /** @param attributes the resource, when it is not this process's own */
  deliverLogs(records: readonly PlainLogRecord[], attributes?: Attributes): LogDelivery {
    const resource = attributes === undefined ? this.resource : resourceOf(attributes);
    const batch = records.map((record) => fromPlainLogRecord(record, resource));
    this.enter('logs', batch.length, this.logs.length);
    const ways = this.logs.map(({ name, exporter, settlements }) => {
      // An exporter may tell of a record before it returns.
      const settled = settlements?.of(batch);
      const handedOver = exportOnce(`logs to ${name}`, exporter, batch);
      return { handedOver, settled: settled ?? handedOver.then((taken): Outcome => (taken ? 'done' : 'lost')) };
    });
    return {
      handedOver: Promise.all(ways.map(({ handedOver }) => handedOver)).then(() => undefined),
      settled: Promise.all(ways.map(({ settled }) => settled)).then((outcomes) =>
        outcomes.length === 0 || outcomes.includes('lost') ? 'lost' : 'done',
      ),
    };
  }

  /** Sends what the exporters hold, within `deadline` milliseconds; true: they hold nothing more. Never rejects. */
  async flush(deadline: number): Promise<boolean> {
    return flushAll(this.all(), deadline);
  }

  /** The same for the spans of deliveries, once the deliveries are over. */
  async flushDeliverySpans(deadline: number): Promise<boolean> {
    if (this.trace === undefined) return true;
    this.trace.flush();
    return flushAll(this.deliverySpans, deadline);
  }

  /** The failures that the exporters' queues wait for to pass, each once: `ExpiredToken: …`. */
  troubles(): string[] {
    const troubles = this.all().flatMap(({ exporter }) => troubleOf(exporter) ?? []);
    return [...new Set(troubles)];
  }

  status(): DeliveryStatus {
    return {
      ...(this.access.region && { region: this.access.region }),
      ledger: this.losses.ledger.entries(),
      destinations: this.all().map(({ signal, name, exporter }) => ({ signal, name, status: exporter.status?.() })),
    };
  }

  private all(): Destination<never>[] {
    return [...this.metrics, ...this.traces, ...this.logs] as Destination<never>[];
  }
}

function resourceOf(attributes: Attributes): Resource {
  return resourceFromAttributes(attributes, { schemaUrl: SCHEMA_URL });
}

/** Spans as exporters expect them, one by one. */
function* readableSpans(
  spans: Iterable<PlainSpan>,
  resource: Resource,
  addSpanSemantics: SpanSemantics,
): Generator<ReadableSpan> {
  for (const span of addSpanSemantics(spans, resource.attributes)) {
    yield fromPlainSpan(span, resource);
  }
}

async function flushAll<Batch>(destinations: Destination<Batch>[], deadline: number): Promise<boolean> {
  const flushed = destinations.map(async ({ exporter }) => exporter.flush?.(deadline) ?? exporter.forceFlush?.());
  await Promise.allSettled(flushed);
  return destinations.every(({ exporter }) => heldBy(exporter) === 0);
}

async function exportTo<Batch>(destinations: Destination<Batch>[], batch: Batch): Promise<void> {
  await Promise.all(
    destinations.map(({ name, signal, exporter }) => exportOnce(`${signal} to ${name}`, exporter, batch)),
  );
}

/** True when the exporter did not fail. */
function exportOnce<Batch>(what: string, exporter: Exporter<Batch>, batch: Batch): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      exporter.export(batch, (result) => {
        if (result.error) diag.warn(`${what}: ${result.error.message}`);
        resolve(result.code === ExportResultCode.SUCCESS);
      });
    } catch (error) {
      diag.error(`${what}: ${String(error)}`);
      resolve(false);
    }
  });
}

/** How much waits in the exporter's queue; those of OpenTelemetry have none. */
function heldBy(exporter: Exporter<never>): number {
  const status = exporter.status?.() as { queue?: { items?: number } } | undefined;
  return status?.queue?.items ?? 0;
}

/** Reasons for which the service would refuse an event again and again; what is lost for others is worth another try. */
const FINAL = new Set(['too_large', 'unreadable', 'refused', 'permanent']);

/** Of an exporter of ours; those of OpenTelemetry have no status. */
function troubleOf(exporter: Exporter<never>): string | undefined {
  const status = exporter.status?.() as { queue?: { trouble?: string } } | undefined;
  return status?.queue?.trouble;
}

/** Follows records that an exporter may hold long after it has called back. */
class Settlements {
  private readonly open = new WeakMap<ReadableLogRecord, (outcome: Outcome) => void>();

  async of(batch: readonly ReadableLogRecord[]): Promise<Outcome> {
    const outcomes = await Promise.all(
      batch.map((record) => new Promise<Outcome>((resolve) => this.open.set(record, resolve))),
    );
    return outcomes.includes('lost') ? 'lost' : 'done';
  }

  settle(record: ReadableLogRecord, lost: string | undefined): void {
    this.open.get(record)?.(lost === undefined || FINAL.has(lost) ? 'done' : 'lost');
  }
}

/** Where there is no worker, the exporters share the application's thread. */
const hasOwnThread = !isMainThread;

/**
 * Counters that are entered in the ledger: what was sent as delivered, what was dropped as lost. What they tell as dropped is the whole
 * ledger's: losses of the application's thread and of worker threads that ended are among them, each told once.
 */
export class EnteredCounters extends SelfCounters {
  override readonly saysLosses = true;
  /** What earlier worker threads have told. */
  private readonly toldBefore = new Map<string, number>();

  constructor(private readonly losses: LossNotices) {
    super();
    const { ledger } = losses;
    for (const { signal, reason } of ledger.losses())
      this.toldBefore.set(`${signal} ${reason}`, ledger.toldOf(signal, reason));
  }

  override readings(): CounterReading[] {
    const dropped = this.losses.ledger.losses().map(({ signal, reason, count }) => ({
      name: 'dropped' as const,
      signal,
      reason,
      value: count - (this.toldBefore.get(`${signal} ${reason}`) ?? 0),
    }));
    const others = super.readings().filter(({ name }) => name !== 'dropped');
    return [...others, ...dropped.filter(({ value }) => value > 0)];
  }

  override published(changes: readonly CounterReading[]): void {
    for (const { name, signal, reason, value } of changes) {
      if (name === 'dropped') this.losses.ledger.told({ signal, reason, count: value });
    }
  }

  override add(name: CounterName, signal: Signal, reason: string, count = 1): void {
    if (!(count > 0)) return;
    super.add(name, signal, reason, count);
    if (name === 'sent') this.losses.ledger.delivered(signal, count);
    else if (name === 'dropped') this.losses.lose(signal, reason, count);
  }
}

/** Makes the exporters of one configuration. A destination that can't work is left out with one line. */
class ExporterFactory {
  private readonly withoutRegion = new Set<string>();
  /** Of all exporters: a clock that is off is said once. */
  private readonly skew = new ClockSkew((line) => diag.warn(line));
  /** Of all signals: what is lost of any of them shows among the metrics. */
  private readonly counters: SelfCounters;

  constructor(
    private readonly configuration: IdentifiedConfiguration,
    private readonly access: AwsAccess,
    private readonly losses: LossNotices,
  ) {
    this.counters = new EnteredCounters(losses);
  }

  /** An exporter of OpenTelemetry, which counts nothing: it says of each batch whether it was taken. */
  private counted<Batch, Given = Batch>(
    signal: Signal,
    exporter: Exporter<Batch>,
    take: (given: Given) => { batch: Batch; count: number },
  ): Exporter<Given> {
    return {
      export: (given, done) => {
        const { batch, count } = take(given);
        exporter.export(batch, (result: PartialResult) => {
          if (result.code === ExportResultCode.SUCCESS) {
            const rejected = Math.min(result.rejected ?? 0, count);
            this.counters.add('sent', signal, '', count - rejected);
            this.counters.add('dropped', signal, 'rejected', rejected);
          } else this.counters.add('dropped', signal, 'export_failed', count);
          done(result);
        });
      },
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    };
  }

  private countedMetrics(
    exporter: Exporter<ResourceMetrics>,
    convert: (batch: ResourceMetrics) => ResourceMetrics = (batch) => batch,
  ): Exporter<ResourceMetrics> {
    const take = (batch: ResourceMetrics) => ({
      batch: convert(batch),
      count: amountOf({ kind: 'metrics', ...batch }).count,
    });
    return this.counted('metrics', exporter, take);
  }

  private countedSpans(exporter: SpanExporter): Exporter<Iterable<ReadableSpan>> {
    const take = (spans: Iterable<ReadableSpan>) => {
      // These exporters look at a batch more than once.
      const batch = [...spans];
      return { batch, count: batch.length };
    };
    return this.counted('traces', exporter, take);
  }

  private countedLogs(exporter: Exporter<ReadableLogRecord[]>): Exporter<ReadableLogRecord[]> {
    return this.counted('logs', exporter, (batch: ReadableLogRecord[]) => ({ batch, count: batch.length }));
  }

  metrics(name: Configuration['metrics']['exporters'][number]): Destination<ResourceMetrics>[] {
    const { metrics } = this.configuration;
    const destination = (exporter: Exporter<ResourceMetrics>) => [{ signal: 'metrics' as const, name, exporter }];
    if (name === 'console') return destination(this.countedMetrics(new ConsoleMetricExporter()));
    if (name === 'otlp') {
      return this.otlp(() =>
        destination(
          this.countedMetrics(
            createOtlpMetricExporter(this.configuration.otlp.metrics),
            metrics.histograms === 'explicit_bucket_histogram' ? withExplicitBuckets : undefined,
          ),
        ),
      );
    }
    if (name === 'emf') {
      const { namespace, dimensions, maxSeries } = metrics;
      const onConverted = (points: number, datums: number) => this.losses.ledger.converted('metrics', points, datums);
      const { counters } = this;
      return destination(new EmbeddedMetricExporter({ namespace, dimensions, maxSeries, counters, onConverted }));
    }
    const aws = this.aws('monitoring', 'CloudWatch metrics');
    if (!aws) return [];
    const { maxAttempts } = this.configuration.delivery;
    if (name === 'cloudwatch_otlp')
      return destination(new AwsOtlpMetricExporter({ ...aws, maxAttempts }, { hasOwnThread, skew: this.skew }));
    return destination(
      new CloudWatchMetricExporter(
        {
          ...aws,
          maxAttempts,
          namespace: metrics.namespace,
          dimensions: metrics.dimensions,
          maxSeries: metrics.maxSeries,
          exportInterval: metrics.interval,
        },
        { skew: this.skew, onConverted: (points, datums) => this.losses.ledger.converted('metrics', points, datums) },
      ),
    );
  }

  /** @param isObserved whether calls of the exporter make spans, where deliveries do */
  traces(name: Configuration['traces']['exporters'][number], isObserved = true): Destination<Iterable<ReadableSpan>>[] {
    const destination = (exporter: Exporter<Iterable<ReadableSpan>>) => [{ signal: 'traces' as const, name, exporter }];
    if (name === 'console') return destination(this.countedSpans(new ConsoleSpanExporter()));
    if (name === 'otlp') {
      return this.otlp(() => destination(this.countedSpans(createOtlpTraceExporter(this.configuration.otlp.traces))));
    }
    const aws = this.aws('xray', 'X-Ray');
    if (!aws) return [];
    const { onCall, ...unobserved } = aws;
    const { maxQueueSize, exportTimeout } = this.configuration.traces.batch;
    const requestTimeout = Math.min(exportTimeout, aws.requestTimeout);
    const options = { ...unobserved, ...(isObserved && onCall && { onCall }), maxQueueSize, requestTimeout };
    return destination(new AwsOtlpTraceExporter(options, { hasOwnThread, skew: this.skew }));
  }

  logs(name: Configuration['logs']['exporters'][number]): LogDestination[] {
    const { logs } = this.configuration;
    const destination = (exporter: Exporter<ReadableLogRecord[]>) => [{ signal: 'logs' as const, name, exporter }];
    if (name === 'console') return destination(this.countedLogs(new ConsoleLogRecordExporter()));
    if (name === 'otlp') {
      return this.otlp(() => destination(this.countedLogs(createOtlpLogExporter(this.configuration.otlp.logs))));
    }
    const aws = this.aws('logs', 'CloudWatch Logs');
    if (!aws) return [];
    const settlements = new Settlements();
    const exporter = new CloudWatchLogExporter(
      {
        ...aws,
        logGroupName: logs.group,
        retentionDays: logs.retentionDays,
      },
      { skew: this.skew, onSettled: (record, lost) => settlements.settle(record, lost) },
    );
    return [{ signal: 'logs', name, exporter, settlements }];
  }

  /** Says which destinations were left out. */
  report(): void {
    if (this.withoutRegion.size === 0) return;
    diag.error(`no AWS region: nothing is sent to ${[...this.withoutRegion].join(', ')}; set AWS_REGION`);
  }

  /** OpenTelemetry's exporters may refuse their options, and the file of those for gRPC may be missing. */
  private otlp<Made>(make: () => Made[]): Made[] {
    try {
      return make();
    } catch (error) {
      diag.error(`no OTLP exporter, nothing is sent by it: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  }

  private aws(service: Parameters<AwsAccess['optionsFor']>[0], what: string) {
    const options = this.access.optionsFor(service);
    if (options.region === undefined) {
      this.withoutRegion.add(what);
      return undefined;
    }
    const { shutdownTimeout: flushTimeout, delivery } = this.configuration;
    const { connectTimeout: connectionTimeout, requestTimeout } = delivery;
    const limits = { connectionTimeout, requestTimeout, flushTimeout };
    return { ...options, ...limits, counters: this.counters };
  }
}
