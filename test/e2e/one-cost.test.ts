import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Studio, startStudio } from '../../src/studio/endpoint.js';
import { ROOT } from './support/process.js';

/** Answers 30 requests of its own and stays; the last line of input ends it. */
const APP = `const server = require('node:http').createServer((request, response) => {
  response.statusCode = request.url === '/bad' ? 500 : 200;
  response.end();
}).listen(0, '127.0.0.1', async () => {
  for (let index = 0; index < 30; index += 1)
    await (await fetch('http://127.0.0.1:' + server.address().port + (index % 3 ? '/' : '/bad'))).text();
});
process.stdin.once('data', () => process.exit(0));`;

/** Milliseconds. */
const INTERVAL = 1000;

describe('The cost of one run', function () {
  this.timeout(60_000);
  let studio: Studio;
  let folder: string;
  before(async () => {
    studio = await startStudio();
    folder = mkdtempSync(join(tmpdir(), 'cost-'));
  });
  after(async () => {
    await studio.close();
    rmSync(folder, { recursive: true });
  });

  it("is one line in the log, on the page, in `monitoring config`, and on the demo's screen", async () => {
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      TMPDIR: folder,
      OTEL_SERVICE_NAME: 'one-cost',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL: studio.url,
      OTEL_METRIC_EXPORT_INTERVAL: String(INTERVAL),
      OTEL_METRIC_EXPORT_TIMEOUT: String(INTERVAL),
      MONITORING_HOST_METRICS_SAMPLE_RATIO: '1',
    };
    const app = spawn(process.execPath, ['--require', join(ROOT, 'dist/register.cjs'), '-e', APP], {
      cwd: folder,
      env,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    try {
      const logged = await lineOf(app, /^\[monitoring\] cost: (.*)$/m);
      const page = await get<{ says: string; dollars: number }>('/api/cost');
      const overview = await get<{ cost: { says: string; dollars: number } }>('/api/overview');
      const config = await configOf(Number(app.pid), folder, env);
      const { render } = await import('../../examples/experimentation-platform/screen.mjs');
      const screen: string = render(
        { requests: [], errors: { total: 0, events: [] }, spans: 0, edges: [], host: new Map(), cost: overview.cost },
        { width: 500, colour: false },
      );
      assert.match(
        logged,
        /^about \$\d+\.\d\d a month \(\d+ series \$\d+\.\d\d, 43800 metric requests \$0\.44\), without error logs and traces$/,
      );
      assert.deepEqual([page.says, overview.cost.says], [logged, logged]);
      assert.equal(page.dollars, overview.cost.dollars);
      assert.ok(config.includes(`cost: ${logged} (process ${app.pid})`), `${config}\n${logged}`);
      assert.ok(screen.includes(`cost: ${logged}\n`) || screen.endsWith(`cost: ${logged}`), screen);
    } finally {
      const ended = once(app, 'exit');
      app.stdin.end('end\n');
      await ended;
    }
  });

  const get = async <T>(path: string): Promise<T> => (await (await fetch(studio.url + path)).json()) as T;
});

async function lineOf(app: ReturnType<typeof spawn>, pattern: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of app.stderr ?? []) {
    text += String(chunk);
    const [, found] = pattern.exec(text) ?? [];
    if (found !== undefined) return found;
  }
  throw new Error(`the application ended early: ${text}`);
}

async function configOf(pid: number, cwd: string, env: Record<string, string | undefined>): Promise<string> {
  const config = spawn(process.execPath, [join(ROOT, 'dist/cli.cjs'), 'config', '--pid', String(pid)], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  for await (const chunk of config.stdout) text += String(chunk);
  return text;
}
