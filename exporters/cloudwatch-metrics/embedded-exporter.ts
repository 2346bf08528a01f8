import { writeSync } from 'node:fs';
import { diag } from '@opentelemetry/api';
import type { InstrumentType, PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { callBack, resultOf } from '../aws/export-result.js';
import { requiredText } from '../aws/required-option.js';
import { SelfCounters } from '../aws/self-counters.js';
import { Conversion } from './conversion.js';
import type { Datum } from './datum.js';
import { type DimensionPreset, type DimensionSets, sanitiseNamespace } from './dimensions.js';
import { embeddedEvents } from './embedded-format.js';
import { MAX_MERGED_BUCKETS } from './merge-histograms.js';
import { Temporality } from './temporality.js';

export interface EmbeddedMetricExporterOptions {
  /** CloudWatch namespace; characters that it cannot have are replaced. */
  readonly namespace: string;
  /** Which attributes become dimensions. Default `standard`. */
  readonly dimensions?: DimensionPreset | DimensionSets;
  /** Series at most, overflow series included. Default 500. */
  readonly maxSeries?: number;
  readonly counters?: SelfCounters;
  /** Takes a line with its end. Default: standard output, at once. */
  readonly write?: (line: string) => void;
  /** @internal Told of each export: points given, datums made. */
  readonly onConverted?: (points: number, datums: number) => void;
}

const TEMPORALITY = { maxSeries: 10_000, ttl: 15 * 60_000, processStart: performance.timeOrigin };
const STDOUT = 1;
/** Attempts to write to a pipe that is full, and milliseconds between them. */
const WRITE_ATTEMPTS = 50;
const WRITE_PAUSE = 2;
const FALLBACK_NAMESPACE = 'OpenTelemetry';

/** The SDK's enumerations by value, as in the exporter by PutMetricData. */
const DELTA = 0;
const CUMULATIVE = 1;
const DEFAULT_AGGREGATION = { type: 0 } as const;
const EXPONENTIAL_AGGREGATION = { type: 5, options: { maxSize: MAX_MERGED_BUCKETS, recordMinMax: true } } as const;

/**
 * Writes metrics to standard output in CloudWatch's embedded metric format. Whatever brings that output to CloudWatch Logs (Lambda, the
 * `awslogs` driver) brings the metrics with it, without a call of its own: the price is that of the log bytes and of the series.
 */
export class EmbeddedMetricExporter implements PushMetricExporter {
  readonly #namespace: string;
  readonly #conversion: Conversion;
  readonly #counters: SelfCounters;
  readonly #write: (line: string) => void;
  readonly #onConverted: EmbeddedMetricExporterOptions['onConverted'];

  /** @throws TypeError when `namespace` is missing */
  constructor(options: EmbeddedMetricExporterOptions) {
    this.#namespace =
      sanitiseNamespace(requiredText('EmbeddedMetricExporter', options, 'namespace', 'Checkout')) ?? FALLBACK_NAMESPACE;
    this.#counters = options.counters ?? new SelfCounters();
    this.#write = options.write ?? writeToStandardOutput;
    this.#onConverted = options.onConverted;
    this.#conversion = new Conversion({
      dimensions: options.dimensions ?? 'standard',
      maxSeries: options.maxSeries ?? 500,
      statisticValues: true,
      storageResolution: 60,
      temporality: new Temporality(TEMPORALITY),
      onNotice: (_kind, message) => diag.warn(`embedded metrics: ${message}`),
    });
  }

  selectAggregationTemporality(instrumentType: InstrumentType): 0 | 1 {
    return UP_DOWN.includes(instrumentType) ? CUMULATIVE : DELTA;
  }

  selectAggregation(instrumentType: InstrumentType) {
    return instrumentType === 'HISTOGRAM' ? EXPONENTIAL_AGGREGATION : DEFAULT_AGGREGATION;
  }

  export(metrics: ResourceMetrics, done: Parameters<PushMetricExporter['export']>[1]): void {
    let dropped = 0;
    const drop = (reason: string, count = 1): void => {
      dropped += count;
      this.#counters.add('dropped', 'metrics', reason, count);
    };
    try {
      const datums = this.#datums(metrics, drop);
      this.#send(datums, drop);
      callBack(done, resultOf({ dropped }), diag.warn);
    } catch (error) {
      drop('unreadable');
      const reason = error instanceof Error ? error.message : String(error);
      callBack(done, resultOf({ dropped, reason }), diag.warn);
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  #datums(metrics: ResourceMetrics, onUnfit: (reason: string) => void): Datum[] {
    const datums: Datum[] = [];
    let unfit = 0;
    const collected = {
      metrics,
      extra: [],
      now: Date.now(),
      onUnfit: (reason: string) => {
        unfit += 1;
        onUnfit(reason);
      },
    };
    for (const items of this.#conversion.convert(collected)) for (const { value } of items) datums.push(value);
    const points = metrics.scopeMetrics
      .flatMap((scope) => scope.metrics)
      .flatMap(({ dataPoints }) => dataPoints as unknown[]);
    this.#onConverted?.(points.length, datums.length + unfit);
    return datums;
  }

  #send(datums: readonly Datum[], drop: (reason: string, count: number) => void): void {
    try {
      for (const event of embeddedEvents(this.#namespace, datums)) this.#write(`${event}\n`);
      this.#counters.add('sent', 'metrics', '', datums.length);
    } catch (error) {
      drop('standard_output', datums.length);
      diag.warn(
        `embedded metrics: standard output takes nothing: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

const UP_DOWN: readonly string[] = ['UP_DOWN_COUNTER', 'OBSERVABLE_UP_DOWN_COUNTER'];

/** By the file itself: a worker thread's `process.stdout` waits for the main thread, which may be frozen by then. */
function writeToStandardOutput(line: string): void {
  let rest = Buffer.from(line);
  for (let attempt = 0; rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(STDOUT, rest));
    } catch (error) {
      attempt += 1;
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || attempt >= WRITE_ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WRITE_PAUSE);
    }
  }
}
