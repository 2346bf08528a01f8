/** From what the SDK collected to datums, in steps small enough to share an event loop with. */

import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Item } from '../aws/item.js';
import type { Datum, DatumOptions, Defect, SeriesPoint } from './datum.js';
import { bytesOf, datumOf, defectOf } from './datum.js';
import type { AttributeSet, Dimension, DimensionPreset, DimensionSets } from './dimensions.js';
import {
  attributeSets,
  dimensionsOf,
  isOverflow,
  OVERFLOW_ATTRIBUTE,
  precedenceOf,
  sanitiseName,
  sanitiseValue,
} from './dimensions.js';
import { environmentOf, serviceOf } from './entity.js';
import type { Measure, Measurement } from './measurement.js';
import { mergeMeasures } from './measurement.js';
import { measurementsOf } from './measurements.js';
import { requestOutcomes, workOutcomes } from './request-metrics.js';
import type { SeriesScope } from './series-cap.js';
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

/** Told of each datum that is not published, and why; `series_cap`: neither its series nor the metric's overflow has a place. */
export type OnUnfit = (reason: Defect | 'unknown_start' | 'series_cap', metric: string) => void;

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
/** Points merged in one step: a service's own series may be the sum of as many points as there are. */
const MERGED_PER_STEP = 512;

/** Services before parts, then by {@link precedenceOf}. */
const PART_RANK = 3;

interface Series {
  /** The instrument's own name. */
  readonly metric: string;
  readonly scope: SeriesScope;
  /** Lower ones get their places first. */
  readonly rank: number;
  readonly dimensions: Dimension[];
  readonly time: number;
  readonly unit: UnitMapping;
  /** A set: a point whose parts all overflow is still one point. */
  readonly measures: Set<Measure>;
}

/** What is the same for every point of a metric. */
interface Treatment {
  readonly sets: readonly AttributeSet[];
  readonly precedence: number;
}

export class Conversion {
  readonly #options: ConversionOptions;
  readonly #cap: SeriesCap;
  readonly #valueLimit = new ValueLimit(VALUE_LIMITS);
  readonly #treatments = new Map<string, Treatment>();

  constructor(options: ConversionOptions) {
    this.#options = options;
    this.#cap = new SeriesCap(options.maxSeries);
  }

  get series(): SeriesCap {
    return this.#cap;
  }

  /** One datum per metric, dimensions and time. Yields often, mostly empty arrays: at each the caller may let others run. */
  *convert(collected: Collected): Generator<Item<Datum>[]> {
    const common = commonDimensions(collected.metrics.resource.attributes);
    const wanted = new Map<string, Series>();
    let points = 0;
    for (const point of this.#points(collected)) {
      for (const measured of [point, ...requestOutcomes(point), ...workOutcomes(point)])
        this.#want(wanted, measured, common);
      points += 1;
      if (points % POINTS_PER_STEP === 0) yield [];
    }
    const placed = yield* this.#place([...wanted.values()], common, collected);
    yield* this.#datums(placed, collected);
  }

  *#points({ metrics, extra, now, onUnfit }: Collected): Generator<Measurement> {
    yield* measurementsOf(metrics, this.#options.temporality, now, (metric) => onUnfit('unknown_start', metric));
    yield* extra;
  }

  *#datums(series: Map<string, Series>, collected: Collected): Generator<Item<Datum>[]> {
    let items: Item<Datum>[] = [];
    let steps = 0;
    for (const one of series.values()) {
      const item = this.#item(one, yield* merged(one.measures), collected);
      if (item !== undefined) items.push(item);
      steps += 1;
      if (steps % DATUMS_PER_STEP !== 0) continue;
      yield items;
      items = [];
    }
    yield items;
  }

  #item(series: Series, measure: Measure | undefined, { now, onUnfit }: Collected): Item<Datum> | undefined {
    const { metric, dimensions, time, unit } = series;
    const point: SeriesPoint | undefined = measure && { name: sanitiseName(metric), dimensions, time, unit, measure };
    const datum = point && datumOf(point, this.#options);
    if (datum === undefined) return undefined;
    const defect = defectOf(datum, now);
    if (defect === undefined) return { value: datum, time, bytes: bytesOf(datum) };
    onUnfit(defect, metric);
    return undefined;
  }

  /** Adds a measurement to each series that it belongs to. */
  #want(wanted: Map<string, Series>, point: Measurement, common: readonly Dimension[]): void {
    if (point.name.startsWith(SELF_METRICS) && isZero(point.measure)) return;
    const { name: metric, time } = point;
    const unit = this.#unit(point);
    const { sets, precedence } = this.#treatment(metric);
    for (const set of sets) {
      const { scope, dimensions } = this.#series(point, set, common);
      const rank = (scope === 'service' ? 0 : PART_RANK) + precedence;
      add(wanted, { metric, scope, rank, dimensions, time, unit, measures: new Set([point.measure]) });
    }
  }

  /** The series that have places, in the order in which they are given. What has none goes into the metric's overflow series. */
  *#place(
    wanted: Series[],
    common: readonly Dimension[],
    { now, onUnfit }: Collected,
  ): Generator<Item<Datum>[], Map<string, Series>> {
    const placed = new Map<string, Series>();
    let steps = 0;
    for (const series of wanted.sort((a, b) => a.rank - b.rank)) {
      const place = this.#admitted(series, common, now);
      if (place === undefined) onUnfit('series_cap', series.metric);
      else add(placed, place);
      steps += 1;
      if (steps % POINTS_PER_STEP === 0) yield [];
    }
    return placed;
  }

  #admitted(series: Series, common: readonly Dimension[], now: number): Series | undefined {
    const { metric, scope, measures } = series;
    const admit = ({ scope, dimensions }: Series) => this.#cap.admit(metric, scope, seriesKey(metric, dimensions), now);
    if (scope !== 'overflow' && admit(series)) return series;
    if (scope === 'service') return undefined;
    const overflow: Series = { ...series, scope: 'overflow', dimensions: overflowDimensions(common) };
    if (!admit(overflow)) return undefined;
    this.#cap.noteOverflow(measures.size);
    this.#options.onNotice(
      'series',
      `too many series of ${metric}: the rest is published as ${OVERFLOW_ATTRIBUTE}=true`,
    );
    return overflow;
  }

  #treatment(metric: string): Treatment {
    const known = this.#treatments.get(metric);
    if (known !== undefined) return known;
    const treatment = { sets: attributeSets(metric, this.#options.dimensions), precedence: precedenceOf(metric) };
    this.#treatments.set(metric, treatment);
    return treatment;
  }

  #unit({ unit, name, monotonic }: Measurement): UnitMapping {
    const mapping = standardUnit(unit, name, monotonic);
    if (!mapping.known)
      this.#options.onNotice(`unit ${unit}`, `CloudWatch has no unit like "${unit}" (${name}), None is used`);
    return mapping;
  }

  #series(point: Measurement, set: AttributeSet, common: readonly Dimension[]): Pick<Series, 'scope' | 'dimensions'> {
    if (isOverflow(point.attributes) && set.length > 0)
      return { scope: 'overflow', dimensions: overflowDimensions(common) };
    const dimensions = dimensionsOf(this.#limited(point.attributes), set, common, (count) =>
      this.#options.onNotice('dimensions', `${point.name} has ${count} dimensions, the first 30 are kept`),
    );
    // An attribute of the same name takes the place of a common dimension: such a series is a part.
    const ofService =
      dimensions.length === common.length && dimensions.every(({ Value }, i) => Value === common[i]?.Value);
    return { scope: ofService ? 'service' : 'part', dimensions };
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

function overflowDimensions(common: readonly Dimension[]): Dimension[] {
  return [...common, { Name: OVERFLOW_ATTRIBUTE, Value: 'true' }];
}

/** Joins the series to what is already there of the same metric, dimensions and time. */
function add(all: Map<string, Series>, series: Series): void {
  const { metric, dimensions, time, unit, measures } = series;
  const [measure] = measures;
  const key = `${seriesKey(metric, dimensions)}\u0001${measure?.kind}\u0001${unit.unit}\u0001${unit.factor}\u0001${time}`;
  const known = all.get(key);
  if (known === undefined) all.set(key, series);
  else for (const more of measures) known.measures.add(more);
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

/** All measures as one, a part at a time. */
function* merged(measures: ReadonlySet<Measure>): Generator<Item<Datum>[], Measure | undefined> {
  let parts = [...measures];
  while (parts.length > MERGED_PER_STEP) {
    const fewer: Measure[] = [];
    for (let start = 0; start < parts.length; start += MERGED_PER_STEP) {
      const part = mergeMeasures(parts.slice(start, start + MERGED_PER_STEP));
      if (part !== undefined) fewer.push(part);
      yield [];
    }
    parts = fewer;
  }
  return mergeMeasures(parts);
}
