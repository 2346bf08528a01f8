import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';

/** The application as its files describe it: nothing of it is run. */

export interface Application {
  /** Folder of its package.json. */
  readonly root: string;
  readonly name: string;
  /** The file given by --app, absolute. */
  readonly entry?: string;
  /** How Node reads the entry, or `.js` files where none is given. */
  readonly modules: 'CommonJS' | 'ES modules';
  readonly scripts: Readonly<Record<string, string>>;
  /** Direct dependencies, by what is installed; undefined: not installed. */
  readonly dependencies: ReadonlyMap<string, string | undefined>;
  /** Versions of every installed copy of packages that must be there once, by path. */
  readonly copies: readonly InstalledCopy[];
  /** Whether the search for copies ended at its bound. */
  readonly truncated: boolean;
  /** Text of files that say how the application is started, by name. */
  readonly startFiles: ReadonlyMap<string, string>;
  /** The text of the entry, at most {@link MAX_SOURCE} characters. */
  readonly source?: string;
}

export interface InstalledCopy {
  readonly name: string;
  readonly version: string;
  readonly path: string;
}

/** Packages of which a second copy matters. */
const SINGLE = new Set(['@org/monitoring', '@opentelemetry/api']);
/** Package folders looked into. */
const MAX_PACKAGES = 5000;
const MAX_SOURCE = 512 * 1024;
const START_FILES = [
  'Dockerfile',
  'Procfile',
  'ecosystem.config.js',
  'ecosystem.config.cjs',
  'docker-compose.yml',
  'docker-compose.yaml',
  'compose.yaml',
  'serverless.yml',
  '.npmrc',
  'nodemon.json',
];

/** The application of an entry file, else of the working directory; undefined where there is no package.json. */
export function findApplication(cwd: string, entry?: string): Application | undefined {
  const file = entry === undefined ? undefined : resolve(cwd, entry);
  const root = packageRoot(file === undefined ? cwd : dirname(file));
  if (root === undefined) return undefined;
  const manifest = readJson(join(root, 'package.json'));
  const scan = scanCopies(root);
  const source = file === undefined ? undefined : textOf(file)?.slice(0, MAX_SOURCE);
  return {
    root,
    name: typeof manifest.name === 'string' ? manifest.name : '',
    ...(file !== undefined && { entry: file }),
    modules: modulesOf(file, manifest),
    scripts: strings(manifest.scripts),
    dependencies: new Map(
      Object.keys({ ...strings(manifest.dependencies), ...strings(manifest.optionalDependencies) }).map((name) => [
        name,
        installedVersion(root, name),
      ]),
    ),
    copies: scan.copies,
    truncated: scan.truncated,
    startFiles: new Map(
      START_FILES.flatMap((name) => {
        const text = textOf(join(root, name));
        return text === undefined ? [] : [[name, text] as const];
      }),
    ),
    ...(source !== undefined && { source }),
  };
}

/** The version of a package as the files of `root` would load it. */
export function installedVersion(root: string, name: string): string | undefined {
  const folder = packageFolder(root, name);
  const version = folder && readJson(join(folder, 'package.json')).version;
  return typeof version === 'string' ? version : undefined;
}

/** Real path of a package as the files of `root` would load it. */
export function packageFolder(root: string, name: string): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (typeof readJson(join(found, 'package.json')).version === 'string') return realPath(found);
    if (folder === dirname(folder)) return undefined;
  }
}

function packageRoot(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function modulesOf(entry: string | undefined, { type }: Record<string, unknown>): Application['modules'] {
  const extension = entry === undefined ? '' : extname(entry);
  if (extension === '.mjs' || extension === '.mts') return 'ES modules';
  if (extension === '.cjs' || extension === '.cts') return 'CommonJS';
  return type === 'module' ? 'ES modules' : 'CommonJS';
}

function scanCopies(root: string): { copies: InstalledCopy[]; truncated: boolean } {
  const copies: InstalledCopy[] = [];
  const seen = new Set<string>();
  const waiting = [join(root, 'node_modules')];
  let packages = 0;
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    for (const name of packagesIn(folder)) {
      packages += 1;
      if (packages > MAX_PACKAGES) return { copies, truncated: true };
      const path = join(folder, name);
      const real = realPath(path);
      if (real === undefined || seen.has(real)) continue;
      seen.add(real);
      const nested = join(path, 'node_modules');
      if (existsSync(nested)) waiting.push(nested);
      if (!SINGLE.has(name)) continue;
      const { version } = readJson(join(path, 'package.json'));
      if (typeof version === 'string') copies.push({ name, version, path });
    }
  }
  return { copies, truncated: false };
}

function packagesIn(folder: string): string[] {
  return namesIn(folder).flatMap((name) => {
    if (name.startsWith('@')) return namesIn(join(folder, name)).map((inner) => `${name}/${inner}`);
    return name.startsWith('.') ? [] : [name];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readJson(path: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

function strings(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}
