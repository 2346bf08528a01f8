/** From what the SDK collected to datums, in steps small enough to share an event loop with. */

import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Item } from '../aws/delivery-queue.js';
import type { Datum, DatumOptions, Defect, SeriesPoint } from './datum.js';
import { bytesOf, datumOf, defectOf } from './datum.js';
import type { AttributeSet, Dimension, DimensionPreset, DimensionSets } from './dimensions.js';
import {
  attributeSets,
  dimensionsOf,
  isOverflow,
  OVERFLOW_ATTRIBUTE,
  sanitiseName,
  sanitiseValue,
} from './dimensions.js';
import { environmentOf, serviceOf } from './entity.js';
import type { Measure, Measurement } from './measurement.js';
import { mergeMeasures } from './measurement.js';
import { measurementsOf } from './measurements.js';
import { requestOutcomes } from './request-metrics.js';
import { SeriesCap, ValueLimit } from './series-cap.js';
import type { Temporality } from './temporality.js';
import type { UnitMapping } from './units.js';
import { standardUnit } from './units.js';

export interface ConversionOptions extends DatumOptions {
  readonly dimensions: DimensionPreset | DimensionSets;
  readonly maxSeries: number;
  readonly temporality: Temporality;
  /** One line for a person, said once per kind. */
  onNotice(kind: string, message: string): void;
}

/** Told of each datum that is not published, and why. */
export type OnUnfit = (reason: Defect | 'unknown_start', metric: string) => void;

/** One collection to convert. */
export interface Collected {
  readonly metrics: ResourceMetrics;
  /** Measurements of the exporter itself. */
  readonly extra: readonly Measurement[];
  /** Epoch milliseconds. */
  readonly now: number;
  readonly onUnfit: OnUnfit;
}

/** Hosts that a service calls are not its own to number. */
const VALUE_LIMITS = { 'server.address': 20 };

const SELF_METRICS = 'monitoring.exporter.';

/** Steps between two places where the caller may pause: points on the way in, datums on the way out. */
const POINTS_PER_STEP = 64;
const DATUMS_PER_STEP = 16;

interface Series {
  readonly name: string;
  readonly dimensions: Dimension[];
  readonly time: number;
  readonly unit: UnitMapping;
  readonly measures: Measure[];
}

export class Conversion {
  readonly #options: ConversionOptions;
  readonly #cap: SeriesCap;
  readonly #valueLimit = new ValueLimit(VALUE_LIMITS);
  readonly #sets = new Map<string, readonly AttributeSet[]>();

  constructor(options: ConversionOptions) {
    this.#options = options;
    this.#cap = new SeriesCap(options.maxSeries);
  }

  get series(): SeriesCap {
    return this.#cap;
  }

  /** One datum per metric, dimensions and time. Yields often, mostly empty arrays: at each the caller may let others run. */
  *convert(collected: Collected): Generator<Item<Datum>[]> {
    const { metrics, now } = collected;
    const common = commonDimensions(metrics.resource.attributes);
    const series = new Map<string, Series>();
    let points = 0;
    for (const point of this.#points(collected)) {
      for (const measured of [point, ...requestOutcomes(point)]) this.#place(series, measured, common, now);
      points += 1;
      if (points % POINTS_PER_STEP === 0) yield [];
    }
    yield* this.#datums(series, collected);
  }

  *#points({ metrics, extra, now, onUnfit }: Collected): Generator<Measurement> {
    yield* measurementsOf(metrics, this.#options.temporality, now, (metric) => onUnfit('unknown_start', metric));
    yield* extra;
  }

  *#datums(series: Map<string, Series>, collected: Collected): Generator<Item<Datum>[]> {
    let items: Item<Datum>[] = [];
    let steps = 0;
    for (const one of series.values()) {
      const item = this.#item(one, collected);
      if (item !== undefined) items.push(item);
      steps += 1;
      if (steps % DATUMS_PER_STEP !== 0) continue;
      yield items;
      items = [];
    }
    yield items;
  }

  #item({ measures, ...rest }: Series, { now, onUnfit }: Collected): Item<Datum> | undefined {
    const measure = mergeMeasures(measures);
    const point: SeriesPoint | undefined = measure && { ...rest, measure };
    const datum = point && datumOf(point, this.#options);
    if (datum === undefined) return undefined;
    const defect = defectOf(datum, now);
    if (defect === undefined) return { value: datum, time: rest.time, bytes: bytesOf(datum) };
    onUnfit(defect, rest.name);
    return undefined;
  }

  /** Adds a measurement to each series that it belongs to. */
  #place(series: Map<string, Series>, point: Measurement, common: readonly Dimension[], now: number): void {
    if (point.name.startsWith(SELF_METRICS) && isZero(point.measure)) return;
    const placed = new Set<string>();
    const unit = this.#unit(point);
    for (const set of this.#setsOf(point.name)) {
      const dimensions = this.#admitted(point, set, common, now);
      const identity = seriesKey(point.name, dimensions);
      // Two sets come to the same when the point lacks what tells them apart.
      if (placed.has(identity)) continue;
      placed.add(identity);
      const key = `${identity}\u0001${point.measure.kind}\u0001${unit.unit}\u0001${unit.factor}\u0001${point.time}`;
      const known = series.get(key);
      if (known !== undefined) known.measures.push(point.measure);
      else
        series.set(key, {
          name: sanitiseName(point.name),
          dimensions,
          time: point.time,
          unit,
          measures: [point.measure],
        });
    }
  }

  #setsOf(metric: string): readonly AttributeSet[] {
    const known = this.#sets.get(metric);
    if (known !== undefined) return known;
    const sets = attributeSets(metric, this.#options.dimensions);
    this.#sets.set(metric, sets);
    return sets;
  }

  #unit({ unit, name, monotonic }: Measurement): UnitMapping {
    const mapping = standardUnit(unit, name, monotonic);
    if (!mapping.known)
      this.#options.onNotice(`unit ${unit}`, `CloudWatch has no unit like "${unit}" (${name}), None is used`);
    return mapping;
  }

  /** The dimensions of the point's series, or of the metric's overflow series when there is no place for one more. */
  #admitted(point: Measurement, set: AttributeSet, common: readonly Dimension[], now: number): Dimension[] {
    const dimensions = dimensionsOf(this.#limited(point.attributes), set, common, (count) =>
      this.#options.onNotice('dimensions', `${point.name} has ${count} dimensions, the first 30 are kept`),
    );
    const key = seriesKey(point.name, dimensions);
    const ofService = dimensions.length === common.length;
    if (!isOverflow(point.attributes) || set.length === 0) {
      if (ofService) this.#cap.always(key, now);
      if (ofService || this.#cap.admit(point.name, key, now)) return dimensions;
    }
    this.#options.onNotice(
      'series',
      `too many series of ${point.name}: the rest is published as ${OVERFLOW_ATTRIBUTE}=true`,
    );
    const overflow = [...common, { Name: OVERFLOW_ATTRIBUTE, Value: 'true' }];
    this.#cap.always(seriesKey(point.name, overflow), now);
    return overflow;
  }

  #limited(attributes: Measurement['attributes']): Measurement['attributes'] {
    const address = attributes['server.address'];
    const limited = this.#valueLimit.limit('server.address', address);
    return limited === address ? attributes : { ...attributes, 'server.address': limited };
  }
}

function commonDimensions(resource: Readonly<Record<string, unknown>>): Dimension[] {
  return [
    { Name: 'Service', Value: sanitiseValue(serviceOf(resource)) || 'UnknownService' },
    { Name: 'Environment', Value: sanitiseValue(environmentOf(resource)) || 'generic:default' },
  ];
}

/** Names and values are printable: a control character cannot be part of them. */
function seriesKey(metric: string, dimensions: readonly Dimension[]): string {
  let key = metric;
  for (const { Name, Value } of dimensions) key += `\u0000${Name}\u0000${Value}`;
  return key;
}

function isZero(measure: Measure): boolean {
  return (measure.kind === 'sum' || measure.kind === 'level') && measure.value === 0;
}
