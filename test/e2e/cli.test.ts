import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/process.js';

/** Of this shell: whatever runs on the machine is not asked. */
const config = (args: string[], env?: Record<string, string>) => monitoring(['config', '--pid', 'none', ...args], env);

function monitoring(args: string[], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [join(ROOT, 'dist/cli.cjs'), ...args], { encoding: 'utf8', env });
}

describe('monitoring', () => {
  it('config prints what is in force and where it comes from, secrets left out', () => {
    const env = { MONITORING_NAMESPACE: 'Shop', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer s3cr3t' };
    const { status, stdout, stderr } = config([], env);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^MONITORING_NAMESPACE\s+Shop {2}\(environment\)$/m);
    assert.match(stdout, /^limits here: memory \d+ MiB \([a-z-]+\), [\d.]+ CPUs \([a-z-]+\) \(this shell\)$/m);
    assert.doesNotMatch(stdout, /s3cr3t/);
  });

  it('config exits with 1 and says why when a setting cannot be taken', () => {
    const { status, stdout, stderr } = config(['--json'], { MONITORING_MAX_SERIES: 'many' });
    assert.equal(status, 1);
    assert.match(stderr, /^MONITORING_MAX_SERIES="many" \(environment\): expected .*; using 500$/m);
    const { settings, problems } = JSON.parse(stdout);
    assert.ok(
      settings.some(
        ({ name, value }: { name: string; value: string }) => name === 'MONITORING_MAX_SERIES' && value === '500',
      ),
    );
    assert.equal(problems.length, 1);
  });

  for (const [settings, line] of [
    [
      {},
      'cost with 20 routes, a database, a called service and a service of AWS: about $26.54 a month (87 series $26.10, 43800 metric requests $0.44), without error logs and traces',
    ],
    [
      { MONITORING_MAX_SERIES: '84' },
      'cost with 20 routes, a database, a called service and a service of AWS: about $25.64 a month (84 series',
    ],
    [{ MONITORING_METRIC_DIMENSIONS: 'full' }, 'cost: depends on the attributes, at most 500 series'],
    [{ OTEL_METRICS_EXPORTER: 'otlp' }, 'cost: no series in CloudWatch'],
  ] as const) {
    it(`config foretells the cost with ${JSON.stringify(settings)}`, () => {
      const { stdout } = config([], settings);
      assert.ok(stdout.includes(line), stdout);
    });
  }

  it('config tells the names in CloudWatch, and the cost as figures with --json', () => {
    const env = {
      OTEL_SERVICE_NAME: 'checkout',
      OTEL_RESOURCE_ATTRIBUTES: 'service.namespace=Shop,deployment.environment.name=prod',
      AWS_REGION: 'eu-west-1',
    };
    assert.match(
      config([], env).stdout,
      /^in CloudWatch: service checkout, environment prod, namespace Shop, errors in \/Shop\/errors, region eu-west-1 \(this shell\)$/m,
    );
    const { names, cost } = JSON.parse(config(['--json'], env).stdout);
    assert.deepEqual(names, {
      service: 'checkout',
      environment: 'prod',
      namespace: 'Shop',
      logGroup: '/Shop/errors',
      region: 'eu-west-1',
      regionFrom: 'settings',
    });
    assert.deepEqual([cost.estimate.series, cost.estimate.dollars, cost.maxSeries], [87, 26.54, 500]);
    const full = JSON.parse(config(['--json'], { ...env, MONITORING_METRIC_DIMENSIONS: 'full' }).stdout);
    assert.deepEqual(full.cost, { maxSeries: 500 });
  });

  it('finds the built-in dashboards and alarms beside the bundle', () => {
    const { status, stdout, stderr } = monitoring(['dashboards', 'validate'], { OTEL_SERVICE_NAME: 'checkout' });
    assert.deepEqual([status, stderr, stdout.match(/: valid$/gm)?.length], [0, '', 3]);
    assert.equal(monitoring(['alarms', 'validate'], {}).stdout.match(/: valid$/gm)?.length, 6);
  });

  it('names the doctor where a deployment finds no credentials', () => {
    const env = { AWS_REGION: 'us-west-2', AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' };
    const { status, stderr } = monitoring(['dashboards', 'deploy'], env);
    assert.equal(status, 2);
    assert.match(stderr, /Credentials.*`monitoring doctor` finds what is missing/);
  });

  it('config suggests the nearest region for a slip', () => {
    const { status, stderr } = config([], { AWS_REGION: 'us-wst-2' });
    assert.equal(status, 1);
    assert.match(stderr, /^AWS_REGION="us-wst-2" .* perhaps us-west-2; using us-wst-2$/m);
  });

  it('suggests the nearest command for an unknown one and exits with 2', () => {
    const { status, stdout, stderr } = monitoring(['confg']);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /unknown command 'confg'\n\(Did you mean config\?\)/);
  });

  it('suggests the nearest option for an unknown one, names the help that has them, and exits with 2', () => {
    const { status, stdout, stderr } = monitoring(['config', '--jsn']);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /unknown option '--jsn'\n\(Did you mean --json\?\)/);
    assert.match(stderr, /monitoring config --help/);
  });

  it('prints the help to stderr and exits with 2 without a command', () => {
    const { status, stdout, stderr } = monitoring([]);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^Usage: monitoring /);
  });

  it('teaches by --help', () => {
    const { status, stdout, stderr } = monitoring(['--help']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /config \[options\]\s+print the settings in force/);
    assert.match(stdout, /^Exit codes: 0 .* 1 .* 2 /m);
    assert.match(stdout, /\$ monitoring config --all/);
  });

  it('loads nothing of the AWS SDK or of OpenTelemetry to print its help', () => {
    const { stderr } = monitoring(['--help'], { NODE_DEBUG: 'module' });
    assert.match(stderr, /load ".*dist\/cli\.cjs"/);
    assert.doesNotMatch(stderr, /load ".*dist\/(aws-sdk|otel|studio|preload)\.cjs"/);
  });

  it('says its version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    assert.equal(monitoring(['--version']).stdout, `${version}\n`);
  });

  it('ends without a word when its reader goes away', () => {
    const script = `"${process.execPath}" dist/cli.cjs config --json | head -c 1`;
    // Of the environment nothing but the path: a setting that it is told of by name would be a problem of its own.
    const env = { PATH: process.env.PATH ?? '' };
    const { status, stderr } = spawnSync('bash', ['--norc', '-o', 'pipefail', '-c', script], {
      cwd: ROOT,
      encoding: 'utf8',
      env,
    });
    assert.deepEqual([status, stderr], [0, '']);
  });
});
