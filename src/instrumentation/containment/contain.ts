import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diag } from '@opentelemetry/api';
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import { nameOfError } from '../observe.js';
import { isBeyond } from '../version-range.js';
import type { Callable } from './alike.js';
import { ANY_METHOD, type CallRules } from './call-rule.js';
import { guardedCall } from './guarded-call.js';

export interface ContainmentOptions {
  /** The name of the instrumentation, as in the settings. */
  readonly name: string;
  readonly rules?: CallRules | undefined;
  /** Modules whose newer versions are covered by another module. */
  readonly reexports?: readonly string[] | undefined;
  /** One line for the operator, each at most once. */
  onProblem(text: string): void;
}

type Wrap = (owner: object, name: PropertyKey, wrapper: (original: Callable, name: PropertyKey) => unknown) => unknown;
type OnRequire = (
  this: unknown,
  definition: InstrumentationModuleDefinition,
  exports: unknown,
  name: string,
  baseDir?: string | null,
) => unknown;

/** What `InstrumentationBase` of @opentelemetry/instrumentation 0.301 does all patching with. */
interface Internals {
  _wrap: Wrap;
  _onRequire: OnRequire;
  _extractPackageVersion(baseDir: string): string | undefined;
}

/**
 * Guards all that an instrumentation patches: a patch that throws leaves the module as it is, and each wrapped method
 * is a guarded call. To be called before a module that the instrumentation patches loads.
 */
export function contain(instrumentation: Instrumentation, options: ContainmentOptions): void {
  containPart(instrumentation, options, instrumentation);
}

function containPart(instrumentation: Instrumentation, options: ContainmentOptions, whole: Instrumentation): void {
  for (const part of Object.values(instrumentation)) if (isInstrumentation(part)) containPart(part, options, whole);
  const { name, rules = {}, reexports = [], onProblem } = options;
  const internals = instrumentation as unknown as Internals;
  const { _wrap: wrap, _onRequire: onRequire } = internals;
  const said = new Set<string>();
  const sayOnce = (key: string, line: () => string): void => {
    if (said.has(key)) return;
    said.add(key);
    onProblem(line());
  };
  const failedIn = (place: string) => (error: unknown) =>
    sayOnce(place, () => `the instrumentation "${name}" failed in ${place} and was bypassed: ${nameOfError(error)}`);

  internals._wrap = (owner, key, wrapper) => {
    const place = String(key);
    // The instrumentation package writes to stderr where there is nothing to wrap.
    if (typeof (owner as Record<PropertyKey, unknown> | undefined)?.[key] !== 'function') {
      diag.debug(`the instrumentation "${name}" finds no ${place} to wrap`);
      return undefined;
    }
    const rule = (typeof key === 'string' ? rules[key] : undefined) ?? rules[ANY_METHOD];
    const guard = (original: Callable): Callable =>
      guardedCall(original, (followed) => wrapper(followed, key), rule, failedIn(place));
    return wrap(owner, key, guard);
  };

  internals._onRequire = function guardedOnRequire(definition, exports, file, baseDir) {
    try {
      return onRequire.call(this, definition, exports, file, baseDir) ?? exports;
    } catch (error) {
      failedIn(`patching ${file}`)(error);
      return exports;
    } finally {
      const { name: module, moduleVersion } = definition;
      const isModule = baseDir && file === module && !reexports.includes(module);
      if (isModule && isBeyond(moduleVersion, rangesOf(whole, module))) {
        const line = `${module} ${moduleVersion} is not covered by the instrumentation "${name}": no spans of it`;
        sayOnce(`version of ${module}`, () => line);
      }
    }
  };

  internals._extractPackageVersion = versionIn;
}

/** That of redis has others, one for each interface that the library has had. */
function isInstrumentation(value: unknown): value is Instrumentation {
  const { _wrap, _onRequire } = (value ?? {}) as Partial<Internals>;
  return typeof _wrap === 'function' && typeof _onRequire === 'function';
}

/** All versions of `module` that the instrumentation covers. */
export function rangesOf(instrumentation: Instrumentation, module: string): string[] {
  const { getModuleDefinitions } = instrumentation as { getModuleDefinitions?(): InstrumentationModuleDefinition[] };
  const definitions = getModuleDefinitions?.call(instrumentation) ?? [];
  return definitions.filter(({ name }) => name === module).flatMap(({ supportedVersions }) => supportedVersions);
}

/** The version of the package in `baseDir`. The folder of a Lambda handler may be no package. */
function versionIn(baseDir: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(join(baseDir, 'package.json'), 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch (error) {
    diag.debug(`there is no version of ${baseDir}: ${nameOfError(error)}`);
    return undefined;
  }
}
