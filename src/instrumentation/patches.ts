import { diag } from '@opentelemetry/api';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import { observed } from './observe.js';
import { isInRange } from './version-range.js';

// As @opentelemetry/instrumentation has it.
// biome-ignore lint/suspicious/noExplicitAny: the exports of whatever module.
type Patch = (exports: any, version?: string) => any;

interface PatchesConfig extends InstrumentationConfig {
  definitions: InstrumentationNodeModuleDefinition[];
}

/** An instrumentation of ours: patches that make no telemetry of their own. */
export class Patches extends InstrumentationBase<PatchesConfig> {
  constructor(name: string, definitions: InstrumentationNodeModuleDefinition[]) {
    super(`@org/monitoring/${name}`, '', { definitions });
  }

  protected override init(): InstrumentationNodeModuleDefinition[] {
    const { definitions } = this.getConfig();
    for (const definition of definitions) for (const each of [definition, ...definition.files]) makeSafe(each);
    return [...definitions, ...definitions.map(outsideOf)];
  }
}

/** Says that a version of the module is loaded that the patches are not made for. */
function outsideOf({
  name,
  supportedVersions,
}: InstrumentationNodeModuleDefinition): InstrumentationNodeModuleDefinition {
  return new InstrumentationNodeModuleDefinition(name, ['*'], (exports: unknown, version?: string) => {
    if (version !== undefined && !supportedVersions.some((range) => isInRange(range, version))) {
      diag.warn(`${name} ${version} is not seen: monitoring knows ${name} ${supportedVersions.join(' || ')}`);
    }
    return exports;
  });
}

/** A patch that fails leaves what the module exports as it is: what it throws would come out of the module's loading. */
function makeSafe(definition: { patch?: Patch | undefined }): void {
  const { patch } = definition;
  if (patch) definition.patch = (exports, version) => observed(() => patch(exports, version)) ?? exports;
}

const originals = new WeakMap<object, unknown>();

/**
 * Replaces the method `name` of `owner` by what `wrap` makes of it, once: a module may be patched as CommonJS and again
 * as ES module sees it. Does nothing where there is no such method.
 */
export function wrapMethod<Owner extends object, Name extends keyof Owner>(
  owner: Owner | undefined,
  name: Name,
  wrap: (original: NonNullable<Owner[Name]>) => NonNullable<Owner[Name]>,
): void {
  const original = owner?.[name];
  if (!owner || typeof original !== 'function' || originals.has(original)) return;
  const wrapper = wrap(original);
  originals.set(wrapper as object, original);
  owner[name] = wrapper;
}

/** Puts the method back that `wrapMethod` replaced, unless someone has replaced it since. */
export function unwrapMethod<Owner extends object, Name extends keyof Owner>(
  owner: Owner | undefined,
  name: Name,
): void {
  const wrapper = owner?.[name];
  if (!owner || typeof wrapper !== 'function' || !originals.has(wrapper)) return;
  owner[name] = originals.get(wrapper) as Owner[Name];
}

/** The class or function that a module exports: as CommonJS, or as the default of an ES module. */
export function exportedClass<T>(exports: unknown): T | undefined {
  if (typeof exports === 'function') return exports as T;
  const value = (exports as { default?: unknown } | null)?.default;
  return typeof value === 'function' ? (value as T) : undefined;
}
