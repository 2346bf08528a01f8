// Runs the example under traffic against the local endpoint and shows what arrives. On a terminal until Ctrl-C; without one for
// about 15 seconds, after which what was sent is compared with what arrived: exit code 0 only if nothing is missing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { estimateCost } from '@org/monitoring/exporters/cloudwatch-metrics';
import { startStudio } from '../../dist/studio.cjs';
import { Arrivals } from './arrivals.mjs';
import { openBrowser } from './browser.mjs';
import { compare, renderComparison } from './comparison.mjs';
import { render } from './screen.mjs';
import { startTraffic } from './traffic.mjs';

const REQUESTS_PER_SECOND = 60;
const RUN_SECONDS = 15;
const EXPORT_INTERVAL = 2000;

const folder = dirname(fileURLToPath(import.meta.url));
const interactive = process.stdout.isTTY === true;

const studio = await startStudio({ estimateCost, dashboards: [join(folder, '../../dashboards')] });
const app = startApp(studio.url);
const baseUrl = await listening(app);
const traffic = startTraffic(baseUrl, { perSecond: REQUESTS_PER_SECOND });
const arrivals = new Arrivals(studio.url, { intervalSeconds: 60 });
console.log(`${baseUrl} is under traffic; what it reports is to be seen at ${studio.url}\n`);
if (interactive) openBrowser(studio.url, process.env);

const stopped = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve(signal));
  if (!interactive) setTimeout(resolve, RUN_SECONDS * 1000, 'time');
});
app.once('exit', (code, signal) => {
  if (!stopping) fail(`the example ended by itself (${signal ?? code})`);
});

let stopping = false;
while (!stopping) {
  await Promise.race([
    stopped.then(() => (stopping = true)),
    new Promise((resolve) => setTimeout(resolve, EXPORT_INTERVAL)),
  ]);
  const screen = render(await arrivals.read(), { width: process.stdout.columns ?? 120, colour: interactive });
  console.log(
    interactive ? `\x1b[2J\x1b[H${screen}\n\nthe page: ${studio.url}    Ctrl-C ends and compares` : `${screen}\n`,
  );
}

await traffic.stop();
app.kill('SIGTERM');
await once(app, 'exit');
const result = compare(traffic.sent, await arrivals.read());
console.log(renderComparison(result));
await studio.close();
process.exitCode = result.complete ? 0 : 1;

/** The example as its users would start it: one flag, and settings. Only what it reports goes to the local endpoint instead of AWS. */
function startApp(endpoint) {
  return spawn(process.execPath, ['--require', '@org/monitoring/register', join(folder, 'app.js')], {
    cwd: join(folder, '../..'),
    // A Ctrl-C is for the demo, which then ends the example the way a container would.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PORT: '0',
      OTEL_SERVICE_NAME: 'experimentation-platform',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=demo',
      MONITORING_NAMESPACE: 'ExperimentationPlatform',
      MONITORING_ERROR_LOG_GROUP: '/experimentation-platform/errors',
      AWS_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'demo',
      AWS_SECRET_ACCESS_KEY: 'demo',
      AWS_ENDPOINT_URL: endpoint,
      // Every request, so that each error on the page leads to its trace.
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_BSP_SCHEDULE_DELAY: '1000',
      OTEL_METRIC_EXPORT_INTERVAL: String(EXPORT_INTERVAL),
      OTEL_METRIC_EXPORT_TIMEOUT: String(EXPORT_INTERVAL),
    },
  });
}

async function listening(child) {
  child.once('error', (error) => fail(error.message));
  // Express prints each error with its stack; the screen is for what arrives.
  createInterface({ input: child.stderr }).on('line', (line) => line.startsWith('[monitoring]') && console.error(line));
  for await (const line of child.stdout) {
    const url = /http:\/\/\S+/.exec(String(line))?.[0];
    if (url) {
      child.stdout.resume();
      return url;
    }
  }
  return fail('the example ended before it listened');
}

function fail(reason) {
  console.error(reason);
  process.exit(1);
}
