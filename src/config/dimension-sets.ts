import type { DimensionPreset } from './choices.js';
import { type Parsed, splitList, type ValueType } from './value-types.js';

/** CloudWatch takes 30 dimensions a metric (PutMetricData); two are always Service and Environment. */
const MAX_ATTRIBUTES = 28;
const PRESETS: readonly DimensionPreset[] = ['lite', 'standard', 'full'];

export type DimensionSets = Record<string, string[][]>;

/**
 * `lite`, `standard`, `full`, or `metric=attribute,attribute;metric=attribute`: for each metric named, the sets of attributes that become
 * dimensions beside Service and Environment. A metric named twice has two sets; nothing after `=` is the set of those two alone.
 */
export function dimensionSets(): ValueType<DimensionPreset | DimensionSets> {
  const expected = `one of ${PRESETS.join(', ')}; or metric=attribute,attribute;metric=attribute`;
  return {
    expected,
    parse(given): Parsed<DimensionPreset | DimensionSets> {
      const preset = PRESETS.find((name) => name === given.toLowerCase());
      if (preset) return { value: preset };
      const sets = parseSets(given);
      return sets ? { value: sets } : { flaw: expected };
    },
    format: (value) => (typeof value === 'string' ? value : formatSets(value)),
  };
}

function parseSets(given: string): DimensionSets | undefined {
  const sets: DimensionSets = Object.create(null);
  const items = given.split(';').filter((item) => item.trim() !== '');
  for (const item of items) {
    const [, metric, list = ''] = /^\s*([\w./-]+)\s*=([\w./:,\s-]*)$/.exec(item) ?? [];
    const attributes = [...new Set(splitList(list))];
    if (!metric || attributes.length > MAX_ATTRIBUTES) return undefined;
    sets[metric] = [...(sets[metric] ?? []), attributes];
  }
  return items.length > 0 ? { ...sets } : undefined;
}

function formatSets(sets: DimensionSets): string {
  return Object.entries(sets)
    .flatMap(([metric, lists]) => lists.map((attributes) => `${metric}=${attributes.join(',')}`))
    .join(';');
}
