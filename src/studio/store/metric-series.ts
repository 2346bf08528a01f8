import { createHash } from 'node:crypto';
import type { Datum, Dimension } from '../datum.js';
import { Fifo } from './fifo.js';
import type { Ledger, Owner } from './ledger.js';
import { weigh } from './weigh.js';

/** What CloudWatch bills as one metric: namespace, name and set of dimensions. */
export class MetricSeries implements Owner {
  readonly id: string;
  readonly data = new Fifo<Datum>();
  /** Datums ever accepted, evicted ones too. */
  received = 0;

  constructor(
    readonly namespace: string,
    readonly name: string,
    readonly dimensions: readonly Dimension[],
    readonly key: string,
    readonly firstArrival: number,
    private readonly onEmpty: (series: MetricSeries) => void,
  ) {
    this.id = createHash('sha256').update(key).digest('hex').slice(0, 16);
  }

  get lastArrival(): number {
    return this.data.at(-1)?.arrived ?? this.firstArrival;
  }

  dropOldest(): void {
    this.data.shift();
    if (this.data.length === 0) this.onEmpty(this);
  }
}

/** Name order, so that a set of dimensions has one spelling. */
export function sortDimensions(dimensions: readonly Dimension[]): Dimension[] {
  return [...dimensions].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

const keyOf = (namespace: string, name: string, sorted: readonly Dimension[]): string =>
  JSON.stringify([namespace, name, ...sorted.flatMap((dimension) => [dimension.name, dimension.value])]);

export class MetricStore {
  readonly #series = new Map<string, MetricSeries>();

  constructor(readonly ledger: Ledger) {}

  get size(): number {
    return this.#series.size;
  }

  put(namespace: string, name: string, dimensions: readonly Dimension[], datum: Datum): void {
    const series = this.#seriesOf(namespace, name, sortDimensions(dimensions), datum.arrived);
    series.data.push(datum);
    series.received += 1;
    this.ledger.add('datums', weigh(datum), series);
  }

  list(): MetricSeries[] {
    return [...this.#series.values()];
  }

  /** The series of exactly these dimensions. */
  find(namespace: string, name: string, dimensions: readonly Dimension[]): MetricSeries | undefined {
    return this.#series.get(keyOf(namespace, name, sortDimensions(dimensions)));
  }

  clear(): void {
    for (const series of this.list()) this.#remove(series);
  }

  #seriesOf(namespace: string, name: string, sorted: Dimension[], at: number): MetricSeries {
    const key = keyOf(namespace, name, sorted);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = new MetricSeries(namespace, name, sorted, key, at, (empty) => this.#remove(empty));
    this.#series.set(key, series);
    this.ledger.stand(this.#weight(series));
    return series;
  }

  #remove(series: MetricSeries): void {
    if (this.#series.delete(series.key)) this.ledger.stand(-this.#weight(series));
  }

  #weight(series: MetricSeries): number {
    return weigh(series.dimensions) + weigh(series.key) + weigh(series.name) + weigh(series.namespace) + 400;
  }
}
