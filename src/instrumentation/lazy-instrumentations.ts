import { isAbsolute } from 'node:path';
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import { packageOfSpecifier, stemsOfFile } from './module-names.js';

/** An instrumentation not yet made. */
export interface Recipe {
  readonly name: string;
  /** The modules that it patches, as one imports them. */
  readonly modules: readonly string[];
  /** Files that it patches inside ES module packages, by the end of their URL. */
  readonly esFiles?: readonly string[];
  create(): Instrumentation;
}

/** Makes each instrumentation when the first of the modules that it patches is about to load. */
export class LazyInstrumentations {
  readonly created: Instrumentation[] = [];
  /** What a package still waits for; empty once it was loaded. */
  private readonly pending = new Map<string, Recipe[]>();
  private readonly begun = new Set<Recipe>();
  /** The files that are patched, by how a `require` inside their packages may end. */
  private readonly stems = new Set<string>();

  constructor(
    private readonly recipes: readonly Recipe[],
    private readonly onFailure: (name: string, error: unknown) => void,
    /** Called before one is made. */
    private readonly prepare: () => void = () => undefined,
  ) {
    for (const recipe of recipes) {
      for (const name of new Set(recipe.modules.map(packageOfModule))) {
        this.pending.set(name, [...(this.pending.get(name) ?? []), recipe]);
      }
    }
  }

  /** Whether anything of `packageName` is patched, now or once it loads. */
  covers(packageName: string): boolean {
    return this.pending.has(packageName);
  }

  /** Whether `./<...>/<stem>`, required inside a package that is covered, may be a file that is patched. */
  mayPatch(stem: string): boolean {
    return this.stems.has(stem);
  }

  /** To be called before anything of `packageName` loads. Cheap after the first time; never throws. */
  load(packageName: string): void {
    const waiting = this.pending.get(packageName);
    if (!waiting || waiting.length === 0) return;
    this.pending.set(packageName, []);
    for (const recipe of waiting) this.make(recipe);
  }

  /** Makes what is called `name`; undefined if that exists, or fails. */
  create(name: string): Instrumentation | undefined {
    const { length } = this.created;
    for (const recipe of this.recipes) if (recipe.name === name) this.make(recipe);
    return this.created[length];
  }

  createAll(): void {
    for (const recipe of this.recipes) this.make(recipe);
  }

  modules(): string[] {
    return this.recipes.flatMap((recipe) => recipe.modules);
  }

  /** Files of the application itself that are patched: the handler of a Lambda function. */
  applicationFiles(): string[] {
    return this.created
      .flatMap((instrumentation) => definitionsOf(instrumentation).map(({ name }) => name))
      .filter(isAbsolute);
  }

  esFiles(): string[] {
    return this.recipes.flatMap((recipe) => recipe.esFiles ?? []);
  }

  /** Makes nothing any more, and covers nothing. */
  stop(): void {
    this.pending.clear();
  }

  private make(recipe: Recipe): void {
    if (this.begun.has(recipe)) return;
    this.begun.add(recipe);
    try {
      this.prepare();
      const instrumentation = recipe.create();
      this.created.push(instrumentation);
      const files = definitionsOf(instrumentation).flatMap((definition) => definition.files);
      for (const file of files) for (const stem of stemsOfFile(file.name)) this.stems.add(stem);
    } catch (error) {
      this.onFailure(recipe.name, error);
    }
  }
}

function packageOfModule(module: string): string {
  return packageOfSpecifier(module) ?? module;
}

function definitionsOf(instrumentation: Instrumentation): InstrumentationModuleDefinition[] {
  const { getModuleDefinitions } = instrumentation as { getModuleDefinitions?(): InstrumentationModuleDefinition[] };
  return getModuleDefinitions?.call(instrumentation) ?? [];
}
