import { nearestName } from '../config/nearest-name.js';
import type { CatalogueEntry, RequestPath } from './catalogue.js';

export interface Selection {
  /** Names given in `OTEL_NODE_ENABLED_INSTRUMENTATIONS`: these and no others. Absent: all that matter. */
  readonly enabled?: readonly string[];
  /** Names given in `OTEL_NODE_DISABLED_INSTRUMENTATIONS`; stronger than `enabled`. */
  readonly disabled: readonly string[];
  readonly requestPath: RequestPath;
}

/** The entries of `catalogue` that the settings ask for, in the order of the catalogue. */
export function selectEntries(catalogue: readonly CatalogueEntry[], selection: Selection): CatalogueEntry[] {
  const { enabled, disabled, requestPath } = selection;
  const wanted = (entry: CatalogueEntry): boolean =>
    enabled
      ? enabled.includes(entry.name)
      : entry.byDefault === true || (entry.byDefault === 'full' && requestPath === 'full');
  return catalogue.filter((entry) => wanted(entry) && !disabled.includes(entry.name));
}

/** Whether the settings ask for what is instrumented by default. */
export function isWanted(name: string, { enabled, disabled }: Selection): boolean {
  return (enabled?.includes(name) ?? true) && !disabled.includes(name);
}

/** One line for each name in the settings that is none of `known`. */
export function unknownNames({ enabled = [], disabled }: Selection, known: readonly string[]): string[] {
  const line = (setting: string) => (name: string) => {
    const nearest = nearestName(name, known, 2);
    return `${setting}: there is no instrumentation "${name}"${nearest ? `, perhaps "${nearest}"` : ''}; it is ignored`;
  };
  const unknown = (names: readonly string[]) => names.filter((name) => !known.includes(name));
  return [
    ...unknown(enabled).map(line('OTEL_NODE_ENABLED_INSTRUMENTATIONS')),
    ...unknown(disabled).map(line('OTEL_NODE_DISABLED_INSTRUMENTATIONS')),
  ];
}
