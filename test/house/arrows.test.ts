import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Which room may import which, types included (docs/architecture.md). Files beside the rooms are rooms of their own. */
const ARROWS: Record<string, string[]> = {
  register: ['config', 'distro', 'running-distro'],
  index: ['distro', 'running-distro'],
  'running-distro': [],
  thread: ['errors'],
  worker: ['config', 'delivery', 'errors', 'host', 'redaction', 'requests', 'tracing', 'wire'],
  distro: [
    'config',
    'delivery',
    'errors',
    'host',
    'instrumentation',
    'jobs',
    'metrics',
    'pricing',
    'redaction',
    'requests',
    'resource',
    'running-distro',
    'tracing',
    'views',
    'wire',
  ],
  redaction: [],
  pricing: [],
  config: ['limits', 'pricing', 'redaction'],
  limits: [],
  resource: ['config', 'exporters'],
  wire: ['config', 'exporters'],
  metrics: [],
  views: ['config', 'exporters'],
  requests: ['config', 'limits', 'metrics', 'redaction', 'resource', 'wire'],
  jobs: ['config', 'limits', 'redaction', 'resource', 'wire'],
  instrumentation: ['config', 'jobs', 'limits', 'redaction', 'resource', 'wire'],
  tracing: ['config', 'limits', 'redaction', 'resource', 'wire'],
  host: ['config', 'limits', 'redaction', 'resource', 'wire'],
  errors: ['config', 'limits', 'redaction', 'resource', 'wire'],
  delivery: ['config', 'exporters', 'pricing', 'redaction', 'resource', 'wire'],
  cli: [
    'cloudwatch',
    'config',
    'delivery',
    'exporters',
    'guardian',
    'host',
    'instrumentation',
    'pricing',
    'redaction',
    'resource',
    'studio',
    'wire',
  ],
  studio: ['cloudwatch', 'pricing'],
  guardian: ['config'],
  cloudwatch: [],
  exporters: ['pricing'],
};

const root = join(__dirname, '../..');

function room(path: string): string | undefined {
  return /^(?:src\/)?(\w[\w-]*)(?:\/|\.ts$)/.exec(path)?.[1];
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => `${folder}/${file}`);
}

/** The source that a relative import names. */
function target(from: string, specifier: string): string | undefined {
  const path = normalize(join(dirname(from), specifier)).replace(/\.(js|tsx?)$/, '');
  return [`${path}.ts`, `${path}.tsx`].find((file) => existsSync(join(root, file)));
}

/** Of types as well, so a bundler can't tell: it leaves them out. */
function importsOf(file: string): { from: string; to: string }[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']*)'/g)].flatMap(([, specifier = '']) => {
    const to = target(file, specifier);
    return to === undefined ? [] : [{ from: file, to }];
  });
}

describe('the house', () => {
  const files = [...sources('src'), ...sources('exporters')];
  const imports = files.flatMap(importsOf);

  before(() => {
    const has = (from: string, to: string) => imports.some((each) => each.from === from && each.to === to);
    assert.ok(has('src/distro.ts', 'src/delivery/application/channel.ts'), 'values are read');
    assert.ok(has('src/wire/messages.ts', 'src/config/configuration.ts'), 'types are read');
    assert.ok(has('src/studio/page/app.tsx', 'src/studio/page/help.tsx'), 'the page is read');
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

  it('has every file that docs/architecture.md names, and lets each walk be followed', () => {
    const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    const named = [...text.matchAll(/`((?:src|exporters)\/[\w/.-]+\.tsx?)`/g)].map(([, file = '']) => file);
    assert.ok(named.length > 40, 'the page names files');
    assert.deepEqual(
      named.filter((file) => !existsSync(join(root, file))),
      [],
    );
    for (const walk of ['request', 'error', 'setting']) assert.match(text, new RegExp(`^## Follow one ${walk}$`, 'm'));
  });
});
