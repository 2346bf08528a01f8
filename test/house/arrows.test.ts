import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Which room may import which at run time (docs/architecture.md); types are free. Files beside the rooms are rooms of their own. */
const ARROWS: Record<string, string[]> = {
  register: ['config', 'distro'],
  index: ['distro', 'handle'],
  handle: [],
  thread: ['errors'],
  worker: ['config', 'delivery', 'errors', 'host', 'requests'],
  distro: [
    'config',
    'delivery',
    'errors',
    'handle',
    'host',
    'instrumentation',
    'metrics',
    'requests',
    'resource',
    'tracing',
  ],
  config: [],
  resource: ['config'],
  metrics: [],
  requests: ['config', 'metrics', 'resource'],
  instrumentation: ['config', 'resource'],
  tracing: ['config', 'resource'],
  host: ['config', 'resource'],
  errors: ['config', 'resource'],
  delivery: ['config', 'resource', 'exporters'],
  cli: ['config', 'delivery', 'exporters', 'host', 'instrumentation', 'resource', 'studio'],
  studio: [],
  exporters: [],
};

const root = join(__dirname, '../..');

function room(path: string): string | undefined {
  return /^(?:src\/)?(\w[\w-]*)(?:\/|\.ts$)/.exec(path)?.[1];
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`);
}

describe('the house', () => {
  const files = [...sources('src'), ...sources('exporters')];
  let imports: { from: string; to: string }[] = [];

  before(async function () {
    // Longer than a test's: it bundles all there is, beside whatever else runs.
    this.timeout(60_000);
    const { metafile } = await build({
      entryPoints: files,
      absWorkingDir: root,
      bundle: true,
      packages: 'external',
      platform: 'node',
      outdir: join(root, 'dist-unused'),
      write: false,
      metafile: true,
      logLevel: 'silent',
      external: ['./preload.cjs', './thread.cjs', './worker.cjs', './studio.cjs', './instrumentations/*', './yaml.cjs'],
    });
    imports = Object.entries(metafile.inputs).flatMap(([from, { imports }]) =>
      imports.filter(({ external }) => !external).map(({ path }) => ({ from, to: path })),
    );
    assert.ok(imports.length > 50, 'the import graph was read');
  });

  it('has only arrows that the plan allows', () => {
    const forbidden = imports.filter(({ from, to }) => {
      const [source, target] = [room(from), room(to)];
      return source !== target && !(source && target && ARROWS[source]?.includes(target));
    });
    assert.deepEqual(forbidden, []);
  });

  it('has no cycles', () => {
    const next = new Map<string, string[]>();
    for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
    const finished = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) assert.fail(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
      if (finished.has(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...path, file]);
      finished.add(file);
    };
    for (const file of next.keys()) visit(file, []);
  });

  it('reads process.env in one place only', () => {
    const readers = files.filter((file) => /process\s*\.\s*env\b/.test(readFileSync(join(root, file), 'utf8')));
    assert.deepEqual(readers, ['src/config/environment.ts']);
  });
});
