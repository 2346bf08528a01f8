import { join } from 'node:path';
import { satisfies } from 'semver';
import type { CatalogueEntry } from '../../instrumentation/catalogue.js';

export interface SupportedVersions {
  /** Whether the instrumentation says. */
  readonly known: boolean;
  readonly ranges: readonly string[];
  includes?(version: string): boolean;
}

interface Definition {
  readonly name: string;
  readonly supportedVersions: readonly string[];
}

/** What OpenTelemetry's instrumentation of a package says that it supports. It is constructed, switched off, to be asked. */
export function supportedVersions(entry: CatalogueEntry, module: string): SupportedVersions {
  const unknown = { known: false, ranges: [] };
  const declared = definitionsOf(entry).filter(({ name }) => name === module);
  const ranges = [...new Set([...declared.flatMap((each) => each.supportedVersions), ...(entry.moreVersions ?? [])])];
  if (declared.length === 0 || ranges.length === 0) return unknown;
  return {
    known: true,
    ranges,
    includes: (version) => ranges.some((range) => satisfies(version, range, { includePrerelease: true })),
  };
}

function definitionsOf({ name, className }: CatalogueEntry): Definition[] {
  try {
    const loaded: Record<string, unknown> = require(join(__dirname, 'instrumentations', `${name}.cjs`));
    const Class = loaded[className] as new (
      config: object,
    ) => { getModuleDefinitions?(): Definition[]; disable(): void };
    const instrumentation = new Class({ enabled: false });
    const definitions = instrumentation.getModuleDefinitions?.() ?? [];
    instrumentation.disable();
    return definitions;
  } catch {
    return [];
  }
}
