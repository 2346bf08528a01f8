import { createHash } from 'node:crypto';
import type { Attributes, MetricIdentity, MetricPoint, Origin, Point } from '../otlp-model.js';
import { Fifo } from './fifo.js';
import type { Ledger, Owner } from './ledger.js';
import { weigh } from './weigh.js';

/** One metric with one set of attributes from one resource. */
export class PointSeries implements Owner {
  readonly id: string;
  readonly points = new Fifo<Point>();
  /** Points ever accepted, evicted ones too. */
  received = 0;

  constructor(
    readonly metric: MetricIdentity,
    readonly origin: Origin,
    readonly attributes: Attributes,
    readonly key: string,
    private readonly onEmpty: (series: PointSeries) => void,
  ) {
    this.id = createHash('sha256').update(key).digest('hex').slice(0, 16);
  }

  dropOldest(): void {
    this.points.shift();
    if (this.points.length === 0) this.onEmpty(this);
  }
}

const sorted = (attributes: Attributes): unknown[] =>
  Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

const keyOf = ({ metric, origin, attributes }: MetricPoint): string =>
  JSON.stringify([
    origin.receiver,
    metric.name,
    metric.unit,
    metric.type,
    metric.temporality,
    origin.scope.name,
    sorted(attributes),
    sorted(origin.resource),
  ]);

/** Metrics that came by OTLP. */
export class PointStore {
  readonly #series = new Map<string, PointSeries>();

  constructor(readonly ledger: Ledger) {}

  get size(): number {
    return this.#series.size;
  }

  add(arrival: MetricPoint): void {
    const series = this.#seriesOf(arrival);
    series.points.push(arrival.point);
    series.received += 1;
    this.ledger.add('points', weigh(arrival.point), series);
  }

  list(): PointSeries[] {
    return [...this.#series.values()];
  }

  clear(): void {
    for (const series of this.list()) this.#remove(series);
  }

  #seriesOf(arrival: MetricPoint): PointSeries {
    const key = keyOf(arrival);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const { metric, origin, attributes } = arrival;
    const series = new PointSeries(metric, origin, attributes, key, (empty) => this.#remove(empty));
    this.#series.set(key, series);
    this.ledger.stand(this.#weight(series));
    return series;
  }

  #remove(series: PointSeries): void {
    if (this.#series.delete(series.key)) this.ledger.stand(-this.#weight(series));
  }

  #weight(series: PointSeries): number {
    return weigh(series.key) + weigh(series.metric) + weigh(series.attributes) + weigh(series.origin) + 400;
  }
}
