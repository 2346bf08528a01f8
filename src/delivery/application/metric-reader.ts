import { diag, type HrTime } from '@opentelemetry/api';
import { hrTime } from '@opentelemetry/core';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type MetricData,
  MetricReader,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Telemetry } from '../../wire/messages.js';
import { nextTurn } from './next-turn.js';

/** Metrics kept outside the SDK that can be read without waiting; undefined when there is nothing to tell. */
export interface MetricSource {
  /** Whether something happened since the last collection that must not be lost. */
  isFresh(): boolean;
  collect(endTime: HrTime): ScopeMetrics | readonly ScopeMetrics[] | undefined;
}

export interface DeliveryMetricReaderOptions {
  post: (telemetry: Telemetry) => void;
  sources: readonly MetricSource[];
  /** Milliseconds between collections. */
  interval: number;
  /** Milliseconds a collection may wait for asynchronous callbacks. */
  timeout: number;
  temporality: 'delta' | 'cumulative';
  /** Whether the SDK's histograms have explicit buckets, by the boundaries that the application advises; default: exponential ones. */
  hasExplicitBuckets?: boolean;
  /** The instrumentation scopes of what every process measures, whatever it does. */
  ambientScopes?: ReadonlySet<string>;
  /** The metrics that views make of one metric of the sources. */
  views?: (metric: MetricData, scope: ScopeMetrics['scope']) => MetricData[];
}

/** What the server layer measures of every request; the application, or a middleware of its, may measure the same once more. */
const OWN_METRICS: ReadonlySet<string> = new Set(['http.server.request.duration', 'http.server.active_requests']);

/**
 * Collects every `interval` ms and hands the result to the worker. Histograms are exponential, since only those keep
 * percentiles true in CloudWatch; the SDK's number of buckets fits CloudWatch's 150 values after merging few. The request aggregates are read at the moment of handing over, so that a process
 * that dies between two collections can still hand them over synchronously.
 */
export class DeliveryMetricReader extends MetricReader {
  private timer: NodeJS.Timeout | undefined;
  private collecting: Promise<void> | undefined;
  /** The collection after that, where somebody waits for it. */
  private next: Promise<void> | undefined;
  /** Whether the points of the ambient scopes are left out as long as there are no others. */
  private isAmbientLeftOut = false;
  /** Of the SDK's instruments, not yet handed over. */
  private collected: ScopeMetrics[] = [];
  private readonly sources: MetricSource[];
  /** Those of `OWN_METRICS` that a source has told of, also by the names that views give to them. */
  private readonly measured = new Set<string>();
  /** Those of them that somebody else has measured as well, which was said. */
  private readonly doubled = new Set<string>();
  /** By instrumentation scope: whether a metric of it, by its name, was not observed in the last collection. */
  private readonly stale = new Map<string, (metric: string) => boolean>();

  constructor(private readonly options: DeliveryMetricReaderOptions) {
    super({
      aggregationSelector: (type) =>
        type === InstrumentType.HISTOGRAM && !options.hasExplicitBuckets
          ? { type: AggregationType.EXPONENTIAL_HISTOGRAM }
          : { type: AggregationType.DEFAULT },
      aggregationTemporalitySelector: (type) =>
        options.temporality === 'cumulative' ||
        type === InstrumentType.UP_DOWN_COUNTER ||
        type === InstrumentType.OBSERVABLE_UP_DOWN_COUNTER
          ? AggregationTemporality.CUMULATIVE
          : AggregationTemporality.DELTA,
    });
    this.sources = [...options.sources];
  }

  /** Reads `source` as well from now on. */
  addSource(source: MetricSource): void {
    this.sources.push(source);
  }

  /** Leaves out what `isStale` names of the scope's metrics from now on. */
  leaveOutStale(scope: string, isStale: (metric: string) => boolean): void {
    this.stale.set(scope, isStale);
  }

  protected override onInitialized(): void {
    this.beginInterval();
  }

  /** Collects next when a whole interval has passed from now. */
  beginInterval(): void {
    clearInterval(this.timer);
    this.timer = setInterval(() => void this.collectAndPost(), this.options.interval).unref();
  }

  /**
   * Collects from the SDK and from the sources and hands over: what was recorded before the call is handed over when it resolves, which
   * calls during a collection share the next one for. Never rejects.
   */
  collectAndPost(): Promise<void> {
    if (this.collecting === undefined) return this.begin();
    this.next ??= this.collecting.then(() => {
      this.next = undefined;
      return this.begin();
    });
    return this.next;
  }

  /** Whether a source has measured something since the last collection. */
  isFresh(): boolean {
    return this.sources.some((source) => source.isFresh());
  }

  /**
   * Collects as `collectAndPost` does, and hands over nothing where only the ambient scopes have points. From now on `postSources` does so
   * too.
   */
  collectWhatWasDone(): Promise<void> {
    this.isAmbientLeftOut = true;
    return this.collectAndPost();
  }

  /**
   * Hands over, without waiting, what the sources have news of and what the SDK has finished collecting; the SDK's own instruments can't
   * be read synchronously.
   */
  postSources(): void {
    this.post(this.isFresh() ? this.readSources() : []);
  }

  protected override async onForceFlush(): Promise<void> {
    await this.collectAndPost();
  }

  protected override async onShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.collectAndPost();
  }

  private begin(): Promise<void> {
    this.collecting = this.collectOnce()
      .catch((error: unknown) => diag.error(`metrics could not be handed over: ${String(error)}`))
      .finally(() => {
        this.collecting = undefined;
      });
    return this.collecting;
  }

  private async collectOnce(): Promise<void> {
    try {
      const { resourceMetrics, errors } = await this.collect({ timeoutMillis: this.options.timeout });
      for (const error of errors) diag.warn(`a metric callback failed: ${String(error)}`);
      this.collected = resourceMetrics.scopeMetrics.flatMap((scope) => this.withoutStale(scope));
    } catch (error) {
      diag.warn(`metrics could not be collected: ${String(error)}`);
    }
    // To collect 500 histograms takes 6 ms, to hand them over 2 (Node 24): the application gets its turn between.
    await nextTurn();
    this.post(this.readSources());
  }

  private post(ofSources: ScopeMetrics[]): void {
    const viewed = ofSources.flatMap((scope) => this.viewed(scope));
    const scopeMetrics = [...this.collected.flatMap((scope) => this.withoutDoubles(scope)), ...viewed];
    this.collected = [];
    const { ambientScopes } = this.options;
    const hasNews = scopeMetrics.some(({ scope }) => !ambientScopes?.has(scope.name));
    if (hasNews) this.isAmbientLeftOut = false;
    else if (this.isAmbientLeftOut) return;
    if (scopeMetrics.length > 0) this.options.post({ kind: 'metrics', scopeMetrics });
  }

  /** Notes the names of `OWN_METRICS`, and those that views give to these. */
  private viewed({ scope, metrics }: ScopeMetrics): ScopeMetrics[] {
    const viewed = metrics.flatMap((metric) => {
      const made = this.options.views?.(metric, scope) ?? [metric];
      if (OWN_METRICS.has(metric.descriptor.name)) {
        for (const { descriptor } of [metric, ...made]) this.measured.add(descriptor.name);
      }
      return made;
    });
    return viewed.length > 0 ? [{ scope, metrics: viewed }] : [];
  }

  private withoutStale({ scope, metrics }: ScopeMetrics): ScopeMetrics[] {
    const isStale = this.stale.get(scope.name);
    const kept = isStale ? metrics.filter(({ descriptor: { name } }) => !isStale(name)) : metrics;
    return kept.length > 0 ? [{ scope, metrics: kept }] : [];
  }

  /** Every request would be counted twice: the measurements of the sources win. */
  private withoutDoubles({ scope, metrics }: ScopeMetrics): ScopeMetrics[] {
    const kept = metrics.filter(({ descriptor: { name } }) => !this.measured.has(name));
    if (kept.length === metrics.length) return [{ scope, metrics }];
    for (const { descriptor } of metrics)
      if (this.measured.has(descriptor.name)) this.sayDouble(descriptor.name, scope.name);
    return kept.length > 0 ? [{ scope, metrics: kept }] : [];
  }

  private sayDouble(metric: string, scope: string): void {
    if (this.doubled.has(metric)) return;
    this.doubled.add(metric);
    diag.warn(
      `${metric} is recorded by ${scope || 'the application'} as well: that is left out, monitoring measures every request`,
    );
  }

  private readSources(): ScopeMetrics[] {
    const now = hrTime();
    return this.sources.flatMap((source) => source.collect(now) ?? []);
  }
}
