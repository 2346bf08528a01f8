import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { type Studio, startStudio } from '../../src/studio/endpoint.js';
import { findChromium, launch } from './chromium.js';

const PAGE = join(__dirname, '../../dist/page');
const SECONDS = 8;

/** What `npm run pictures` takes pictures of: the same services under the same traffic, for a shorter time. */
describe('The page after the traffic of the demo', function () {
  this.timeout(120_000);
  let browser: Browser | undefined;
  let studio: Studio;
  let page: Page;
  let sent: Map<string, { requests: number; faults: number }>;
  let total: number;
  let faults: number;

  before(async function () {
    const executable = findChromium();
    if (executable === undefined) {
      console.log('    skipped: no Chromium; set CHROME_BIN, or install the package chromium');
      this.skip();
    }
    const { startPlatform } = await import('../../examples/experimentation-platform/platform.mjs');
    const { startTraffic } = await import('../../examples/experimentation-platform/traffic.mjs');
    studio = await startStudio({ page: PAGE, dashboards: [join(__dirname, '../../dashboards')] });
    const platform = await startPlatform(studio.url);
    const traffic = startTraffic(platform.url, { perSecond: 60 });
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    await fetch(`${platform.url}/test-error`);
    await traffic.stop();
    await platform.stop();
    sent = traffic.sent;
    const error = 'experimentation-platform GET /test-error';
    const before = sent.get(error) ?? { requests: 0, faults: 0 };
    sent.set(error, { requests: before.requests + 1, faults: before.faults + 1 });
    total = sumOf(({ requests }) => requests);
    faults = sumOf((count) => count.faults);
    browser = await launch(executable);
    page = await browser.newPage({ viewport: { width: 1280, height: 2400 }, locale: 'en-US' });
  });
  after(async () => {
    await browser?.close();
    await studio?.close();
  });

  const sumOf = (pick: (count: { requests: number; faults: number }) => number, of = /./): number =>
    [...sent].filter(([name]) => of.test(name)).reduce((sum, [, count]) => sum + pick(count), 0);
  const textOf = async (view: string, name: string, pattern: RegExp): Promise<string> => {
    await page.goto(`${studio.url}/#/${view}`);
    const region = page.locator(`section[aria-label="${name}"]`);
    await region.filter({ hasText: pattern }).first().waitFor();
    return (await region.first().innerText()).replace(/\s+/g, ' ');
  };

  it('counts in the overview the requests, the failures and the errors that were sent', async () => {
    const [, shown] = /([\d,]+) in this range/.exec(await textOf('overview', 'How much', /in this range/)) ?? [];
    assert.equal(shown?.replaceAll(',', ''), String(total));
    assert.match(await textOf('overview', 'What fails', /ValueError/), new RegExp(`^What fails.* ${faults} errors? `));
  });

  it('has a row for each route with what was sent to it', async () => {
    const text = await textOf('overview', 'Routes', /assignments/);
    for (const [name, { requests, faults: failed }] of sent) {
      const [, method, route] = name.split(' ');
      const row = `${method} ${route} ${requests} ${failed} `;
      assert.ok(text.includes(row), `"${row}" is not in: ${text}`);
    }
  });

  it('draws on the map as many calls as were sent', async () => {
    const text = await textOf('map', 'The same as a table', /assignment-service/);
    const api = sumOf(({ requests }) => requests, /^experimentation-platform /);
    const assignments = sumOf(({ requests }) => requests, /^assignment-service /);
    assert.match(text, new RegExp(`clients experimentation-platform ${api} `));
    assert.match(text, new RegExp(`experimentation-platform assignment-service ${assignments} `));
    assert.match(text, /experimentation-platform postgresql \d+ /);
  });

  it('counts the errors by kind, and refuses nothing', async () => {
    await page.goto(`${studio.url}/#/errors`);
    await page.getByText(new RegExp(`^${faults} errors? of 1 kind`)).waitFor();
    assert.match(await textOf('pipeline', 'Refused', /Nothing was refused/), /Nothing was refused/);
  });

  it('draws the widgets of the database from its calls', async () => {
    await page.goto(`${studio.url}/#/dashboards/api-performance`);
    const widget = page.getByRole('region', { name: 'Database calls by system, p99' });
    await widget.filter({ hasText: 'postgresql' }).waitFor();
    assert.match(await widget.innerText(), /postgresql\s+[\d.]+ ?m?s/);
  });
});
