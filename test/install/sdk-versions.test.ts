import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { satisfies } from 'semver';
import { LocalAws } from '../e2e/support/aws.js';
import { Application, ROOT } from '../e2e/support/process.js';
import { npm, pack } from './package.js';

/** The first and the last version of each major that the peer ranges name. */
const SDKS: Record<string, Record<string, string>> = {
  'the first 2.x (sdk-logs 0.200, sdk-trace 2.9)': {
    '@opentelemetry/api': '1.9.1',
    '@opentelemetry/sdk-metrics': '2.0.0',
    '@opentelemetry/sdk-logs': '0.200.0',
    '@opentelemetry/sdk-trace': '2.9.0',
  },
  'the last 2.x (sdk-logs 0.223)': {
    '@opentelemetry/api': '1.9.1',
    '@opentelemetry/sdk-metrics': '2.12.1',
    '@opentelemetry/sdk-logs': '0.223.1',
    '@opentelemetry/sdk-trace': '2.12.1',
  },
  'the first 3.x': {
    '@opentelemetry/api': '1.10.0',
    '@opentelemetry/sdk-metrics': '3.0.0',
    '@opentelemetry/sdk-logs': '3.0.0',
    '@opentelemetry/sdk-trace': '3.0.0',
  },
  '3.1': {
    '@opentelemetry/api': '1.10.0',
    '@opentelemetry/sdk-metrics': '3.1.1',
    '@opentelemetry/sdk-logs': '3.1.1',
    '@opentelemetry/sdk-trace': '3.1.1',
  },
};

/** One datum, one event and one span. sdk-logs 0.200 has no options for a processor and a provider. */
const APP = `
const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
const { BatchLogRecordProcessor, LoggerProvider } = require('@opentelemetry/sdk-logs');
const { BatchSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');
const { CloudWatchMetricExporter } = require('@org/monitoring/exporters/cloudwatch-metrics');
const { CloudWatchLogExporter } = require('@org/monitoring/exporters/cloudwatch-logs');
const { AwsOtlpTraceExporter } = require('@org/monitoring/exporters/otlp-aws');

const [endpoint, logOptions] = process.argv.slice(2);
const aws = { region: 'us-west-2', endpoint, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const metricExporter = new CloudWatchMetricExporter({ ...aws, namespace: 'Own' });
const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: metricExporter })] });
meters.getMeter('shop').createCounter('visits').add(3);

const logExporter = new CloudWatchLogExporter({ ...aws, logGroupName: '/own/logs', logStreamName: 'one', retentionDays: 7 });
const logProcessor = new BatchLogRecordProcessor(logOptions ? { exporter: logExporter } : logExporter);
const loggers = new LoggerProvider({ processors: [logProcessor] });
if (!logOptions) loggers.addLogRecordProcessor(logProcessor);
loggers.getLogger('shop').emit({ severityNumber: 17, body: 'sold out', attributes: { 'order.id': 7 } });

const spanProcessor = new BatchSpanProcessor({ exporter: new AwsOtlpTraceExporter(aws) });
const tracers = new TracerProvider({ spanProcessors: [spanProcessor] });
tracers.getTracer('shop').startSpan('order').end();

Promise.all([meters.shutdown(), loggers.shutdown(), tracers.shutdown()]).then(() => console.log('done'));
`;

describe('the exporters, in an SDK of the application’s own', function () {
  this.timeout(180_000);
  let folder: string;
  let tarball: string;
  let aws: LocalAws;

  before(async () => {
    aws = await LocalAws.start();
    folder = mkdtempSync(join(tmpdir(), 'monitoring-sdk-'));
    tarball = pack(folder).tarball;
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await aws.close();
  });

  const { peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

  for (const [name, versions] of Object.entries(SDKS)) {
    it(`deliver metrics, logs and spans with ${name}, which the peer ranges accept`, async () => {
      for (const [peer, version] of Object.entries(versions))
        assert.ok(satisfies(version, peerDependencies[peer]), `${peer} ${version}`);
      const app = join(folder, versions['@opentelemetry/sdk-logs'] ?? '');
      mkdirSync(app);
      writeFileSync(join(app, 'package.json'), '{}');
      const packages = Object.entries(versions).map(([peer, version]) => `${peer}@${version}`);
      npm(['install', '--no-audit', '--no-fund', tarball, ...packages], app);
      writeFileSync(join(app, 'own.cjs'), APP);
      aws.clear();
      const args = [aws.studio.url, ...(versions['@opentelemetry/sdk-logs'] === '0.200.0' ? [] : ['options'])];
      const { stdout, stderr } = await new Application(join(app, 'own.cjs'), { cwd: app, flags: [], args }).ended();
      assert.equal(stdout, 'done\n', stderr);
      const { metrics } = await aws.get<{ metrics: { name: string }[] }>('/api/metrics?namespace=Own');
      assert.deepEqual(
        metrics.map((metric) => metric.name),
        ['visits'],
      );
      const [event] = await aws.errors('/own/logs');
      assert.deepEqual([event?.body, event?.severityText, event?.attributes.order], ['sold out', 'ERROR', { id: 7 }]);
      assert.deepEqual(
        ((await aws.spans()) as unknown as { name: string }[]).map((span) => span.name),
        ['order'],
      );
    });
  }

  it('have peer ranges that refuse the majors before and after', () => {
    const refused = {
      '@opentelemetry/api': ['0.21.0', '1.11.0', '2.0.0'],
      '@opentelemetry/sdk-metrics': ['1.30.1', '4.0.0'],
      '@opentelemetry/sdk-logs': ['0.57.2', '2.0.0', '4.0.0'],
      '@opentelemetry/sdk-trace': ['2.8.0', '4.0.0'],
    };
    for (const [peer, versions] of Object.entries(refused))
      assert.deepEqual(
        versions.filter((version) => satisfies(version, peerDependencies[peer])),
        [],
        peer,
      );
  });
});
