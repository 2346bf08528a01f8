import { readFileSync } from 'node:fs';
import Module from 'node:module';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasWorkingDirectory } from '../resource/working-directory.js';
import type { LazyInstrumentations } from './lazy-instrumentations.js';
import { builtinName } from './module-names.js';
import { wrappedModules } from './wrapped-modules.js';

type Compile = (this: NodeJS.Module, content: string, filename: string, format?: string) => unknown;

const modulePrototype = Module.prototype as unknown as { _compile: Compile };
const IMPORT_STATEMENT = /^\s*(import|export)\b[^(]/m;

interface Application {
  /** The file that Node runs, as in `process.argv[1]`; undefined: code from the command line or standard input. */
  entry: string | undefined;
  /** The package.json of the application. */
  packageJson: string | undefined;
}

/**
 * Makes instrumentations for ES modules where Node can hook them only in a thread of its own (Node 20, 22.15 to 22.22.2,
 * 24.0 to 24.11.0). That thread cannot tell us in time what is about to load, so the instrumentations of the
 * application's dependencies are made at once. It costs 35 to 50 ms: it starts with the first sign of an ES module.
 */
export function hookEsModulesInThread(
  lazy: LazyInstrumentations,
  application: Application,
  onFailure: (error: unknown) => void,
): () => void {
  let started = false;
  const start = (): void => {
    if (started) return;
    started = true;
    try {
      createForDependencies(lazy, application.packageJson);
      const include = wrappedModules(lazy);
      // Node would wait for this thread for ever.
      if (!hasWorkingDirectory()) throw new Error('the working directory was removed');
      Module.register('import-in-the-middle/hook.mjs', pathToFileURL(__filename), { data: { include } });
    } catch (error) {
      onFailure(error);
    }
  };
  if (startsWithEsModule(application.entry)) {
    start();
    return () => undefined;
  }
  return watchForEsModules(start);
}

/** Calls `onSign` before an ES module loads by require(), and before a file of the application that imports runs. */
function watchForEsModules(onSign: () => void): () => void {
  const compile = modulePrototype._compile;
  const stop = (): void => {
    if (modulePrototype._compile === watched) modulePrototype._compile = compile;
  };
  // A method, whose name minifying leaves: it stands in stacks of the application.
  const { watched } = {
    watched(this: NodeJS.Module, content: string, filename: string, format?: string): unknown {
      if (format === 'module' || (isOfApplication(filename) && imports(content))) {
        stop();
        onSign();
      }
      return compile.call(this, content, filename, format);
    },
  };
  modulePrototype._compile = watched;
  return stop;
}

function isOfApplication(filename: string): boolean {
  return !filename.includes('node_modules') && dirname(filename) !== __dirname;
}

function imports(content: unknown): boolean {
  return typeof content === 'string' && (content.includes('import(') || IMPORT_STATEMENT.test(content));
}

function startsWithEsModule(entry: string | undefined): boolean {
  if (entry === undefined) return true;
  const extension = extname(entry);
  if (extension === '.mjs' || extension === '.mts') return true;
  if (extension === '.cjs' || extension === '.cts') return false;
  return nearestPackageType(dirname(entry)) === 'module';
}

function nearestPackageType(directory: string): unknown {
  const type = readPackage(join(directory, 'package.json'));
  if (type) return type.type;
  const parent = dirname(directory);
  return parent === directory ? undefined : nearestPackageType(parent);
}

function createForDependencies(lazy: LazyInstrumentations, packageJson: string | undefined): void {
  const manifest = packageJson === undefined ? undefined : readPackage(packageJson);
  for (const field of ['dependencies', 'optionalDependencies', 'peerDependencies'] as const) {
    for (const name of Object.keys(manifest?.[field] ?? {})) lazy.load(name);
  }
  for (const name of lazy.modules()) if (builtinName(name)) process.getBuiltinModule(name);
}

function readPackage(path: string): Record<string, object | undefined> | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
