// Takes the pictures of the page that the documentation shows, and writes the sample of the demo's screen into README.md: one run of the
// example under traffic for a minute, then a look at each view of what arrived. All figures are of the same moment.
//   npm run pictures        needs Chromium (CHROME_BIN, or the distribution's) and a build
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startStudio } from '../dist/studio.cjs';
import { Arrivals } from '../examples/experimentation-platform/arrivals.mjs';
import { compare, renderComparison } from '../examples/experimentation-platform/comparison.mjs';
import { startPlatform } from '../examples/experimentation-platform/platform.mjs';
import { render } from '../examples/experimentation-platform/screen.mjs';
import { startTraffic } from '../examples/experimentation-platform/traffic.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'docs/pictures');
const SECONDS = 60;
const REQUESTS_PER_SECOND = 40;
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
/** When the pictures are taken: from then on the endpoint's clock stands still, or each picture would tell of another range. */
let taken;
const now = () => taken ?? Date.now();
const studio = await startStudio({ dashboards: [join(root, 'dashboards')], now });
const platform = await startPlatform(studio.url, { folder: example, failed: fail });
const traffic = startTraffic(platform.url, { perSecond: REQUESTS_PER_SECOND });
await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
await traffic.stop();
await platform.stop();
taken = Date.now();

const arrived = await new Arrivals(studio.url).read();
const comparison = compare(traffic.sent, arrived);
console.log(renderComparison(comparison));
if (!comparison.complete) fail('the pictures would not tell what was sent');
writeSample(arrived);

const get = async (path) => (await fetch(studio.url + path)).json();
const [{ groups }, { traces }, { series }] = await Promise.all([
  get('/api/errors'),
  get('/api/traces?route=/experiments/:id/conversions'),
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
  await page.clock.setFixedTime(taken);
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
await studio.close();
rmSync(example, { recursive: true });
process.exit(process.exitCode ?? 0);

/** The screen of the demo, and what the first picture shows, between the marks in README.md. */
function writeSample(figures) {
  const { requests, errors, cost } = figures;
  const total = requests.reduce((sum, { count }) => sum + count, 0);
  const screen = render(figures, { width: 120, colour: false });
  const [dollars] = /\$[\d.]+/.exec(cost.says);
  const shown = `The overview: ${total} requests, ${errors.total} errors, about ${dollars} a month`;
  const text = ['```', screen, '```', '', `![${shown}](docs/pictures/overview.png)`].join('\n');
  const file = join(root, 'README.md');
  const [before, rest] = split(readFileSync(file, 'utf8'), '<!-- written by `npm run pictures` -->\n\n');
  const [, after] = split(rest, '\n\n<!-- end of the sample -->');
  writeFileSync(file, `${before}${text}${after}`);
}

/** The text up to the end of the first mark, or of the second from its start. */
function split(text, mark) {
  const at = text.indexOf(mark);
  if (at === -1) fail(`README.md has no ${mark.trim()}`);
  const end = mark.startsWith('\n') ? at : at + mark.length;
  return [text.slice(0, end), text.slice(end)];
}

/** The guardian ends what was started. */
function fail(reason) {
  console.error(reason);
  process.exit(1);
}
