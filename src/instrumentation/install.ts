import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { LoggerProvider, MeterProvider, Span, TracerProvider } from '@opentelemetry/api';
import type { Instrumentation, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { CATALOGUE, type CatalogueEntry, type InstrumentationSurroundings } from './catalogue.js';
import { contain } from './containment/contain.js';
import { CallDurations } from './durations/call-durations.js';
import { MEASURED_CLIENTS } from './durations/measured-clients.js';
import { timedTracerProvider } from './durations/timed-tracer-provider.js';
import { hookEsModules } from './es-modules.js';
import { type FrameworkHooks, SafeHooks } from './framework-hooks.js';
import { FRAMEWORKS, frameworkRecipes } from './frameworks/frameworks.js';
import { WORK_LIBRARIES, workRecipes } from './jobs/jobs.js';
import { type LambdaHooks, withFlush } from './lambda-hooks.js';
import { LazyInstrumentations, type Recipe } from './lazy-instrumentations.js';
import { hookEsModulesInThread } from './loader-thread.js';
import { loggerRecipes } from './loggers/loggers.js';
import { packageOfFile } from './module-names.js';
import { observed } from './observe.js';
import { Patches } from './patches.js';
import { guardRequire } from './require-guard.js';
import { isWanted, type Selection, selectEntries, unknownNames } from './selection.js';
import { supportsSyncHooks } from './sync-hooks.js';
import {
  type MethodName,
  UnsampledCallDurations,
  type UnsampledContext,
  unsampledContextBy,
} from './unsampled-calls.js';
import { type UndiciRequest, UnsampledFetchCalls } from './unsampled-fetch-calls.js';
import { UnsampledHttpCalls } from './unsampled-http-calls.js';

export interface InstrumentationOptions extends Selection {
  /** The exports of `@opentelemetry/instrumentation-<name>`. */
  load(name: string): Record<string, unknown>;
  hooks: FrameworkHooks;
  methodName: MethodName;
  tracerProvider: TracerProvider;
  meterProvider: MeterProvider;
  loggerProvider?: LoggerProvider;
  /** The package.json of the application; only a Node that hooks ES modules in another thread needs it. */
  appPackageJson?: string;
  /** Called when a built-in module of that name is about to be used for the first time. */
  onBuiltin?: Readonly<Record<string, () => void>>;
  /** Whether nothing below a span will be sampled. */
  isUnsampled(span: Span): boolean;
  /** Of a Lambda function; absent: the process is none. */
  lambda?: LambdaHooks | undefined;
  /** Creates everything at once: what lazy creation is compared with. */
  eager?: boolean;
  /** One line for the operator: a setting that names no instrumentation, or one that could not be loaded. */
  onProblem(text: string): void;
}

export interface InstalledInstrumentations {
  /** Those created so far. */
  instrumentations(): readonly Instrumentation[];
  /** Packages that were loaded before, and so stay as they are. */
  readonly loadedBefore: readonly string[];
  /** Undoes the patches and lets modules load unpatched again. */
  uninstall(): void;
}

/**
 * Prepares the instrumentation of what the application is going to load, as CommonJS and as ES modules. Modules that
 * have loaded before stay as they are. Never throws for a bad name or an instrumentation that fails.
 */
export function installInstrumentations(options: InstrumentationOptions): InstalledInstrumentations {
  const hooks = new SafeHooks(options.hooks);
  const own = [
    ...frameworkRecipes(hooks),
    ...(options.hooks.logged ? loggerRecipes((record) => hooks.logged(record)) : []),
  ].filter(({ name }) => !options.disabled.includes(name));
  const work = workRecipes(hooks).filter(({ name }) => isWanted(name, options));
  const known = new Set([...CATALOGUE.map(({ name }) => name), ...FRAMEWORKS, ...WORK_LIBRARIES]);
  for (const line of unknownNames(options, [...known])) options.onProblem(line);

  const entries = selectEntries(CATALOGUE, options);
  const watchers = Object.entries(options.onBuiltin ?? {}).map(watcherOf);
  const unsampledContext = unsampledContextBy((span) => options.isUnsampled(span));
  const unsampled = options.requestPath === 'short' ? unsampledCalls(entries, options, unsampledContext) : undefined;
  const surroundings = {
    requestPath: options.requestPath,
    takesFetch: (request: UndiciRequest) => unsampled?.fetch.takes(request) ?? false,
    unsampledContext,
    lambda: options.lambda,
    isInstrumented: (name: string) => entries.some((entry) => entry.name === name),
  };
  const tracers = measuredTracers(options, surroundings);
  const recipes = [
    ...own,
    ...watchers,
    ...entries.map((entry) => recipeOf(entry, options, surroundings, tracers)),
    ...(unsampled?.recipes ?? []),
    ...work,
  ];
  const lazy = new LazyInstrumentations(
    recipes,
    (name, error) => options.onProblem(`the instrumentation "${name}" could not be loaded: ${messageOf(error)}`),
    () => guard.hook(),
  );
  // The first instrumentation hooks require() as it is constructed: were it one of a module that is being required,
  // that module would stay unpatched.
  const guard = guardRequire(lazy, () => void new Patches('preload', []));
  for (const entry of entries) if (isCreatedAtStart(entry, options)) lazy.create(entry.name);
  const unlisten = entries.map((entry) => createByMessage(entry, lazy));
  if (options.eager) lazy.createAll();
  const unhook = hookModules(lazy, options);
  const late = loadedBefore(lazy);
  if (late.length > 0) options.onProblem(`loaded before the preload, and so not instrumented: ${late.join(', ')}`);

  return {
    instrumentations: () => lazy.created,
    loadedBefore: late,
    uninstall: () => {
      hooks.stop();
      lazy.stop();
      unsampled?.fetch.stop();
      for (const stop of unlisten) stop();
      unhook();
      guard.uninstall();
      // The last first: one may have patched what another had patched.
      for (const instrumentation of lazy.created.toReversed()) instrumentation.disable();
    },
  };
}

function loadedBefore(lazy: LazyInstrumentations): string[] {
  const loaded = Object.keys(require.cache).map((file) => packageOfFile(file));
  return [...new Set(loaded)].filter((name) => name !== undefined && lazy.covers(name)).map(String);
}

function hookModules(lazy: LazyInstrumentations, options: InstrumentationOptions): () => void {
  const onFailure = (error: unknown): void =>
    options.onProblem(`what ES modules import is not instrumented: ${messageOf(error)}`);
  if (supportsSyncHooks(process.versions.node)) return hookEsModules(lazy, onFailure);
  return hookEsModulesInThread(lazy, { entry: process.argv[1], packageJson: options.appPackageJson }, onFailure);
}

function isCreatedAtStart({ createdAt }: CatalogueEntry, { lambda }: InstrumentationOptions): boolean {
  return createdAt === 'lambda' && lambda !== undefined;
}

/** Makes an instrumentation of what no load tells of by the first message on its channel, and hands it that message. */
function createByMessage({ name, listens }: CatalogueEntry, lazy: LazyInstrumentations): () => void {
  if (!listens) return () => undefined;
  const { channel, method } = listens;
  const onMessage = (message: unknown): void => {
    unsubscribe(channel, onMessage);
    // What subscribes to a channel while a message is passed on is told of the next.
    const made = lazy.create(name);
    if (made) observed(() => (made as unknown as Record<string, (message: unknown) => void>)[method]?.(message));
  };
  subscribe(channel, onMessage);
  return () => void unsubscribe(channel, onMessage);
}

function recipeOf(
  entry: CatalogueEntry,
  options: InstrumentationOptions,
  surroundings: InstrumentationSurroundings,
  tracers: TracersOf,
): Recipe {
  const create = () => instrumentationOf(entry, options, surroundings, tracers(entry.name));
  return { name: entry.name, modules: entry.modules, create };
}

/** The tracers for the instrumentation of that name. */
type TracersOf = (name: string) => TracerProvider;

/** Tracers that measure the calls of clients whose instrumentations don't. */
function measuredTracers(
  { tracerProvider, meterProvider }: Pick<InstrumentationOptions, 'tracerProvider' | 'meterProvider'>,
  { isInstrumented }: InstrumentationSurroundings,
): TracersOf {
  let durations: CallDurations | undefined;
  return (name) => {
    const client = MEASURED_CLIENTS[name];
    if (client?.by !== 'spans') return tracerProvider;
    if (client.measuredBelow !== undefined && isInstrumented(client.measuredBelow)) return tracerProvider;
    durations ??= new CallDurations(meterProvider);
    return timedTracerProvider(tracerProvider, durations, client);
  };
}

/** The short way of calls that unsampled requests make; by http, over the instrumentation, so to be made after it. */
function unsampledCalls(
  entries: readonly CatalogueEntry[],
  { meterProvider, methodName }: Pick<InstrumentationOptions, 'meterProvider' | 'methodName'>,
  unsampledContext: UnsampledContext,
) {
  const durations = new UnsampledCallDurations(meterProvider, methodName);
  const modules = entries.some(({ name }) => name === 'http') ? (['http', 'https'] as const) : [];
  const recipes = modules.map((module): Recipe => {
    const create = () => new UnsampledHttpCalls({ module, durations, unsampledContext });
    return { name: `unsampled ${module} calls`, modules: [module], create };
  });
  return { recipes, fetch: new UnsampledFetchCalls(durations, unsampledContext) };
}

/** Patches nothing itself. */
function watcherOf([name, onUse]: [string, () => void]): Recipe {
  const create = () => {
    onUse();
    return new Patches(`use of ${name}`, []);
  };
  return { name: `use of ${name}`, modules: [name], create };
}

function instrumentationOf(
  entry: CatalogueEntry,
  options: InstrumentationOptions,
  surroundings: InstrumentationSurroundings,
  tracerProvider: TracerProvider,
): Instrumentation {
  const Class = options.load(entry.name)[entry.className];
  if (typeof Class !== 'function') throw new Error(`${entry.package} has no ${entry.className}`);
  const contained = entry.contained?.(Class as never) ?? Class;
  const shortened =
    options.requestPath === 'short' ? entry.shorten?.(contained as never, surroundings.unsampledContext) : undefined;
  const construct = supporting(entry.moreVersions, (shortened ?? contained) as InstrumentationClass);
  const instrumentation = new construct(entry.options?.(surroundings) ?? {});
  contain(instrumentation, {
    name: entry.name,
    rules: entry.rules?.(surroundings),
    reexports: entry.reexports,
    onProblem: options.onProblem,
  });
  instrumentation.setTracerProvider(tracerProvider);
  const { lambda, meterProvider } = options;
  const flushes = entry.createdAt === 'lambda' && lambda !== undefined;
  instrumentation.setMeterProvider(flushes ? withFlush(meterProvider, lambda) : meterProvider);
  if (options.loggerProvider) instrumentation.setLoggerProvider?.(options.loggerProvider);
  return instrumentation;
}

type Definitions = InstrumentationNodeModuleDefinition | InstrumentationNodeModuleDefinition[] | undefined;
type InstrumentationClass = new (config: object) => Instrumentation & { init(): Definitions };

function supporting(versions: readonly string[] | undefined, Class: InstrumentationClass): InstrumentationClass {
  if (!versions) return Class;
  return class extends Class {
    override init(): Definitions {
      const definitions = super.init();
      for (const { supportedVersions } of [definitions ?? []].flat()) supportedVersions.push(...versions);
      return definitions;
    }
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
