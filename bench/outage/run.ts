import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { nodeBinary } from '../../scripts/node-binaries.mjs';
import { residentBytes } from '../overhead/thread-times.js';
import { table } from '../table.js';

interface Options {
  readonly duration: string;
  readonly rate: string;
  readonly node: string;
}

const options = new Command('outage')
  .description('How much memory a service takes whose endpoint takes no traces. Ends with exit code 1 beyond 300 MB.')
  .option('--duration <seconds>', 'of each outage', '90')
  .option('--rate <n>', 'spans a second', '3000')
  .option('--node <major>', 'version of Node, fetched from npm when missing', '24')
  .parse()
  .opts<Options>();

/** Bytes of RSS; docs/delivery.md states it. */
const LIMIT = 300e6;
const APP = fileURLToPath(new URL('./app.cjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const node = nodeBinary(Number(options.node));
if (node instanceof Error) throw node;

const rows: [string, number, number][] = [];
for (const [name, behave] of [
  ['503', 503],
  ['hangs', undefined],
  ['answers probes only', 'probes'],
] as const) {
  const endpoint = createServer((request, response) => {
    request.resume();
    if (typeof behave === 'number') response.writeHead(behave).end();
    else if (behave === 'probes' && request.method === 'HEAD') response.end();
  });
  endpoint.listen(0, '127.0.0.1');
  await once(endpoint, 'listening');
  const { port } = endpoint.address() as AddressInfo;
  const app = spawn(node, ['--require', '@org/monitoring/register', APP, options.rate], {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      OTEL_SERVICE_NAME: 'outage',
      OTEL_TRACES_SAMPLER: 'always_on',
      MONITORING_TRACE_BUDGET: 'none',
      AWS_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_EC2_METADATA_DISABLED: 'true',
      MONITORING_RUN_FOLDER: 'none',
    },
  });
  const samples: number[] = [];
  for (let second = 0; second < Number(options.duration); second += 1) {
    await sleep(1000);
    samples.push(residentBytes(app.pid ?? 0));
  }
  app.kill('SIGKILL');
  await once(app, 'exit');
  endpoint.closeAllConnections();
  endpoint.close();
  const third = Math.floor(samples.length / 3);
  rows.push([name, Math.max(...samples.slice(third, 2 * third)), Math.max(...samples.slice(2 * third))]);
}

const head = ['X-Ray', 'peak in the middle third, MB', 'in the last'];
const inMegabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
console.log(
  table(
    head,
    rows.map(([name, middle, last]) => [name, inMegabytes(middle), inMegabytes(last)]),
  ),
);
if (rows.some(([, ...peaks]) => Math.max(...peaks) > LIMIT)) process.exitCode = 1;
