// How smoothly the page scrolls through a trace of 10 000 spans and a list of 5000 series, and what the endpoint takes for it.
//   node bench/studio/page.mjs      needs a build and Chromium (CHROME_BIN, or the distribution's)
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { startStudio } from '../../dist/studio.cjs';

const SPANS = 10_000;
const SERIES = 5000;
const FRAMES = 240;
const TRACE = '6b06ae547b31dd52823331e9718c0f83';

const executablePath = process.env.CHROME_BIN ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const studio = await startStudio();
const start = Date.now() - 60_000;
const hex = (n) => n.toString(16).padStart(16, '0');

function spans(from, to) {
  const nanos = (ms) => String(BigInt(Math.round((start + ms) * 1e6)));
  const all = [];
  for (let n = from; n < to; n += 1) {
    const at = n === 0 ? 0 : (n * 3) % 20_000;
    const attributes = ['db.system.name', 'db.query.text', 'server.address'].map((key) => ({
      key,
      value: { stringValue: `${key} ${n}` },
    }));
    all.push({
      traceId: TRACE,
      spanId: hex(n + 1),
      // Twenty below each: a tree of four levels.
      ...(n === 0 ? {} : { parentSpanId: hex(Math.floor((n - 1) / 20) + 1) }),
      name: `operation ${n % 40}`,
      kind: 1,
      startTimeUnixNano: nanos(at),
      endTimeUnixNano: nanos(n === 0 ? 20_100 : at + 5 + (n % 90)),
      attributes,
      status: { code: n % 97 === 0 ? 2 : 0 },
    });
  }
  return {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'bench' } }] },
        scopeSpans: [{ scope: {}, spans: all }],
      },
    ],
  };
}

for (let from = 0; from < SPANS; from += 1000) {
  await fetch(`${studio.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(spans(from, from + 1000)),
  });
}
for (let n = 0; n < SERIES; n += 1) {
  const dimensions = [
    { name: 'Service', value: 'bench' },
    { name: 'http.route', value: `/route/${n}` },
  ];
  for (let k = 0; k < 3; k += 1) {
    const timestamp = start + k * 2000;
    studio.store.metrics.put('Bench', `metric.${n % 20}`, dimensions, {
      timestamp,
      arrived: timestamp,
      unit: 'Seconds',
      resolution: 60,
      values: [0.1, 0.2],
      counts: [3, n],
    });
  }
}

const timed = async (path) => {
  const times = [];
  let size = 0;
  for (let run = 0; run < 5; run += 1) {
    const begun = performance.now();
    size = (await (await fetch(studio.url + path)).arrayBuffer()).byteLength;
    times.push(performance.now() - begun);
  }
  return { ms: Math.round(times.sort((a, b) => a - b)[2]), kB: Math.round(size / 1000) };
};
console.log('waterfall', await timed(`/api/traces/${TRACE}/waterfall`));
console.log('series', await timed('/api/series'));
console.log('overview', await timed('/api/overview'));
console.log('cost', await timed('/api/cost'));

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
console.log('| view | shown after ms | frames | p50 ms | p95 ms | max ms | over 50 ms | nodes |');
console.log('|---|---|---|---|---|---|---|---|');
for (const [name, view, label] of [
  ['10 000 spans', `traces/${TRACE}`, 'spans of'],
  ['5000 series', 'metrics', 'series'],
]) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const begun = performance.now();
  await page.goto(`${studio.url}/#/${view}`);
  const list = page.locator(`.virtual[aria-label^="${label}"]`);
  await list.waitFor();
  const shown = Math.round(performance.now() - begun);
  await page.waitForTimeout(500);
  const { frames, nodes } = await list.evaluate(
    (element, count) =>
      new Promise((resolve) => {
        const frames = [];
        let last;
        const step = (now) => {
          if (last !== undefined) frames.push(now - last);
          last = now;
          // From one end to the other, some forty rows a frame.
          element.scrollTop = (element.scrollHeight * frames.length) / count;
          if (frames.length < count) requestAnimationFrame(step);
          else resolve({ frames, nodes: document.querySelectorAll('*').length });
        };
        requestAnimationFrame(step);
      }),
    FRAMES,
  );
  frames.sort((a, b) => a - b);
  const at = (rank) => frames[Math.floor(rank * (frames.length - 1))].toFixed(1);
  console.log(
    `| ${name} | ${shown} | ${frames.length} | ${at(0.5)} | ${at(0.95)} | ${at(1)} | ${frames.filter((ms) => ms > 50).length} | ${nodes} |`,
  );
  await page.close();
}
await browser.close();
console.log(
  'memory of the endpoint',
  `${Math.round(process.memoryUsage().rss / 1048576)} MiB resident, ${Math.round(studio.store.summary().bytes.used / 1048576)} MiB counted`,
);
await studio.close();
