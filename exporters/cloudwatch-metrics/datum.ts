/** A datum as PutMetricData takes it: made, checked and weighed. */

import type { Dimension } from './dimensions.js';
import type { Distribution } from './histogram.js';
import { explicitDistribution, exponentialDistribution } from './histogram.js';
import { MAX_AGE, MAX_LEAD, MAX_MAGNITUDE, MAX_VALUES } from './limits.js';
import type { Measure } from './measurement.js';
import { raised } from './rounding.js';
import type { StandardUnit, UnitMapping } from './units.js';

/** The parts of the AWS SDK's `MetricDatum` that are used here. */
export interface Datum {
  MetricName: string;
  Dimensions: Dimension[];
  Timestamp: Date;
  Unit: StandardUnit;
  StorageResolution?: 1 | 60;
  Value?: number;
  Values?: number[];
  Counts?: number[];
  StatisticValues?: { SampleCount: number; Sum: number; Minimum: number; Maximum: number };
}

export interface DatumOptions {
  /** Whether histograms carry `StatisticValues` beside their values; off for emulators that count both. */
  readonly statisticValues: boolean;
  readonly storageResolution: 1 | 60;
}

/** A series that is to become a datum. */
export interface SeriesPoint {
  readonly name: string;
  readonly dimensions: Dimension[];
  /** Epoch milliseconds. */
  readonly time: number;
  readonly unit: UnitMapping;
  readonly measure: Measure;
}

type Numbers = Pick<Datum, 'Value' | 'Values' | 'Counts' | 'StatisticValues'>;

/** Undefined when there was nothing in the interval. Not yet checked: see {@link defectOf}. */
export function datumOf(point: SeriesPoint, options: DatumOptions): Datum | undefined {
  const numbers = numbersOf(point, options.statisticValues);
  if (numbers === undefined) return undefined;
  return {
    MetricName: point.name,
    Dimensions: point.dimensions,
    Timestamp: new Date(point.time),
    Unit: point.unit.unit,
    // 60 is the service's default.
    ...(options.storageResolution === 1 ? { StorageResolution: 1 as const } : {}),
    ...numbers,
  };
}

function numbersOf({ measure, unit }: SeriesPoint, statisticValues: boolean): Numbers | undefined {
  switch (measure.kind) {
    case 'exponential':
      return distributionNumbers(exponentialDistribution(measure.point, unit.factor), statisticValues);
    case 'explicit':
      return distributionNumbers(explicitDistribution(measure.point, unit.factor), statisticValues);
    case 'tally':
      return sampleNumbers(
        [
          { value: 0, count: measure.no },
          { value: 1, count: measure.yes },
        ].filter(({ count }) => count > 0),
      );
    case 'gauge':
      return gaugeNumbers(
        measure.values.map((value) => raised(value * unit.factor)),
        unit.unit,
      );
    case 'sum':
    case 'level':
      return { Value: raised(measure.value * unit.factor) };
  }
}

function distributionNumbers(distribution: Distribution | undefined, statisticValues: boolean): Numbers | undefined {
  if (distribution === undefined) return undefined;
  const { values, counts, statistics } = distribution;
  // One recording, or equal ones: the values say all there is to say.
  const told = values.length === 1;
  const numbers: Numbers = values.length === 0 ? {} : { Values: values, Counts: counts };
  if (statistics !== undefined && (values.length === 0 || (statisticValues && !told))) {
    const { count, sum, min, max } = statistics;
    numbers.StatisticValues = { SampleCount: count, Sum: sum, Minimum: min, Maximum: max };
  }
  return numbers;
}

/** What is counted or weighed adds up over series; anything else (a ratio, a temperature) is a sample of each. */
const ADDITIVE = /^(Count|(Kilo|Mega|Giga|Tera)?(bytes|bits))$/i;

function gaugeNumbers(values: readonly number[], unit: StandardUnit): Numbers | undefined {
  const [first] = values;
  if (first === undefined) return undefined;
  if (values.length === 1) return { Value: first };
  if (ADDITIVE.test(unit)) return { Value: values.reduce((sum, value) => sum + value, 0) };
  return sampleNumbers(values.map((value) => ({ value, count: 1 })));
}

interface Sample {
  readonly value: number;
  readonly count: number;
}

function sampleNumbers(samples: readonly Sample[]): Numbers | undefined {
  if (samples.length === 0) return undefined;
  const counts = new Map<number, number>();
  for (const { value, count } of samples) counts.set(value, (counts.get(value) ?? 0) + count);
  const ascending = Array.from(counts, ([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value);
  const few = mergedToFit(ascending);
  return { Values: few.map(({ value }) => value), Counts: few.map(({ count }) => count) };
}

/** At most {@link MAX_VALUES} of ascending samples: neighbours become their mean. Count, sum, minimum and maximum stay. */
function mergedToFit(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= MAX_VALUES) return samples;
  const inner = samples.slice(1, -1);
  const groups = MAX_VALUES - 2;
  const at = (group: number) => Math.floor((group * inner.length) / groups);
  const means = Array.from({ length: groups }, (_, group) => mean(inner.slice(at(group), at(group + 1))));
  return [...samples.slice(0, 1), ...means, ...samples.slice(-1)];
}

function mean(samples: readonly Sample[]): Sample {
  const count = samples.reduce((total, sample) => total + sample.count, 0);
  const value = samples.reduce((total, sample) => total + (sample.value * sample.count) / count, 0);
  // Rounding must not carry it beyond its own samples, where the next mean may be.
  const [low, high] = [samples[0]?.value ?? value, samples.at(-1)?.value ?? value];
  return { value: Math.min(high, Math.max(low, value)), count };
}

export type Defect = 'invalid' | 'too_old' | 'too_new';

/**
 * Why the service would refuse the datum, and with it everything that shares its request; undefined when it would not.
 * @param now epoch milliseconds
 */
export function defectOf(datum: Datum, now: number): Defect | undefined {
  const age = now - datum.Timestamp.getTime();
  if (Number.isNaN(age) || !numbersIn(datum).every(isAcceptable)) return 'invalid';
  if (age > MAX_AGE) return 'too_old';
  if (age < -MAX_LEAD) return 'too_new';
  return undefined;
}

function numbersIn({ Value, Values = [], Counts = [], StatisticValues }: Datum): number[] {
  const single = Value === undefined ? [] : [Value];
  const statistics = StatisticValues === undefined ? [] : Object.values(StatisticValues);
  return [...single, ...Values, ...Counts, ...statistics];
}

function isAcceptable(value: number): boolean {
  // False for NaN as well.
  return Math.abs(value) <= MAX_MAGNITUDE;
}

/** Bytes of the datum in the request's body, where times are epoch seconds. */
export function bytesOf(datum: Datum): number {
  return Buffer.byteLength(JSON.stringify({ ...datum, Timestamp: datum.Timestamp.getTime() / 1000 }));
}
