import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from './support/aws.js';
import { ourLines } from './support/process.js';

const BAD: Record<string, string> = {
  OTEL_METRIC_EXPORT_INTERVAL: 'often',
  OTEL_METRIC_EXPORT_TIMEOUT: '-1',
  OTEL_METRICS_EXPORTER: 'graphite',
  OTEL_TRACES_EXPORTER: 'none,xray',
  OTEL_LOGS_EXPORTER: 'syslog',
  OTEL_TRACES_SAMPLER: 'sometimes',
  OTEL_PROPAGATORS: 'pigeon',
  OTEL_BSP_MAX_QUEUE_SIZE: '0',
  OTEL_BSP_SCHEDULE_DELAY: 'soon',
  OTEL_LOG_LEVEL: 'loud',
  OTEL_RESOURCE_ATTRIBUTES: 'no-equals-sign',
  MONITORING_MAX_SERIES: '1e99',
  MONITORING_METRIC_DIMENSIONS: 'every thing',
  MONITORING_ERROR_LOG_RETENTION_DAYS: '31',
  MONITORING_HOST_METRICS_SAMPLE_RATIO: '1.1',
  MONITORING_HOST_METRICS_TTL: '5 s',
  MONITORING_SHUTDOWN_TIMEOUT: 'never',
  MONITORING_REQUEST_PATH: 'long',
  MONITORING_NAMSPACE: 'Shop',
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'nosuch',
};

describe('bad settings and surroundings', () => {
  const on = stage();

  async function serveOnce(env: Record<string, string>, cwd?: string): Promise<string[]> {
    const app = on.start('bare-http.cjs', {
      env,
      ...(cwd && { cwd, flags: ['--require', join(__dirname, '../../dist/register.cjs')] }),
    });
    const response = await fetch(await app.url());
    assert.equal(await response.text(), 'hello');
    app.kill('SIGTERM');
    const { signal, stderr } = await app.ended();
    assert.equal(signal, 'SIGTERM');
    const lines = ourLines(stderr);
    assert.equal(stderr.trim().split('\n').length, lines.length, `only lines of ours: ${stderr}`);
    assert.ok(!/\n\s+at /.test(stderr), 'no stack traces');
    assert.equal(new Set(lines).size, lines.length, 'no line twice');
    return lines;
  }

  it('each get one line with what was expected and what is used, and everything still arrives', async () => {
    const lines = await serveOnce(on.aws.env(BAD));
    for (const [name, value] of Object.entries(BAD)) {
      const about = lines.filter((line) => line.includes(name));
      assert.equal(about.length, 1, `${name}: ${JSON.stringify(about)}`);
      if (name.startsWith('MONITORING_NAMSPACE')) assert.match(about[0] ?? '', /MONITORING_NAMESPACE/);
      else assert.ok(about[0]?.includes(value), about[0]);
    }
    assert.equal((await on.aws.requests())['GET unmatched']?.count, 1);
  });

  it('without a region: one line, and the application runs', async () => {
    const { AWS_REGION: _region, AWS_ENDPOINT_URL: _url, ...env } = on.aws.env();
    const lines = (await serveOnce(env)).filter((line) => line.includes('no AWS region'));
    assert.deepEqual(lines, [
      '[monitoring] no AWS region: nothing is sent to CloudWatch metrics, X-Ray, CloudWatch Logs; set AWS_REGION',
    ]);
  });

  it('without credentials: the application runs, and the lines say what is missing', async () => {
    const {
      AWS_ACCESS_KEY_ID: _id,
      AWS_SECRET_ACCESS_KEY: _secret,
      ...env
    } = on.aws.env({ MONITORING_SHUTDOWN_TIMEOUT: '1000' });
    const lines = await serveOnce(env);
    assert.ok(lines.some((line) => /credentials: being looked up \(no keys, profile or role\)/.test(line)));
    assert.ok(
      lines.some((line) => /Could not load credentials/.test(line)),
      lines.join('\n'),
    );
  });

  it('with a refused endpoint: the application runs, one line a destination', async () => {
    const env = on.aws.env({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9', MONITORING_SHUTDOWN_TIMEOUT: '1000' });
    const lines = await serveOnce(env);
    const isSummary = (line: string) => line.includes('lost since the start');
    const refused = lines.filter((line) => line.includes('ECONNREFUSED') && !isSummary(line));
    assert.ok(refused.length >= 1 && refused.length <= 3, lines.join('\n'));
    assert.match(lines.find(isSummary) ?? '', /lost since the start: .*; the last failures: ECONNREFUSED/);
  });

  it('without a home directory and without a place to write', async () => {
    await serveOnce(on.aws.env({ HOME: '/proc/nowhere', TMPDIR: '/proc/nowhere' }));
    assert.equal((await on.aws.requests())['GET unmatched']?.count, 1);
  });

  it('in a working directory that was removed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-gone-'));
    const app = on.start(join(__dirname, 'fixtures/bare-http.cjs'), {
      env: on.aws.env(),
      cwd: folder,
      flags: [
        '--require',
        join(__dirname, 'fixtures/remove-cwd.cjs'),
        '--require',
        join(__dirname, '../../dist/register.cjs'),
      ],
    });
    await (await fetch(await app.url())).text();
    app.kill('SIGTERM');
    assert.equal((await app.ended()).signal, 'SIGTERM');
    rmSync(folder, { recursive: true, force: true });
    assert.equal((await on.aws.requests())['GET unmatched']?.count, 1);
  });

  it('never shows a secret', async () => {
    const lines = await serveOnce(
      on.aws.env({
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer s3cr3t',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:s3cr3t@127.0.0.1:9',
        AWS_SECRET_ACCESS_KEY: 's3cr3t',
        OTEL_LOG_LEVEL: 'debug',
        MONITORING_SHUTDOWN_TIMEOUT: '500',
      }),
    );
    assert.deepEqual(
      lines.filter((line) => line.includes('s3cr3t')),
      [],
    );
  });
});
