import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../e2e/support/process.js';
import { npm, pack } from './package.js';

/** What the README says to install for each entry point of the exporters. */
function installLines(): Map<string, string[]> {
  const rows = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(
    /^\|[^|]*`(@org\/monitoring\/exporters\/[\w-]+)`[^|]*\| `npm install ([^`]*)`/gm,
  );
  return new Map([...rows].map(([, entry = '', packages = '']) => [entry, packages.split(' ')]));
}

/** The versions between which the peer ranges lie, as far as they are published. */
const VERSIONS: Record<string, Record<string, string>> = {
  newest: {
    '@opentelemetry/api': '1.10.0',
    '@opentelemetry/sdk-metrics': '3.1.1',
    '@opentelemetry/sdk-logs': '3.1.1',
    '@opentelemetry/sdk-trace': '3.1.1',
  },
  oldest: {
    '@opentelemetry/api': '1.9.1',
    '@opentelemetry/sdk-metrics': '2.0.0',
    '@opentelemetry/sdk-logs': '0.200.0',
    '@opentelemetry/sdk-trace': '2.9.0',
  },
};

const RESOLUTIONS = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'esnext', moduleResolution: 'bundler' },
];

const PROGRAMMATIC = `
import { captureError, flush, shutdown, start, type StartOptions } from '@org/monitoring';
import '@org/monitoring/register';
const options: StartOptions = { settings: { OTEL_SERVICE_NAME: 'typed' } };
start(options);
export const made: boolean = captureError(new Error('x'), { a: 1 });
export const flushed: Promise<boolean> = flush(100);
export const stopped: Promise<void> = shutdown();
`;

const SOURCES: Record<string, string> = {
  '@org/monitoring/exporters/cloudwatch-metrics': `
import {
  type AwsCredentials, type AwsOptions, CloudWatchMetricExporter, type CloudWatchMetricExporterOptions,
  type CloudWatchMetricExporterStatus, type CostEstimate, type CostInput, type CounterName, type CounterReading,
  type DimensionPreset, type DimensionSets, type EntityState, estimateCost, type QueueLimits, type QueueStatus,
  type SdkClient, SelfCounters, type SeriesCapStatus, type Signal,
} from '@org/monitoring/exporters/cloudwatch-metrics';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
const options: CloudWatchMetricExporterOptions = { namespace: 'N', counters: new SelfCounters() };
const exporter = new CloudWatchMetricExporter(options);
new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
export const cost: CostEstimate = estimateCost({ series: 1 });
export const status: CloudWatchMetricExporterStatus = exporter.status();
export type Named = [AwsCredentials, AwsOptions, CostInput, CounterName, CounterReading, DimensionPreset, DimensionSets,
  EntityState, QueueLimits, QueueStatus, SdkClient, SeriesCapStatus, Signal];
// @ts-expect-error a namespace is required
new CloudWatchMetricExporter({});
// @ts-expect-error a test's clock is no option
new CloudWatchMetricExporter({ namespace: 'N', clock: undefined });
`,
  '@org/monitoring/exporters/cloudwatch-logs': `
import {
  type AwsCredentials, type AwsOptions, CloudWatchLogExporter, type CloudWatchLogExporterOptions, type CounterName,
  type CounterReading, type LogEntity, type LogExporterStatus, type QueueStatus, type SdkClient, SelfCounters, type Signal,
} from '@org/monitoring/exporters/cloudwatch-logs';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
const options: CloudWatchLogExporterOptions = { logGroupName: 'g', counters: new SelfCounters() };
const exporter = new CloudWatchLogExporter(options);
export const asInterface: LogRecordExporter = exporter;
export const status: LogExporterStatus = exporter.status();
export type Named = [AwsCredentials, AwsOptions, CounterName, CounterReading, LogEntity, QueueStatus, SdkClient, Signal];
// @ts-expect-error a log group is required
new CloudWatchLogExporter({});
// @ts-expect-error the delivery worker's hook is no option
new CloudWatchLogExporter({ logGroupName: 'g', onSettled() {} });
`,
  '@org/monitoring/exporters/otlp-aws': `
import {
  type AwsCredentials, type AwsOptions, AwsOtlpMetricExporter, type AwsOtlpMetricExporterOptions, AwsOtlpTraceExporter,
  type AwsOtlpTraceExporterOptions, type CounterName, type CounterReading, type OtlpExporterOptions,
  type OtlpExporterStatus, type QueueStatus, SelfCounters, type Signal,
} from '@org/monitoring/exporters/otlp-aws';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
const counters = new SelfCounters();
const traces: AwsOtlpTraceExporterOptions = { region: 'us-west-2', counters };
const metrics: AwsOtlpMetricExporterOptions = { region: 'us-west-2', counters };
new BatchSpanProcessor({ exporter: new AwsOtlpTraceExporter(traces) });
new PeriodicExportingMetricReader({ exporter: new AwsOtlpMetricExporter(metrics) });
export const status: OtlpExporterStatus = new AwsOtlpTraceExporter().status();
export type Named = [AwsCredentials, AwsOptions, CounterName, CounterReading, OtlpExporterOptions, QueueStatus, Signal];
// @ts-expect-error the delivery worker's thread is no option
new AwsOtlpTraceExporter({ hasOwnThread: true });
`,
};

describe('the types of the package, with nothing installed but what the README names', function () {
  this.timeout(180_000);
  let folder: string;
  let tarball: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-types-'));
    tarball = pack(folder).tarball;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A TypeScript project with these packages beside ours, and what a compiler says of the source. */
  function project(name: string, packages: string[], source: string): string {
    const directory = join(folder, name);
    mkdirSync(directory);
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'typed', version: '1.0.0', type: 'module' }));
    npm(['install', '--no-audit', '--no-fund', tarball, ...packages, ...COMPILER], directory);
    writeFileSync(join(directory, 'typed.ts'), source);
    return RESOLUTIONS.map((resolution) => {
      const compilerOptions = { ...resolution, noEmit: true, strict: true, target: 'es2022', skipLibCheck: false };
      const config = { compilerOptions: { ...compilerOptions, types: ['node'] }, files: ['typed.ts'] };
      writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
      const tsc = join(directory, 'node_modules/typescript/bin/tsc');
      const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd: directory, encoding: 'utf8' });
      return status === 0 ? '' : `${resolution.moduleResolution}: ${stdout}`;
    }).join('');
  }

  const installed = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies;
  const COMPILER = ['typescript', '@types/node'].map((name) => `${name}@${installed[name]}`);

  it('are those of three entry points of exporters', () => {
    assert.deepEqual([...installLines().keys()].sort(), Object.keys(SOURCES).sort());
  });

  it('compile for the programmatic API', () => {
    assert.equal(project('programmatic', [], PROGRAMMATIC), '');
  });

  for (const [age, versions] of Object.entries(VERSIONS)) {
    for (const [entry, source] of Object.entries(SOURCES)) {
      it(`compile for ${entry} with the ${age} SDK, under each way of resolving modules`, () => {
        const packages = (installLines().get(entry) ?? []).map((name) => `${name}@${versions[name]}`);
        assert.equal(project(`${age}-${entry.split('/').pop()}`, packages, source), '');
      });
    }
  }
});
