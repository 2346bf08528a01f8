import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { type Studio, startStudio } from '../../src/studio/endpoint.js';
import { findChromium, launch } from './chromium.js';
import {
  FAULTS,
  HOSTILE,
  ORDER_ERRORS,
  PER_SECOND,
  REQUESTS,
  sendFigures,
  sendLongError,
  sendMetrics,
  TRACE_ID,
} from './figures.js';

const PAGE = join(__dirname, '../../dist/page');

describe('The page in a browser', function () {
  this.timeout(60_000);
  let browser: Browser | undefined;
  let studio: Studio;
  let page: Page;
  /** What the browser asked for anywhere else, complained of, or threw. */
  let strange: string[];

  before(async function () {
    const executable = findChromium();
    if (executable === undefined) {
      console.log('    skipped: no Chromium; set CHROME_BIN, or install the package chromium');
      this.skip();
    }
    assert.ok(existsSync(join(PAGE, 'app.js')), 'the page is built: npm run build');
    browser = await launch(executable);
  });
  after(() => browser?.close());

  beforeEach(async () => {
    studio = await startStudio({
      page: PAGE,
      dashboards: [join(__dirname, '../../dashboards')],
      editor: 'vscode://file/{file}:{line}:{column}',
    });
    strange = [];
    page = await (browser as Browser).newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-US' });
    page.on('request', (request) => {
      if (!request.url().startsWith(studio.url)) strange.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') strange.push(message.text());
    });
    page.on('pageerror', (error) => strange.push(error.message));
  });
  afterEach(async () => {
    await page.close();
    await studio.close();
    assert.deepEqual(strange, []);
  });

  const open = (view: string) => page.goto(`${studio.url}/#/${view}`);
  const see = (text: string | RegExp) => page.locator('main').getByText(text).first().waitFor();
  const region = (name: string) => page.locator(`section[aria-label="${name}"]`);
  /** Its text, once there is any that fits. */
  const textOf = async (name: string, pattern: RegExp): Promise<string> => {
    await region(name).filter({ hasText: pattern }).waitFor();
    return (await region(name).innerText()).replace(/\s+/g, ' ');
  };

  it('says how to send there as long as nothing has arrived, and shows what arrives without being asked again', async () => {
    await open('');
    await see('Nothing has arrived yet');
    await sendFigures(studio, Date.now());
    await see('requests a second');
  });

  it('answers at a glance how much, what is slow, what fails where, and what it costs', async () => {
    await sendFigures(studio, Date.now());
    await open('overview');
    const total = REQUESTS['/fast'] + REQUESTS['/slow'];
    assert.match(
      await textOf('How much', /second/),
      new RegExp(`${PER_SECOND} requests a second ${total} in this range, 4.2 % failed`),
    );
    assert.match(await textOf('What is slow', /percentile/), /900 ms 99th percentile GET \/slow/);
    assert.match(await textOf('What fails', /TypeError/), /13 errors TypeError pay.js:12/);
    assert.match(await textOf('What it costs', /month/), /\$\d+\.\d\d a month, without error logs and traces 9 series/);
    assert.match(await textOf('Routes', /slow/), /GET \/slow 40 10 900 ms 900 ms GET \/fast 200 0 10 ms 10 ms/);
    assert.equal(FAULTS, 10);
  });

  it('shows kinds of errors, the code that threw, causes, and leads to the trace', async () => {
    await sendFigures(studio, Date.now());
    await open('errors?q=order');
    await see('13 errors of 2 kinds, 7 of them suppressed');
    await page.getByRole('link', { name: /TypeError no such order/ }).click();
    await see('throw new TypeError();');
    await see('connection refused');
    assert.match(
      await page.locator('.facts').innerText(),
      new RegExp(`occurrences\\s+${ORDER_ERRORS} \\(7 suppressed\\)`),
    );
    await page.getByRole('button', { name: 'and 1 frames of packages and Node' }).click();
    await see('/srv/node_modules/router/layer.js:1:2');
    const link = page.getByRole('link', { name: '/srv/node_modules/router/layer.js:1:2' });
    assert.equal(await link.getAttribute('href'), 'vscode://file/srv/node_modules/router/layer.js:1:2');
    await page.getByRole('link', { name: 'open the trace' }).click();
    await see('SELECT orders');
  });

  it('shows a trace with an orphan, its spans, and its errors', async () => {
    await sendFigures(studio, Date.now());
    await open('traces?status=5xx');
    await see('1 of 1 traces');
    await page.getByRole('link', { name: /GET \/slow/ }).click();
    await see('1 span names a parent that is not here');
    await see(`1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)}`);
    await page.getByRole('button', { name: /SELECT orders/ }).click();
    await see('db.system.name');
    await page
      .getByRole('link', { name: /TypeError no such order/ })
      .first()
      .click();
    await see('first seen');
  });

  it('filters traces', async () => {
    await sendFigures(studio, Date.now());
    await open('traces?status=2xx');
    await see('None fits the filters.');
    await page.getByLabel('status').selectOption('5xx');
    await see('1 of 1 traces');
    await page.getByLabel('least duration').selectOption('1000');
    await see('None fits the filters.');
  });

  it('draws who calls whom', async () => {
    await sendFigures(studio, Date.now());
    await open('map');
    assert.match(await textOf('The same as a table', /postgresql/), /shop postgresql 1 – 0 % 300 ms 300 ms/);
  });

  it('finds a series and shows what CloudWatch stored of it', async () => {
    await sendFigures(studio, Date.now());
    await open('metrics?q=duration%20/slow');
    await see('1 of 9 series');
    await page.getByRole('link', { name: /http.server.request.duration/ }).click();
    await page.locator('pre.raw').filter({ hasText: '"unit": "Seconds"' }).waitFor();
    assert.match(await page.locator('pre.raw').innerText(), /"values": \[\s+0\.9\s+\],\s+"counts": \[\s+4\s+\]/);
    await page.getByRole('button', { name: 'table' }).click();
    await page.getByRole('cell', { name: '900 ms' }).first().waitFor();
  });

  it('prices the series and names what multiplies them', async () => {
    await sendFigures(studio, Date.now());
    await open('cost');
    assert.match(
      await textOf('Cost a month', /metrics/),
      /metrics 9 series \$2\.70 metric requests 43800 metric requests \$0\.44/,
    );
    assert.match(await textOf('What would save', /http\.route/), /http\.route .* 2 4 \$0\.60/);
    assert.match(await textOf('By metric', /duration/), /http\.server\.fault Shop 3 \$0\.90/);
  });

  it('shows what AWS would have refused, and why', async () => {
    await fetch(`${studio.url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' });
    await open('pipeline');
    await see('Content-Type must be application/x-protobuf or application/json.');
  });

  it('draws a dashboard body: every kind of widget, and what is not drawn says so', async () => {
    await sendFigures(studio, Date.now());
    await open('dashboards/shop');
    assert.match(await textOf('Requests', /240/), /requests 240/);
    assert.match(await textOf('Lines', /p99/), /p99 900 ms/);
    assert.match(await textOf('Gauge', /memory/), /41/);
    assert.match(await textOf('Pie', /slow/), /\/slow 10 · 100 %/);
    assert.match(await textOf('Bars', /memory/), /memory 41/);
    assert.match(await textOf('Table', /latest/), /memory 41 41 41 41/);
    assert.match(
      await textOf('Missing', /never/),
      /not emitted container.memory.utilization never arrived with Service=shop; it did with Environment=prod, Service=shop/,
    );
    assert.match(await textOf('Kinds', /TypeError/), /TypeError 5/);
    assert.match(await textOf('Alarms', /alarm/), /in alarm memory is high/);
    assert.match(await textOf('Explorer', /tags/), /there are none here/);
    assert.match(await textOf('Calls', /calls a minute/), /p50 10 ms calls a minute [\d.]+\/min/);
    assert.match(await textOf('Lost', /lost/), /none nothing lost/);
  });

  it('draws the dashboards of the package with what has arrived', async () => {
    await sendFigures(studio, Date.now());
    await open('dashboards');
    await page.getByRole('link', { name: /API performance/ }).click();
    assert.match(await textOf('Slowest routes, p99', /slow/), /GET \/slow 900 ms/);
    await page.getByRole('button', { name: 'as in CloudWatch' }).click();
    assert.match(await textOf('Slowest routes, p99', /slow/), /GET \/slow 900 ms/);
    assert.equal(await page.getByRole('combobox', { name: 'Service' }).inputValue(), 'shop');
  });

  it('shows hostile names and messages as the text that they are', async () => {
    await sendFigures(studio, Date.now());
    for (const view of [
      'overview',
      'errors',
      'errors/f2',
      `traces/${TRACE_ID}?span=0000000000000003`,
      'metrics?q=hostile',
      'dashboards/shop',
    ]) {
      await open(view);
      await see(HOSTILE.slice(0, 24));
    }
    await open('dashboards/shop');
    await page.getByRole('link', { name: 'a link' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'no link' }).count(), 0);
    assert.equal(await page.locator('main img, main script, main iframe').count(), 0);
    assert.equal(await page.evaluate('window.hacked'), undefined);
  });

  it('stands still while it is paused, and goes on', async () => {
    await sendFigures(studio, Date.now());
    await open('overview');
    await textOf('How much', /240 in this range/);
    // It is read once more, as of the pause.
    const asOfPause = page.waitForResponse((response) => response.url().includes('end='));
    await page.keyboard.press('Space');
    await page.getByText('paused').waitFor();
    await asOfPause;
    await sendMetrics(studio, Date.now());
    await page.waitForTimeout(1500);
    await textOf('How much', /240 in this range/);
    await page.getByRole('button', { name: 'go on' }).click();
    await textOf('How much', /480 in this range/);
  });

  it('finds a trace by either notation of its id, a route and any text, from every view', async () => {
    await sendFigures(studio, Date.now());
    await open('cost');
    const everything = page.getByRole('searchbox', { name: 'search everything' });
    const find = async (text: string) => {
      await everything.fill(text);
      await everything.press('Enter');
    };
    const xray = `1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)}`;
    for (const id of [TRACE_ID, xray, `Root=${xray};Sampled=1`, `00-${TRACE_ID}-0000000000000001-01`]) {
      await find(id);
      await page.getByRole('link', { name: /^trace GET \/slow/ }).waitFor();
      await page
        .getByRole('link', { name: /^error TypeError/ })
        .first()
        .waitFor();
    }
    await find('postgresql');
    await see('1 hit');
    await find('/slow');
    await page.getByRole('link', { name: /^metric http.server.request.duration/ }).click();
    await see('As CloudWatch files it');
    await find('nosuchthing');
    await see('Nothing found');
    for (const id of [TRACE_ID, xray]) {
      await open(`traces?q=${id}`);
      await see('1 of 1 traces');
    }
    await open('traces?q=nosuch');
    await see('None fits the filters.');
  });

  it('keeps range, view and filters in the address, and shows a part of a chart that is dragged over', async () => {
    await sendFigures(studio, Date.now());
    await open('traces?status=5xx');
    await page.getByRole('button', { name: '3 h', exact: true }).click();
    await page.reload();
    await see('1 of 1 traces');
    assert.equal(await page.getByRole('button', { name: '3 h', exact: true }).getAttribute('aria-pressed'), 'true');
    assert.equal(await page.getByLabel('status').inputValue(), '5xx');
    await page.getByRole('link', { name: 'Overview' }).click();
    await textOf('How much', /240 in this range/);
    assert.match(page.url(), /\?range=3h#\/overview$/);
    const chart = await page.locator('.u-over').first().boundingBox();
    assert.ok(chart);
    await page.mouse.move(chart.x + chart.width * 0.5, chart.y + 20);
    await page.mouse.down();
    await page.mouse.move(chart.x + chart.width - 4, chart.y + 20, { steps: 4 });
    await page.mouse.up();
    await page.locator('button.zoomed').waitFor();
    const [, total] = /(\d+) in this range/.exec(await textOf('How much', /in this range/)) ?? [];
    assert.ok(Number(total) < 240, `${total} in the part`);
    await page.reload();
    await page.locator('button.zoomed').click();
    await textOf('How much', /240 in this range/);
  });

  it('writes out characters that turn the direction of text, in names of files as well', async () => {
    await sendFigures(studio, Date.now());
    await sendLongError(studio, Date.now());
    await open('errors');
    await see('EvilError⟨U+202E⟩');
    await page.getByRole('link', { name: /EvilError/ }).click();
    await see('/srv/app/⟨U+202E⟩sj.yap');
    assert.doesNotMatch(await page.locator('body').innerText(), /\u202e/);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      for (const view of ['errors', 'errors/long', 'overview', 'search?q=EvilError']) {
        await open(view);
        await see(/EvilError/);
        const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
        assert.ok(wide <= width, `${view} is ${wide} pixels wide`);
      }
    }
  });

  it('forgets everything when it is told to', async () => {
    await sendFigures(studio, Date.now());
    await open('errors');
    await see('13 errors of 2 kinds');
    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', { name: 'clear' }).click();
    await see('None has arrived in this range.');
  });

  it('says when the endpoint is gone, keeps what it shows, and comes back by itself', async () => {
    await sendFigures(studio, Date.now());
    await open('overview');
    await textOf('How much', /240 in this range/);
    const { port } = studio;
    await studio.close();
    await page.getByText('no connection').waitFor();
    await textOf('How much', /240 in this range/);
    await page.getByText(/The endpoint does not answer.*This view is as of \d\d:\d\d:\d\d/).waitFor();
    await page.getByRole('link', { name: 'Traces' }).click();
    await see('The page has nothing of this view; it comes back by itself.');
    assert.equal(await page.getByText('TypeError: Failed').count(), 0);
    await page.getByRole('link', { name: 'Overview' }).click();
    await textOf('How much', /240 in this range/);
    studio = await startStudio({ page: PAGE, port });
    await see('Nothing has arrived yet');
    await page.getByText('live', { exact: true }).waitFor();
    // The browser tells of the connection that it lost.
    strange = strange.filter(
      (line) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(line),
    );
  });

  it('is used by keyboard alone', async () => {
    await sendFigures(studio, Date.now());
    await open('overview');
    await see('requests a second');
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await see('1 of 1 traces');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await see('SELECT orders');
    assert.equal(await page.evaluate('document.activeElement.id'), 'main', 'the focus is not lost');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await see('db.system.name');
    await page.keyboard.press('Home');
    await see('http.response.status_code');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await see(/of 9 series/);
    await page.keyboard.press('/');
    await page.keyboard.type('memory');
    await see('2 of 9 series');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('End');
    await see('As CloudWatch files it');
    assert.match(String(await page.evaluate('document.activeElement.className')), /series-row selected/);
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await see('13 errors of 2 kinds');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await see('first seen');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      it(`can be read and used by everybody in each view, ${colorScheme}, ${width} pixels`, async () => {
        await sendFigures(studio, Date.now());
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 844 });
        const list = (await (await fetch(`${studio.url}/api/series`)).json()) as { series: { id: string }[] };
        const found: string[] = [];
        for (const view of [
          'overview',
          'dashboards',
          'dashboards/shop',
          'errors',
          'errors/f1',
          'traces',
          `traces/${TRACE_ID}`,
          `traces/${TRACE_ID}?span=0000000000000002`,
          'map',
          'metrics',
          `metrics/${list.series[0]?.id}`,
          'cost',
          'pipeline',
          'search?q=slow',
        ]) {
          await open(view);
          await page.locator('main :is(section, ul, table, figure, div.virtual)').first().waitFor();
          const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
          if (wide > width) found.push(`${view} is ${wide} pixels wide`);
          found.push(...((await page.evaluate(UNNAMED)) as string[]).map((element) => `${view}: unnamed ${element}`));
          await page.evaluate(AXE);
          const violations = (await page.evaluate(VIOLATIONS)) as string[];
          found.push(...violations.map((violation) => `${view}: ${violation}`));
        }
        assert.deepEqual(found, []);
      });
    }
  }

  it('shows time, status and duration of a trace on 390 pixels, and every view in the navigation', async () => {
    await sendFigures(studio, Date.now());
    await page.setViewportSize({ width: 390, height: 844 });
    await open('traces');
    await see('1 of 1 traces');
    const row = page.locator('.trace-row');
    assert.match((await row.innerText()).replace(/\s+/g, ' '), /\d\d:\d\d:\d\d GET \/slow 500 .*900 ms/);
    for (const part of ['.time', '.number', '.status']) await insideWindow(row.locator(part));
    for (const link of await page.locator('nav.side a').all()) await insideWindow(link);
    await open('overview');
    await textOf('Routes', /slow/);
    const numbers = await page.locator('.routes tbody tr').first().locator('td').all();
    assert.equal(numbers.length, 4);
    for (const number of numbers) await insideWindow(number);
  });

  /** Whole, not cut off at either side. */
  const insideWindow = async (what: Locator) => {
    const box = await what.boundingBox();
    assert.ok(box !== null && box.width > 0, `${what} is seen`);
    assert.ok(box.x >= 0 && box.x + box.width <= 390, `${what} is from ${box.x} to ${box.x + box.width}`);
  };
});

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** Rules of axe-core that the view breaks, with the first elements. Runs in the page, whose types are not those of the tests. */
const VIOLATIONS = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ' ' + nodes.length + ': '
    + nodes.slice(0, 3).map(({ html, any }) => html.slice(0, 140) + ' ' + (any[0]?.message ?? '').slice(0, 160)).join(' | ')))`;
/** Controls and pictures that a screen reader could not name. Runs in the page, whose types are not those of the tests. */
const UNNAMED = `[...document.querySelectorAll('button, a, input, select, [role="img"], [role="list"], [role="region"]')]
  .filter((element) => !element.getAttribute('aria-label') && !element.getAttribute('title')
    && !element.textContent.trim() && !(element.labels?.length > 0))
  .map((element) => element.outerHTML.slice(0, 200))`;
