import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const ESM_HOOKS = 'import-in-the-middle';
const ROOT = resolve(__dirname, '../..');
const SHARED: Record<string, string> = {
  '@opentelemetry/api': 'api',
  '@opentelemetry/core': 'core',
  '@opentelemetry/instrumentation': 'instrumentation',
};

/** What the distro ships of this room, in a directory of its own: the preload of the fixtures and the instrumentations. */
export async function bundlePreload(): Promise<{
  preload: string;
  definitions: string;
  directory: string;
  remove(): void;
}> {
  const directory = mkdtempSync(join(tmpdir(), 'instrumentation-'));
  // The one package that is a dependency of the distro; all else is in the bundles.
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(join(ROOT, `node_modules/${ESM_HOOKS}`), join(directory, `node_modules/${ESM_HOOKS}`));
  const names = readdirSync(join(ROOT, 'node_modules/@opentelemetry'))
    .filter((name) => name.startsWith('instrumentation-'))
    .map((name) => name.slice('instrumentation-'.length));
  const everything = Object.entries(SHARED).map(([name, as]) => `export * as ${as} from '${name}';`);
  await Promise.all([
    build({
      ...COMMON,
      stdin: { contents: everything.join('\n'), resolveDir: ROOT },
      outfile: join(directory, 'otel.cjs'),
    }),
    build({
      ...COMMON,
      entryPoints: names.map((name) => ({ in: `@opentelemetry/instrumentation-${name}`, out: name })),
      absWorkingDir: ROOT,
      outdir: join(directory, 'instrumentations'),
      outExtension: { '.js': '.cjs' },
      plugins: [shared('../otel.cjs'), requires],
    }),
    build({
      ...COMMON,
      entryPoints: ['preload', 'definitions'].map((name) => join(__dirname, `fixtures/${name}.ts`)),
      outdir: directory,
      outExtension: { '.js': '.cjs' },
      external: [...COMMON.external, './instrumentations/*'],
      plugins: [shared('./otel.cjs')],
    }),
  ]);
  return {
    directory,
    preload: join(directory, 'preload.cjs'),
    definitions: join(directory, 'definitions.cjs'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const COMMON = {
  bundle: true,
  platform: 'node' as const,
  format: 'cjs' as const,
  target: 'node20.19',
  mainFields: ['module', 'main'],
  conditions: ['module', 'import'],
  external: [ESM_HOOKS, `${ESM_HOOKS}/*`],
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning' as const,
};

function shared(file: string): Plugin {
  return {
    name: 'shared',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^@opentelemetry\/(api|core|instrumentation)$/ }, ({ path }) => ({
        path,
        namespace: 'shared',
      }));
      esbuild.onLoad({ filter: /.*/, namespace: 'shared' }, ({ path }) => ({
        contents: `module.exports = require('${file}').${SHARED[path]};`,
        resolveDir: dirname(__dirname),
      }));
      esbuild.onResolve({ filter: /otel\.cjs$/ }, ({ path }) => ({ path, external: true }));
    },
  };
}

/** What the ES module builds of the instrumentations require by `createRequire` is bundled as well. */
const requires: Plugin = {
  name: 'requires',
  setup(esbuild) {
    esbuild.onLoad({ filter: /instrumentation-[^/]+\/dist\/[^_].*\.mjs$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/\b__require\(/g, 'require('),
    }));
  },
};
