import type { Datum, Dimension } from '../datum.js';
import {
  MAX_AGE,
  MAX_AHEAD,
  MAX_DIMENSION_VALUE_LENGTH,
  MAX_DIMENSIONS,
  MAX_MAGNITUDE,
  MAX_NAME_LENGTH,
  STANDARD_UNITS,
} from './put-metric-data.js';

/** The rules of the embedded metric format: CloudWatch user guide, "Specification: Embedded metric format". */

/** Metrics in one directive. */
export const MAX_METRICS = 100;
/** Values of one metric in one event. */
export const MAX_VALUES = 100;

export interface EmbeddedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  readonly datum: Datum;
}

export interface Embedded {
  readonly metrics: readonly EmbeddedMetric[];
  /** Why metrics of the event are not taken, one each; the service says no more than how many. */
  readonly invalid: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= maxLength && !/\P{ASCII}/u.test(value);

const isValue = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= MAX_MAGNITUDE;

/**
 * The metrics that a log event carries under `_aws`. What breaks a rule is left out; the event is kept as it is.
 *
 * @param now epoch milliseconds
 * @returns undefined: the event is not in the format
 */
export function readEmbeddedMetrics(message: string, now: number): Embedded | undefined {
  // Cheaper than to parse every event.
  if (!message.includes('"CloudWatchMetrics"')) return undefined;
  const root = parseObject(message);
  const metadata = root?._aws;
  if (root === undefined || !isObject(metadata) || !Array.isArray(metadata.CloudWatchMetrics)) return undefined;
  const timestamp = metadata.Timestamp;
  if (typeof timestamp !== 'number' || timestamp < now - MAX_AGE || timestamp > now + MAX_AHEAD) {
    return { metrics: [], invalid: [`_aws.Timestamp ${String(timestamp)} is not a time that is accepted`] };
  }
  const reader = new EventReader(root, timestamp, now);
  for (const directive of metadata.CloudWatchMetrics) reader.readDirective(directive);
  return reader;
}

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A rule that something in the event breaks. */
class Invalid extends Error {}

class EventReader implements Embedded {
  readonly metrics: EmbeddedMetric[] = [];
  readonly invalid: string[] = [];

  constructor(
    private readonly root: Json,
    private readonly timestamp: number,
    private readonly now: number,
  ) {}

  readDirective(directive: unknown): void {
    this.#collect(() => {
      if (!isObject(directive)) throw new Invalid('a directive is not an object');
      const { Namespace: namespace, Dimensions: sets, Metrics: definitions } = directive;
      if (!isText(namespace, MAX_NAME_LENGTH)) throw new Invalid('Namespace is not a name');
      if (!Array.isArray(definitions)) throw new Invalid('Metrics is not a list');
      if (definitions.length > MAX_METRICS) throw new Invalid(`more than ${MAX_METRICS} metrics in a directive`);
      const dimensionSets = this.#readSets(sets);
      for (const definition of definitions) {
        this.#collect(() => this.#readDefinition(namespace, dimensionSets, definition));
      }
    });
  }

  #collect(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.invalid.push(error.message);
    }
  }

  /** Without `Dimensions` a metric has one series, that of no dimension. */
  #readSets(sets: unknown): Dimension[][] {
    if (sets === undefined) return [[]];
    if (!Array.isArray(sets)) throw new Invalid('Dimensions is not a list');
    const read: Dimension[][] = [];
    for (const set of sets) this.#collect(() => read.push(this.#readSet(set)));
    return read;
  }

  #readSet(set: unknown): Dimension[] {
    if (!Array.isArray(set) || set.length > MAX_DIMENSIONS) {
      throw new Invalid(`a set of dimensions is not a list of at most ${MAX_DIMENSIONS} names`);
    }
    return set.map((name: unknown) => {
      const value = typeof name === 'string' && Object.hasOwn(this.root, name) ? this.root[name] : undefined;
      if (!isText(name, MAX_NAME_LENGTH) || !isText(value, MAX_DIMENSION_VALUE_LENGTH)) {
        throw new Invalid(`the dimension ${String(name)} has no text as its value`);
      }
      return { name, value };
    });
  }

  #readDefinition(namespace: string, sets: readonly Dimension[][], definition: unknown): void {
    if (!isObject(definition) || !isText(definition.Name, MAX_NAME_LENGTH)) throw new Invalid('a metric has no Name');
    const { Name: name, Unit = 'None', StorageResolution: resolution = 60 } = definition;
    const unit = STANDARD_UNITS.find((standard) => standard === Unit);
    if (unit === undefined) throw new Invalid(`${String(name)}: ${String(Unit)} is not a unit`);
    if (resolution !== 1 && resolution !== 60) throw new Invalid(`${String(name)}: StorageResolution is not 1 or 60`);
    const numbers = readNumbers(Object.hasOwn(this.root, definition.Name) ? this.root[definition.Name] : undefined);
    if (numbers === undefined) throw new Invalid(`${String(name)}: no number, list of numbers or statistics`);
    const datum: Datum = { timestamp: this.timestamp, arrived: this.now, unit, resolution, ...numbers };
    for (const dimensions of sets) this.metrics.push({ namespace, name: definition.Name, dimensions, datum });
  }
}

type Numbers = Pick<Datum, 'value' | 'values' | 'counts' | 'statistics'>;

/** A number, up to 100 of them, or what agents send of a distribution: `{Values, Counts, Count, Sum, Min, Max}`. */
function readNumbers(target: unknown): Numbers | undefined {
  if (isValue(target)) return { value: target };
  if (Array.isArray(target)) return areValues(target) && target.length > 0 ? { values: target } : undefined;
  if (!isObject(target)) return undefined;
  const { Values: values = [], Counts: counts, Count: sampleCount, Sum: sum, Min: minimum, Max: maximum } = target;
  if (!areValues(values) || (counts !== undefined && !(areValues(counts) && counts.length === values.length))) {
    return undefined;
  }
  const distribution = values.length === 0 ? {} : { values, ...(counts === undefined ? {} : { counts }) };
  if (isValue(sampleCount) && isValue(sum) && isValue(minimum) && isValue(maximum) && sampleCount >= 0) {
    return { ...distribution, statistics: { sampleCount, sum, minimum, maximum } };
  }
  return values.length === 0 ? undefined : distribution;
}

const areValues = (list: unknown): list is number[] =>
  Array.isArray(list) && list.length <= MAX_VALUES && list.every(isValue);
