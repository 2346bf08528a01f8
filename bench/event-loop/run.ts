import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { nodeBinary } from '../../scripts/node-binaries.mjs';
import { startHelpers } from '../overhead/helpers.js';
import { pinning } from '../overhead/pinning.js';
import { median } from '../overhead/statistics.js';
import { type Row, table } from '../table.js';

interface Options {
  readonly node: string;
  readonly ticks: string;
}

const { node: major, ticks } = new Command('event-loop')
  .description('How long handing over an interval of telemetry holds the event loop of the application.')
  .option('--node <major>', 'version of Node, fetched from npm when missing', '24')
  .option('--ticks <n>', 'how often each case is measured; the first fifth warms up', '40')
  .parse()
  .opts<Options>();

const CASES = [
  { series: 500, spans: 0 },
  { series: 0, spans: 2000 },
  { series: 500, spans: 2000 },
  { series: 0, spans: 512 },
  { series: 0, spans: 0 },
];
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const node = nodeBinary(Number(major));
if (node instanceof Error) throw node;
const pin = pinning();
const helpers = await startHelpers(pin);
const rows: Row[] = CASES.map(({ series, spans }) => {
  const held = measure(node, series, spans).slice(Math.floor(Number(ticks) / 5));
  return [`${series} series, ${spans} spans`, median(held).toFixed(1), Math.max(...held).toFixed(1)];
});
helpers.stop();
const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
console.log(`Node ${version}, ${cpus()[0]?.model ?? 'unknown CPU'}\n`);
console.log(table(['handed over at once', 'loop held, ms, median', 'worst'], rows));

function measure(node: string, series: number, spans: number): number[] {
  const arguments_ = JSON.stringify({ series, spans, ticks: Number(ticks) });
  const output = execFileSync(
    node,
    ['--require', file('../../dist/register.cjs'), file('./scenario.cjs'), arguments_],
    {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        OTEL_SERVICE_NAME: 'bench',
        OTEL_TRACES_SAMPLER: 'always_on',
        MONITORING_TRACE_BUDGET: 'none',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '4096',
        OTEL_BSP_SCHEDULE_DELAY: '600000',
        OTEL_METRIC_EXPORT_INTERVAL: '600000',
        AWS_REGION: 'us-west-2',
        AWS_ACCESS_KEY_ID: 'bench',
        AWS_SECRET_ACCESS_KEY: 'bench',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_ENDPOINT_URL: `http://127.0.0.1:${helpers.ports.telemetry}`,
      },
    },
  );
  return JSON.parse(output) as number[];
}
