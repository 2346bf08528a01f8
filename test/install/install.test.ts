import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LocalAws } from '../e2e/support/aws.js';
import { Application, ourLines, ROOT } from '../e2e/support/process.js';
import { GrpcReceiver } from '../otlp/grpc-receiver.js';
import { npm, pack } from './package.js';

const MAX_INSTALLED_BYTES = 20 * 1024 * 1024;
const MAX_PACKAGES = 10;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The application's own OpenTelemetry. */
function linkOpenTelemetry(app: string): void {
  const folder = join(app, 'node_modules/@opentelemetry');
  if (!existsSync(folder)) symlinkSync(join(ROOT, 'node_modules/@opentelemetry'), folder);
}

describe('the package, installed from its tarball', function () {
  this.timeout(180_000);
  let folder: string;
  let files: string[];
  let aws: LocalAws;

  before(async () => {
    aws = await LocalAws.start();
    folder = mkdtempSync(join(tmpdir(), 'monitoring-install-'));
    const packed = pack(folder);
    files = packed.files;
    mkdirSync(join(folder, 'app'));
    writeFileSync(join(folder, 'app/package.json'), JSON.stringify({ name: 'installed-app', version: '4.5.6' }));
    npm(['install', '--no-audit', '--no-fund', packed.tarball], join(folder, 'app'));
  });
  afterEach(() => aws.clear());
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await aws.close();
  });

  it('holds what a user needs and nothing else', () => {
    const allowed =
      /^((dist|collector-config|dashboards|alarms|docs\/pictures|examples\/collector)\/|docs\/[\w-]+\.(md|svg)$|docs\/doctor-report\.schema\.json$|(README|CHANGELOG)\.md$|LICENSE$|package\.json$)/;
    assert.deepEqual(
      files.filter((path) => !allowed.test(path)),
      [],
    );
    assert.deepEqual(
      files.filter((path) => /\.(test|map|ts)$/.test(path) && !path.endsWith('.d.ts')),
      [],
    );
    for (const needed of [
      'dist/register.cjs',
      'dist/register.mjs',
      'dist/worker.cjs',
      'dist/types/src/index.d.ts',
      'dist/THIRD-PARTY-NOTICES.txt',
      'dist/sbom.cdx.json',
      'README.md',
      'LICENSE',
    ]) {
      assert.ok(files.includes(needed), needed);
    }
  });

  it(`puts at most ${MAX_INSTALLED_BYTES >> 20} MB and ${MAX_PACKAGES} packages into an application`, () => {
    const installed = filesBelow(join(folder, 'app/node_modules'));
    const bytes = installed.reduce((sum, file) => sum + statSync(file).size, 0);
    const lock = JSON.parse(readFileSync(join(folder, 'app/node_modules/.package-lock.json'), 'utf8'));
    const packages = Object.keys(lock.packages);
    console.log(`      ${(bytes / 1048576).toFixed(1)} MB, ${packages.length} packages`);
    assert.ok(bytes <= MAX_INSTALLED_BYTES, `${(bytes / 1048576).toFixed(1)} MB`);
    assert.ok(packages.length <= MAX_PACKAGES, packages.join(', '));
  });

  it('names every file that its exports and its command promise', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'app/node_modules/@org/monitoring/package.json'), 'utf8'));
    const named = [...Object.values(manifest.exports), ...Object.values(manifest.bin)].flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target as Record<string, string>),
    );
    const missing = named.map((path) => path.replace(/^\.\//, '')).filter((path) => !files.includes(path));
    assert.deepEqual(missing, []);
  });

  for (const [flag, name] of [
    ['--require', 'app.cjs'],
    ['--import', 'app.mjs'],
  ] as const) {
    it(`monitors an application by ${flag}, its name and version from package.json`, async () => {
      const app = join(folder, 'app');
      const source =
        name === 'app.cjs'
          ? `require('node:http').createServer((q, r) => r.end('hello'))`
          : `import { createServer } from 'node:http';\ncreateServer((q, r) => r.end('hello'))`;
      writeFileSync(
        join(app, name),
        `${source}.listen(0, '127.0.0.1', function () { console.log('http://127.0.0.1:' + this.address().port); });\n`,
      );
      const { OTEL_SERVICE_NAME: _name, ...env } = aws.env({ OTEL_TRACES_SAMPLER: 'always_on' });
      const running = new Application(join(app, name), { cwd: app, flags: [flag, '@org/monitoring/register'], env });
      await (await fetch(await running.url())).text();
      running.kill('SIGTERM');
      const { signal, stderr } = await running.ended();
      assert.equal(signal, 'SIGTERM');
      assert.match(ourLines(stderr).join('\n'), /installed-app: metrics to cloudwatch installed-app/);
      assert.equal((await aws.requests())['GET unmatched']?.count, 1);
      const { metrics } = await aws.get<{ metrics: { dimensions: Record<string, string> }[] }>('/api/metrics');
      assert.ok(metrics.every(({ dimensions }) => dimensions.Service === 'installed-app'));
    });
  }

  it('instruments outgoing calls with nothing beside its own dependencies', async () => {
    const app = join(folder, 'app');
    cpSync(join(ROOT, 'test/e2e/fixtures/outgoing.cjs'), join(app, 'outgoing.cjs'));
    const running = new Application(join(app, 'outgoing.cjs'), {
      cwd: app,
      env: aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }),
    });
    await fetch(`${await running.url()}/http`);
    running.kill('SIGTERM');
    const { stderr } = await running.ended();
    assert.doesNotMatch(stderr, /could not be loaded/);
    assert.equal((await aws.spans()).length, 3);
  });

  it('sends by gRPC with nothing beside its own dependencies', async () => {
    const receiver = await GrpcReceiver.start();
    const app = join(folder, 'app');
    writeFileSync(
      join(app, 'by-grpc.cjs'),
      `const http = require('node:http');
      const server = http.createServer((_req, res) => res.end());
      server.listen(0, '127.0.0.1', () => http.get({ port: server.address().port, host: '127.0.0.1', agent: false }, () => server.close()).end());`,
    );
    const running = new Application(join(app, 'by-grpc.cjs'), {
      cwd: app,
      flags: ['--require', '@org/monitoring/register'],
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        MONITORING_RUN_FOLDER: 'none',
      },
    });
    const { stderr } = await running.ended();
    receiver.close();
    assert.equal(receiver.sent('metrics')[0]?.attributes['service.name'], 'installed-app', stderr);
  });

  it('loads each of its instrumentations', () => {
    const bundled = join(folder, 'app/node_modules/@org/monitoring/dist/instrumentations');
    const names = readdirSync(bundled);
    assert.ok(names.length > 30);
    for (const name of names) assert.ok(Object.keys(require(join(bundled, name))).length > 0, name);
  });

  it('has exporters that work in the application’s own SDK, as CommonJS and as ES modules', () => {
    const app = join(folder, 'app');
    linkOpenTelemetry(app);
    const body = `
      const exporter = new CloudWatchMetricExporter({ namespace: 'Own', region: 'us-west-2', endpoint: ${JSON.stringify(aws.studio.url)},
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
      const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3600000 });
      const provider = new MeterProvider({ readers: [reader] });
      provider.getMeter('m').createCounter('c').add(3);
      provider.shutdown().then(() => console.log('done'));`;
    writeFileSync(
      join(app, 'own.cjs'),
      `const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
       const { CloudWatchMetricExporter } = require('@org/monitoring/exporters/cloudwatch-metrics');${body}`,
    );
    writeFileSync(
      join(app, 'own.mjs'),
      `import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
       import { CloudWatchMetricExporter } from '@org/monitoring/exporters/cloudwatch-metrics';${body}`,
    );
    return Promise.all(
      ['own.cjs', 'own.mjs'].map(async (name) => {
        const { stdout, stderr } = await new Application(join(app, name), { cwd: app, flags: [] }).ended();
        assert.equal(stdout, 'done\n', stderr);
      }),
    ).then(async () => {
      const { metrics } = await aws.get<{ metrics: { name: string; received: number }[] }>(
        '/api/metrics?namespace=Own',
      );
      assert.deepEqual(
        metrics.map(({ name, received }) => [name, received]),
        [['c', 2]],
      );
    });
  });

  it('has a command that prints the settings in force', () => {
    const app = join(folder, 'app');
    const output = execFileSync(join(app, 'node_modules/.bin/monitoring'), ['config'], {
      cwd: app,
      encoding: 'utf8',
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, MONITORING_MAX_SERIES: '7' },
    });
    assert.match(output, /MONITORING_MAX_SERIES\s+7\s+\(environment\)/);
  });
});
