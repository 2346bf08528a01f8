import type { Origin, Problem } from './configuration.js';
import { formatValue } from './draft.js';
import type { Reading } from './read.js';
import { SETTING_NAMES, settings } from './settings.js';

/** One line: `MONITORING_MAX_SERIES="abc" (environment): expected a whole number from 1 to 100000; using 500`. */
export function formatProblem({ key, value, from, expected, used }: Problem): string {
  return `${key}=${JSON.stringify(value)} (${from}): expected ${expected}; using ${used}`;
}

export interface SettingRow {
  section: string;
  name: string;
  /** The value in force, secrets masked; where none is, what happens instead. */
  value: string;
  origin: Origin;
}

/** Every setting with the value in force and who decided it, in the order of the table. */
export function describeConfiguration({ values, origins }: Pick<Reading, 'values' | 'origins'>): SettingRow[] {
  return SETTING_NAMES.map((name) => ({
    section: settings[name].section,
    name,
    value: formatValue(name, values[name]),
    origin: origins[name] ?? 'default',
  }));
}
