import {
  type Attributes,
  type Counter,
  diag,
  type Histogram,
  type HrTime,
  type MetricOptions,
  type UpDownCounter,
  ValueType,
} from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type ExponentialHistogramMetricData,
  type MetricDescriptor,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import { ExponentialHistogram } from './exponential-histogram.js';
import { SeriesTable } from './series-table.js';

const NO_ATTRIBUTES: Attributes = Object.freeze({});

/** What an instrument is called and measures in, with the SDK's defaults. */
export function descriptor(
  name: string,
  { description = '', unit = '', valueType = ValueType.DOUBLE }: MetricOptions = {},
): MetricDescriptor {
  return { name, description, unit, valueType };
}

abstract class AggregatedInstrument<Accumulation> {
  readonly isCumulative: boolean;
  /** Whether something was measured since the last collection. */
  isFresh = false;
  protected readonly descriptor: MetricDescriptor;
  readonly #series: SeriesTable<Accumulation>;

  protected constructor(described: MetricDescriptor, isCumulative: boolean, create: () => Accumulation) {
    this.descriptor = described;
    this.isCumulative = isCumulative;
    this.#series = new SeriesTable(create);
  }

  protected at(attributes: Attributes | undefined): Accumulation {
    this.isFresh = true;
    return this.#series.at(attributes ?? NO_ATTRIBUTES);
  }

  protected get aggregationTemporality(): AggregationTemporality {
    return this.isCumulative ? AggregationTemporality.CUMULATIVE : AggregationTemporality.DELTA;
  }

  /** What was measured: since the last time, unless it is cumulative. */
  protected takePoints<T>(startTime: HrTime, endTime: HrTime, toValue: (from: Accumulation) => T): DataPoint<T>[] {
    const points = this.#series
      .all()
      .map(({ attributes, accumulation }) => ({ startTime, endTime, attributes, value: toValue(accumulation) }));
    this.isFresh = false;
    if (!this.isCumulative) this.#series.clear();
    return points;
  }

  /** The value as it is counted; undefined for one that can't be, which is said. */
  protected counted(value: number): number | undefined {
    const { name, valueType } = this.descriptor;
    if (typeof value !== 'number') {
      diag.warn(`${name}: not counted, a measurement must be a number and not a ${typeof value}`);
      return undefined;
    }
    // One of these in a running total would make every later value one of them.
    if (!Number.isFinite(value)) {
      diag.warn(`${name}: not counted, a measurement must be a finite number and not ${value}`);
      return undefined;
    }
    if (valueType !== ValueType.INT || Number.isInteger(value)) return value;
    diag.warn(`${name}: counted without its fraction, a measurement must be a whole number and not ${value}`);
    return Math.trunc(value);
  }

  protected isAllowed(value: number): boolean {
    if (!(value < 0)) return true;
    diag.warn(`${this.descriptor.name}: not counted, a measurement must not be negative: ${value}`);
    return false;
  }
}

interface Sum {
  sum: number;
}

/** A counter, or if it is not monotonic an up-down counter. */
export class SumInstrument extends AggregatedInstrument<Sum> implements Counter, UpDownCounter {
  readonly #isMonotonic: boolean;

  constructor(described: MetricDescriptor, isCumulative: boolean, isMonotonic: boolean) {
    super(described, isCumulative, () => ({ sum: 0 }));
    this.#isMonotonic = isMonotonic;
  }

  add(value: number, attributes?: Attributes): void {
    if (this.#isMonotonic && !this.isAllowed(value)) return;
    const counted = this.counted(value);
    if (counted !== undefined) this.at(attributes).sum += counted;
  }

  collect(startTime: HrTime, endTime: HrTime): SumMetricData | undefined {
    const dataPoints = this.takePoints(startTime, endTime, ({ sum }) => sum);
    if (dataPoints.length === 0) return undefined;
    const { descriptor, aggregationTemporality } = this;
    const isMonotonic = this.#isMonotonic;
    return { descriptor, aggregationTemporality, dataPointType: DataPointType.SUM, isMonotonic, dataPoints };
  }
}

export class HistogramInstrument extends AggregatedInstrument<ExponentialHistogram> implements Histogram {
  constructor(described: MetricDescriptor, isCumulative: boolean) {
    super(described, isCumulative, () => new ExponentialHistogram());
  }

  record(value: number, attributes?: Attributes): void {
    if (!this.isAllowed(value)) return;
    const counted = this.counted(value);
    if (counted !== undefined) this.at(attributes).record(counted);
  }

  collect(startTime: HrTime, endTime: HrTime): ExponentialHistogramMetricData | undefined {
    const dataPoints = this.takePoints(startTime, endTime, (histogram) => histogram.toPoint());
    if (dataPoints.length === 0) return undefined;
    const { descriptor, aggregationTemporality } = this;
    return { descriptor, aggregationTemporality, dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM, dataPoints };
  }
}
