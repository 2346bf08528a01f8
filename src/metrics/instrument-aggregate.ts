import type {
  Counter,
  Histogram,
  HrTime,
  Meter,
  MeterOptions,
  MeterProvider,
  MetricOptions,
  UpDownCounter,
} from '@opentelemetry/api';
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { descriptor, HistogramInstrument, SumInstrument } from './instruments.js';

export interface InstrumentAggregateOptions {
  /** Whose meters make all other instruments: those that are observed, and gauges. */
  readonly others: MeterProvider;
  /** Collects from this and from all else, and hands over. */
  readonly flush: () => Promise<void>;
  /** When counting starts. */
  readonly startTime: HrTime;
  /** Default `delta`: each collection tells what happened since the one before. Up-down counters tell running totals in any case. */
  readonly temporality?: 'delta' | 'cumulative';
}

/**
 * Counters, up-down counters and histograms kept outside the metrics SDK, for OpenTelemetry's instrumentations: they measure several times in a
 * request (`pg` eight times a query), at a price ({@link SeriesTable}), and what the SDK keeps can't be read by a process that dies.
 *
 * Points are the SDK's, value for value, with exponential histograms.
 */
export class InstrumentAggregate implements MeterProvider {
  readonly #others: MeterProvider;
  readonly #flush: () => Promise<void>;
  readonly #temporality: 'delta' | 'cumulative';
  readonly #firstStartTime: HrTime;
  #startTime: HrTime;
  readonly #meters = new Map<string, AggregatedMeter>();

  constructor({ others, flush, startTime, temporality = 'delta' }: InstrumentAggregateOptions) {
    this.#others = others;
    this.#flush = flush;
    this.#temporality = temporality;
    this.#firstStartTime = startTime;
    this.#startTime = startTime;
  }

  getMeter(name: string, version?: string, options?: MeterOptions): Meter {
    const key = JSON.stringify([name, version, options?.schemaUrl]);
    let meter = this.#meters.get(key);
    if (meter === undefined) {
      const scope = { name, ...(version && { version }), ...(options?.schemaUrl && { schemaUrl: options.schemaUrl }) };
      meter = new AggregatedMeter(scope, this.#others.getMeter(name, version, options), this.#temporality);
      this.#meters.set(key, meter);
    }
    return meter;
  }

  /** Part of what the SDK's provider has besides: the instrumentation of Lambda calls it before an invocation ends. */
  forceFlush(): Promise<void> {
    return this.#flush();
  }

  /** Whether something was measured since the last collection. */
  isFresh(): boolean {
    return [...this.#meters.values()].some(({ instruments }) => instruments.some(({ isFresh }) => isFresh));
  }

  /** What was measured. Synchronous, so that a dying process can still hand it over. Delta: reading takes away, so there is one reader. */
  collect(endTime: HrTime): ScopeMetrics[] {
    const collected = [...this.#meters.values()].map(({ scope, instruments }) => ({
      scope,
      metrics: instruments.flatMap((instrument) => {
        const startTime = instrument.isCumulative ? this.#firstStartTime : this.#startTime;
        return instrument.collect(startTime, endTime) ?? [];
      }),
    }));
    this.#startTime = endTime;
    return collected.filter(({ metrics }) => metrics.length > 0);
  }
}

type Instrument = SumInstrument | HistogramInstrument;

class AggregatedMeter implements Meter {
  readonly scope: ScopeMetrics['scope'];
  readonly createGauge: Meter['createGauge'];
  readonly createObservableGauge: Meter['createObservableGauge'];
  readonly createObservableCounter: Meter['createObservableCounter'];
  readonly createObservableUpDownCounter: Meter['createObservableUpDownCounter'];
  readonly addBatchObservableCallback: Meter['addBatchObservableCallback'];
  readonly removeBatchObservableCallback: Meter['removeBatchObservableCallback'];
  readonly #temporality: 'delta' | 'cumulative';
  readonly #instruments = new Map<string, Instrument>();

  constructor(scope: ScopeMetrics['scope'], others: Meter, temporality: 'delta' | 'cumulative') {
    this.scope = scope;
    this.#temporality = temporality;
    this.createGauge = others.createGauge.bind(others);
    this.createObservableGauge = others.createObservableGauge.bind(others);
    this.createObservableCounter = others.createObservableCounter.bind(others);
    this.createObservableUpDownCounter = others.createObservableUpDownCounter.bind(others);
    this.addBatchObservableCallback = others.addBatchObservableCallback.bind(others);
    this.removeBatchObservableCallback = others.removeBatchObservableCallback.bind(others);
  }

  get instruments(): readonly Instrument[] {
    return [...this.#instruments.values()];
  }

  createCounter(name: string, options?: MetricOptions): Counter {
    const isCumulative = this.#temporality === 'cumulative';
    return this.#once('counter', name, () => new SumInstrument(descriptor(name, options), isCumulative, true));
  }

  createUpDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    return this.#once('up-down counter', name, () => new SumInstrument(descriptor(name, options), true, false));
  }

  createHistogram(name: string, options?: MetricOptions): Histogram {
    const isCumulative = this.#temporality === 'cumulative';
    return this.#once('histogram', name, () => new HistogramInstrument(descriptor(name, options), isCumulative));
  }

  /** Whoever makes one again, as instrumentations do that are given another meter provider, measures with the first. */
  #once<Kind extends Instrument>(kind: string, name: string, make: () => Kind): Kind {
    const key = `${kind} ${name.toLowerCase()}`;
    const made = this.#instruments.get(key) ?? make();
    this.#instruments.set(key, made);
    return made as Kind;
  }
}
