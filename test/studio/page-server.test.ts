import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningStudio } from './running.js';

describe('The page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  for (const file of ['index.html', 'app.js', 'app.css', 'icon.svg']) writeFileSync(join(folder, file), `the ${file}`);
  after(() => rmSync(folder, { recursive: true }));
  const studio = runningStudio(() => ({ page: folder }));
  const html = { accept: 'text/html,application/xhtml+xml' };

  it('is at / for a browser, and the index of the API for a program', async () => {
    const page = await fetch(studio().url, { headers: html });
    assert.deepEqual(
      [await page.text(), page.headers.get('content-type')],
      ['the index.html', 'text/html; charset=utf-8'],
    );
    const index = (await (await fetch(studio().url)).json()) as { api: string[] };
    assert.ok(index.api.includes('/api/overview'));
  });

  it('may load nothing from elsewhere, run nothing inline, and stand in no frame', async () => {
    const policy = (await fetch(studio().url, { headers: html })).headers.get('content-security-policy') ?? '';
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "trusted-types 'none'",
    ]) {
      assert.ok(policy.includes(rule), rule);
    }
    assert.doesNotMatch(policy, /unsafe/);
  });

  for (const [what, headers, path] of [
    ['a name that was rebound to loopback', { host: 'evil.example' }, '/'],
    ['another origin', { origin: 'http://evil.example' }, '/api/overview'],
    ['another site', { 'sec-fetch-site': 'cross-site' }, '/api/live'],
  ] as const) {
    it(`answers nothing to ${what}`, async () => {
      const status = await new Promise((resolve, reject) => {
        const sent = request(studio().url + path, { headers: { ...html, ...headers } }, (response) => {
          resolve(response.statusCode);
          response.destroy();
        });
        sent.on('error', reject).end();
      });
      assert.equal(status, 403);
    });
  }

  it('is not asked for files beside its own', async () => {
    for (const path of ['/page/../package.json', '/page/%2e%2e/package.json', '/page/other.js']) {
      const response = await fetch(studio().url + path, { headers: html });
      assert.notEqual(response.status, 200, path);
    }
  });
});

/** Events of /api/live as they come, until the caller has seen enough. */
async function* events(url: string, lastEventId?: string): AsyncGenerator<{ id: string; changed: string[] }> {
  const abort = new AbortController();
  const response = await fetch(`${url}/api/live`, {
    signal: abort.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const [, id] = /^id: (.*)$/m.exec(block) ?? [];
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (id !== undefined && data !== undefined) yield { id, changed: JSON.parse(data).changed };
      }
    }
  } finally {
    abort.abort();
  }
}

describe('Live updates', () => {
  const studio = runningStudio();
  const put = () =>
    studio().store.metrics.put('Shop', 'm', [], { timestamp: 1, arrived: 1, unit: 'Count', resolution: 60, value: 1 });

  it('tell what kind of data has changed', async () => {
    const stream = events(studio().url);
    assert.ok((await stream.next()).value.changed.includes('datums'), 'at first everything is new');
    put();
    assert.deepEqual((await stream.next()).value.changed, ['datums']);
    await stream.return(undefined);
  });

  it('tell whoever comes back what was missed, and nothing else', async () => {
    const first = events(studio().url);
    const { id } = (await first.next()).value;
    await first.return(undefined);
    put();
    studio().store.refuse({ at: 1, service: 'otlp', action: 'x', code: 'c', message: '', status: 400, items: 0 });
    const again = events(studio().url, id);
    assert.deepEqual((await again.next()).value.changed, ['datums', 'refused']);
    await again.return(undefined);
  });

  it('tell everything to one who comes from an endpoint that ran before', async () => {
    const stream = events(studio().url, 'another.1.2.3');
    const { changed } = (await stream.next()).value;
    assert.ok(changed.includes('spans') && changed.includes('alarms'));
    await stream.return(undefined);
  });

  it('tell that everything was forgotten, and count on', async () => {
    put();
    const stream = events(studio().url);
    await stream.next();
    studio().store.clear();
    assert.deepEqual((await stream.next()).value.changed, ['cleared']);
    await stream.return(undefined);
  });

  it('take 32 listeners and refuse one more', async () => {
    const open = await Promise.all(Array.from({ length: 32 }, () => fetch(`${studio().url}/api/live`)));
    assert.ok(open.every(({ status }) => status === 200));
    assert.equal((await fetch(`${studio().url}/api/live`)).status, 503);
    await Promise.all(open.map(({ body }) => body?.cancel()));
  });
});
