// Runs the example under traffic against the local endpoint and shows what arrives. On a terminal until Ctrl-C; without one for
// about 15 seconds, after which what was sent is compared with what arrived: exit code 0 only if nothing is missing.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStudio } from '../../dist/studio.cjs';
import { Arrivals } from './arrivals.mjs';
import { openBrowser } from './browser.mjs';
import { compare, renderComparison } from './comparison.mjs';
import { EXPORT_INTERVAL, startPlatform } from './platform.mjs';
import { render } from './screen.mjs';
import { startTraffic } from './traffic.mjs';

const REQUESTS_PER_SECOND = 60;
const RUN_SECONDS = 15;

const interactive = process.stdout.isTTY === true;
const dashboards = join(dirname(fileURLToPath(import.meta.url)), '../../dashboards');
const stopped = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve(signal));
});

const studio = await startStudio({ dashboards: [dashboards] });
const platform = await startPlatform(studio.url, { say: console.error, failed: fail }).catch(({ message }) =>
  fail(message),
);
const traffic = startTraffic(platform.url, { perSecond: REQUESTS_PER_SECOND });
const arrivals = new Arrivals(studio.url);
console.log(`${platform.url} is under traffic; what it reports is to be seen at ${studio.url}\n`);
if (interactive) openBrowser(studio.url, process.env);

const enough = interactive ? stopped : Promise.race([stopped, after(RUN_SECONDS * 1000)]);
let stopping = false;
while (!stopping) {
  await Promise.race([enough.then(() => (stopping = true)), after(EXPORT_INTERVAL)]);
  await show();
}

await traffic.stop();
await platform.stop();
// All of it has arrived: the last screen and the comparison tell the same figures.
const arrived = await show();
const result = compare(traffic.sent, arrived);
console.log(renderComparison(result));
await studio.close();
process.exit(result.complete ? 0 : 1);

async function show() {
  const read = await arrivals.read();
  const screen = render(read, { width: process.stdout.columns ?? 120, colour: interactive });
  const footer = stopping ? '' : `the page: ${studio.url}    Ctrl-C ends and compares`;
  console.log(interactive ? `\x1b[2J\x1b[H${screen}\n\n${footer}` : `${screen}\n`);
  return read;
}

function after(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The guardian ends what was started. */
function fail(reason) {
  console.error(reason);
  process.exit(1);
}
