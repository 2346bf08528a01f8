// Takes the pictures of the page that the documentation shows: the example under traffic for a minute, then a look at each view.
//   npm run pictures        needs Chromium (CHROME_BIN, or the distribution's) and a build
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startStudio } from '../dist/studio.cjs';
import { startTraffic } from '../examples/experimentation-platform/traffic.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'docs/pictures');
const SECONDS = 60;
const MAX_BYTES = 150_000;

const executablePath = process.env.CHROME_BIN ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
if (!executablePath) {
  console.error('no Chromium: set CHROME_BIN, or install the package chromium');
  process.exit(2);
}

mkdirSync(folder, { recursive: true });
// Stacks show where the example is: not the folder of whoever takes the pictures.
const example = join(tmpdir(), 'experimentation-platform');
rmSync(example, { recursive: true, force: true });
cpSync(join(root, 'examples/experimentation-platform'), example, { recursive: true });
symlinkSync(join(root, 'node_modules'), join(example, 'node_modules'));
const studio = await startStudio({ dashboards: [join(root, 'dashboards')] });
const app = spawn(process.execPath, ['--preserve-symlinks', '--require', join(root, 'dist/register.cjs'), 'app.js'], {
  cwd: example,
  stdio: ['ignore', 'pipe', 'ignore'],
  env: {
    PATH: process.env.PATH,
    PORT: '0',
    OTEL_SERVICE_NAME: 'experimentation-platform',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=demo',
    MONITORING_NAMESPACE: 'ExperimentationPlatform',
    AWS_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: 'demo',
    AWS_SECRET_ACCESS_KEY: 'demo',
    AWS_ENDPOINT_URL: studio.url,
    OTEL_TRACES_SAMPLER: 'parentbased_always_on',
    MONITORING_TRACE_BUDGET: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '1000',
    OTEL_METRIC_EXPORT_INTERVAL: '2000',
    OTEL_METRIC_EXPORT_TIMEOUT: '2000',
  },
});
const [line] = await once(app.stdout, 'data');
const traffic = startTraffic(/http:\/\/\S+/.exec(String(line))[0], { perSecond: 40 });
await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));

const get = async (path) => (await fetch(studio.url + path)).json();
const [{ groups }, { traces }, { series }] = await Promise.all([
  get('/api/errors'),
  get('/api/traces?error=true'),
  get('/api/series'),
]);
const trace = traces.at(-1);
const { rows } = await get(`/api/traces/${trace.traceId}/waterfall`);
const slow = series.find(
  ({ name, dimensions }) => /request.duration/.test(name) && /results/.test(dimensions['http.route']),
);

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const wide = { width: 1280, height: 800 };
for (const { name, view, size = wide, dark = false } of [
  { name: 'overview', view: 'overview' },
  { name: 'overview-dark', view: 'overview', dark: true },
  { name: 'overview-narrow', view: 'overview', size: { width: 390, height: 800 } },
  { name: 'dashboard', view: 'dashboards/api-performance' },
  { name: 'error', view: `errors/${groups[0].fingerprint}` },
  { name: 'traces', view: 'traces' },
  { name: 'trace', view: `traces/${trace.traceId}?span=${rows[0].id}`, size: { width: 1280, height: 600 } },
  { name: 'map', view: 'map', size: { width: 1280, height: 420 } },
  { name: 'metric', view: `metrics/${slow.id}?q=duration`, size: { width: 1280, height: 600 } },
  { name: 'cost', view: 'cost', size: { width: 1280, height: 600 } },
]) {
  const page = await browser.newPage({ viewport: size, colorScheme: dark ? 'dark' : 'light' });
  await page.goto(`${studio.url}/#/${view}`);
  await page.locator('main :is(section, .virtual)').first().waitFor();
  await page.waitForTimeout(1500);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  await page.close();
  const { size: length } = statSync(path);
  console.log(`${name}.png ${Math.round(length / 1000)} kB${length > MAX_BYTES ? ': too large' : ''}`);
  if (length > MAX_BYTES) process.exitCode = 1;
}
await browser.close();
await traffic.stop();
app.kill('SIGTERM');
await once(app, 'exit');
await studio.close();
rmSync(example, { recursive: true });
