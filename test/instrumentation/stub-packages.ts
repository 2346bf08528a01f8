import { mkdirSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** What an instrumentation declares to patch of one module. */
export interface Definition {
  name: string;
  /** The ranges of versions that it distinguishes. */
  versions: string[];
  /** Whether it patches the main file, besides `files`. */
  patched: boolean;
  /** Paths that begin with the name of the module. */
  files: string[];
}

export interface StubApplication {
  commonjs: string;
  esm: string;
  packageJson: string;
  /** The modules and files that have to be patched, in one version at least. */
  expected: string[];
}

/**
 * Writes an application of stub packages: for each range of versions in each definition a package of the name and the
 * lowest version, whose main file requires the files that are patched. Packages of one name in several versions are put
 * in directories of their own, each with a module that loads them.
 */
export function writeStubApplication(directory: string, definitions: Definition[]): StubApplication {
  const parts = new Map<number, Set<string>>();
  const packages = new Map<string, Set<string>>();
  for (const definition of definitions) {
    const { name } = definition;
    for (const version of lowestVersions(definition)) {
      const versions = packages.get(name) ?? new Set();
      packages.set(name, versions);
      if (versions.has(version)) continue;
      const nth = versions.size;
      versions.add(version);
      parts.set(nth, (parts.get(nth) ?? new Set()).add(name));
      const files = definitions.filter((each) => each.name === name).flatMap((each) => each.files);
      if (!builtinModules.includes(name))
        writePackage(join(directory, `part${nth}/node_modules`, name), name, version, files);
    }
  }
  for (const [nth, names] of parts) {
    write(join(directory, `part${nth}/load.cjs`), [...names].map((name) => `require('${name}');\n`).join(''));
    write(join(directory, `part${nth}/load.mjs`), [...names].map((name) => `import '${name}';\n`).join(''));
  }
  const main = (extension: string, load: (path: string) => string): string =>
    write(
      join(directory, `main.${extension}`),
      `${[...parts.keys()].map((nth) => load(`./part${nth}/load.${extension}`)).join('\n')}\nmonitoring.print({});\n`,
    );
  const dependencies = Object.fromEntries([...packages.keys()].map((name) => [name, '*']));
  const mains = definitions.filter(({ patched }) => patched).map(({ name }) => name);
  return {
    commonjs: main('cjs', (path) => `require('${path}');`),
    esm: main('mjs', (path) => `import '${path}';`),
    packageJson: write(join(directory, 'package.json'), JSON.stringify({ dependencies })),
    expected: [...new Set([...mains, ...definitions.flatMap(({ files }) => files)])].sort(),
  };
}

function writePackage(root: string, name: string, version: string, files: string[]): void {
  const paths = [...new Set(files)].map((file) => relative(name, file));
  for (const path of paths) write(join(root, path), 'module.exports = {};\n');
  write(join(root, 'package.json'), JSON.stringify({ name, version, main: 'main.js' }));
  write(join(root, 'main.js'), paths.map((path) => `require('./${path}');\n`).join(''));
}

/** The lowest version of each range that has a lower bound. */
function lowestVersions({ versions }: Definition): string[] {
  const lower = versions.flatMap((range) => /^(?:>= ?|\^)?(\d+(?:\.\d+){0,2})/.exec(range)?.[1] ?? []);
  const full = lower.map((version) => [...version.split('.'), '0', '0'].slice(0, 3).join('.'));
  return full.length === 0 ? ['1.0.0'] : [...new Set(full)];
}

function write(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
