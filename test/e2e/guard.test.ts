import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OTHER_AGENTS, SDKS_SET_UP_IN_CODE } from '../../src/config/other-agents.js';
import { LocalAws } from './support/aws.js';
import { Application, ourLines, PRELOAD, ROOT } from './support/process.js';

const fixture = (name: string) => join(__dirname, 'fixtures', name);

describe('the preload', () => {
  let aws: LocalAws;
  before(async () => {
    aws = await LocalAws.start();
  });
  after(() => aws.close());

  async function lines(fixtureName: string, options: { env?: Record<string, string>; flags?: string[] } = {}) {
    const { code, stdout, stderr } = await new Application(fixtureName, {
      ...options,
      env: aws.env(options.env),
    }).ended();
    assert.equal(code, 0, stderr);
    const old = /^\[monitoring\] Node 20[.\d]* works, but OpenTelemetry supports 22\.15 and later$/;
    return { stdout, ours: ourLines(stderr).filter((line) => !old.test(line)), stderr };
  }

  it('says in one line what goes where', async () => {
    const { ours } = await lines('hello.cjs');
    const [start] = ours;
    assert.equal(
      start,
      '[monitoring] shop: metrics to cloudwatch shop; errors to cloudwatch /shop/errors; traces to xray (parentbased_reservoir 1/s,0.05; without a bound); region us-west-2; credentials: environment variables',
    );
  });

  it("keeps its own log off the application's output", async () => {
    const { stdout } = await lines('hello.cjs', { env: { OTEL_LOG_LEVEL: 'debug' } });
    assert.equal(stdout, 'hello\n');
  });

  it('has nothing to say when nothing is sent anywhere', async () => {
    const env = { OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    const { ours } = await lines('hello.cjs', { env });
    assert.deepEqual(ours, ['[monitoring] shop: metrics to none; errors to none; traces to none (nothing is traced)']);
  });

  it('stands aside when OTEL_SDK_DISABLED is true', async () => {
    const { ours, stdout } = await lines('hello.cjs', { env: { OTEL_SDK_DISABLED: 'true' } });
    assert.deepEqual(ours, ['[monitoring] OTEL_SDK_DISABLED is set: not started']);
    assert.equal(stdout, 'hello\n');
  });

  for (const [node, verdict] of [
    ['20.18.3', 'is not supported: not started; use Node 20.19 or later'],
    ['18.20.0', 'is not supported: not started; use Node 20.19 or later'],
    ['20.19.0', 'works, but OpenTelemetry supports 22.15 and later'],
    ['22.14.0', 'works, but OpenTelemetry supports 22.15 and later'],
  ] as const) {
    it(`says so on Node ${node}`, async () => {
      const { code, stdout, stderr } = await new Application('hello.cjs', {
        flags: ['--require', fixture('old-node.cjs'), ...PRELOAD],
        env: aws.env({ PRETENDED_NODE: node }),
      }).ended();
      assert.deepEqual([code, stdout], [0, 'hello\n']);
      assert.equal(ourLines(stderr)[0], `[monitoring] Node ${node} ${verdict}`);
      assert.equal(ourLines(stderr).length, verdict.startsWith('works') ? ourLines(stderr).length : 1);
    });
  }

  it('stands aside on a real Node 14, whose parser knows little of today', function () {
    this.timeout(120_000);
    const found = spawnSync(process.execPath, [join(ROOT, 'scripts/node-binaries.mjs'), '14'], { encoding: 'utf8' });
    if (found.status !== 0) {
      console.log(`      skipped: ${found.stderr.trim()}`);
      this.skip();
    }
    const preload = join(ROOT, 'dist/register.cjs');
    const { status, stdout, stderr } = spawnSync(found.stdout.trim(), ['--require', preload, fixture('hello.cjs')], {
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout], [0, 'hello\n']);
    assert.match(
      stderr,
      /^\[monitoring\] Node 14\.\d+\.\d+ is not supported: not started; use Node 20\.19 or later\n$/,
    );
  });

  for (const [situation, options] of [
    ['starts', {}],
    ['starts on an old Node', { flags: ['--require', fixture('old-node.cjs'), ...PRELOAD], node: '20.19.0' }],
    ['does not support its Node', { flags: ['--require', fixture('old-node.cjs'), ...PRELOAD], node: '18.20.0' }],
    ['stands aside for another SDK', { flags: ['--require', fixture('other-sdk.cjs'), ...PRELOAD] }],
    ['is switched off', { env: { OTEL_SDK_DISABLED: 'true' } }],
  ] as [string, { flags?: string[]; node?: string; env?: Record<string, string> }][]) {
    it(`prints nothing with OTEL_LOG_LEVEL=none where it ${situation}`, async () => {
      const { flags = PRELOAD, node = process.versions.node, env = {} } = options;
      const { stderr } = await new Application('hello.cjs', {
        flags,
        env: aws.env({ OTEL_LOG_LEVEL: 'none', PRETENDED_NODE: node, ...env }),
      }).ended();
      assert.deepEqual(ourLines(stderr), []);
    });
  }

  it('stands aside in the process of a package manager, and says so at debug level only', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-tool-'));
    try {
      const file = join(folder, 'node_modules/npm/bin/npm-cli.js');
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
      assert.deepEqual((await lines(file)).ours, []);
      const { ours } = await lines(file, { env: { OTEL_LOG_LEVEL: 'debug' } });
      assert.deepEqual(ours, ['[monitoring] npm is a tool that runs applications: not started in its own process']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("does not run in the application's worker threads", async () => {
    const { ours, stdout } = await lines('worker-thread.cjs');
    assert.equal(stdout, 'worker ended with 0\n');
    assert.equal(ours.filter((line) => line.includes('metrics to')).length, 1);
  });

  it('runs once when both flags are given', async () => {
    const { ours } = await lines('hello.cjs', { flags: [...PRELOAD, '--import', '@org/monitoring/register'] });
    assert.equal(ours.filter((line) => line.includes('metrics to')).length, 1);
  });

  it('runs once when NODE_OPTIONS and the command line both name it, and not in its own worker', async () => {
    const { ours } = await lines('hello.cjs', { env: { NODE_OPTIONS: '--require @org/monitoring/register' } });
    assert.equal(ours.filter((line) => line.includes('metrics to')).length, 1);
  });

  it('names the two copies when a second one is loaded', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-copy-'));
    try {
      cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
      const copy = join(folder, 'dist/register.cjs');
      const { ours } = await lines('hello.cjs', { flags: [...PRELOAD, '--require', copy] });
      assert.match(
        ours.find((line) => !line.includes('metrics to')) ?? '',
        /loaded twice \(.*dist\/preload\.cjs and .*dist\/register\.cjs\): the second is ignored; install one copy/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('stands aside for an SDK that is registered already, and says what to do', async () => {
    const { ours, stdout } = await lines('hello.cjs', { flags: ['--require', fixture('other-sdk.cjs'), ...PRELOAD] });
    assert.equal(stdout, 'hello\n');
    assert.match(
      ours[0] ?? '',
      /another OpenTelemetry SDK \(api 1\.\d+\.\d+\) is already running: not started; remove it, or preload @org\/monitoring\/register before it/,
    );
  });

  for (const agent of [...OTHER_AGENTS, ...SDKS_SET_UP_IN_CODE]) {
    const stands = OTHER_AGENTS.includes(agent);
    it(`${stands ? 'stands aside for' : 'does not mind'} ${agent} that is loaded before it`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'monitoring-agent-'));
      try {
        const file = join(folder, 'node_modules', agent, 'index.js');
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, '');
        const { ours, stdout } = await lines('hello.cjs', { flags: ['--require', file, ...PRELOAD] });
        assert.equal(stdout, 'hello\n');
        assert.equal(ours[0]?.includes(`] ${agent} is already running: not started; remove it`), stands, ours[0]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
