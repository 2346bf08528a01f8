import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from './support/aws.js';
import { type Application, ourLines, PRELOAD, ROOT } from './support/process.js';

const visit = async (url: string) => (await fetch(url, { headers: { connection: 'close' } })).text();

async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; !(await condition()); ) {
    assert.ok(Date.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether this user may mount, in a namespace of its own. */
function hasNamespaces(): boolean {
  try {
    execFileSync('unshare', ['--map-root-user', '--mount', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('what is lost', () => {
  const on = stage();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-lost-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const lastLine = async (app: Application) => ourLines((await app.ended()).stderr).at(-1) ?? '';
  const spooled = () => {
    try {
      return readdirSync(join(folder, 'spool')).filter((name) => name.endsWith('.json'));
    } catch {
      return [];
    }
  };

  it('of 50 000 spans at SIGTERM is in the last line, and with what arrived it is 50 000', async function () {
    this.timeout(60_000);
    // On a busy machine five seconds are not enough: of a request that is cut off nobody knows whether it was taken.
    const env = on.aws.env({
      OTEL_TRACES_SAMPLER: 'always_on',
      MONITORING_SHUTDOWN_TIMEOUT: '50000',
    });
    const app = on.start('many-spans.cjs', { env, args: ['50000', 'SIGTERM'] });
    await until(() => app.stdout.includes('made'), 'spans are made');
    app.kill('SIGTERM');
    const line = await lastLine(app);
    const { held, evicted } = await on.aws.get<Record<'held' | 'evicted', { spans: number }>>('/api/summary');
    const [, lost] = /lost since the start: (\d+) of 50000 spans \(\d+ \w+/.exec(line) ?? [];
    assert.equal(Number(lost) + held.spans + evicted.spans, 50_000, line);
  });

  it('is nothing, and no error is said to be kept, when three good requests end while the endpoint refuses', async () => {
    on.aws.studio.faults.add({ kind: 'denied' });
    const app = on.start('ends.cjs', { env: on.aws.env({ MONITORING_SHUTDOWN_TIMEOUT: '500' }), args: ['naturally'] });
    const { stderr } = await app.ended();
    assert.doesNotMatch(stderr, /errors?.*kept|kept.*next start/);
    assert.match(
      ourLines(stderr).at(-1) ?? '',
      /; (\d+) of \1 metric values \(\1 shutdown\); the last failures: AccessDenied/,
    );
  });

  it('with a worker that is ended is said in numbers, and requests counted since are not among it', async () => {
    // What the first worker holds never arrives.
    on.aws.studio.faults.add({ kind: 'hang', action: 'v1/traces' });
    const app = on.start('serves-and-fails.cjs', {
      env: on.aws.env({
        OTEL_TRACES_SAMPLER: 'always_on',
        OTEL_BSP_SCHEDULE_DELAY: '20',
      }),
      flags: ['--require', join(__dirname, 'fixtures/kill-worker.cjs'), ...PRELOAD],
    });
    const url = await app.url();
    for (let i = 0; i < 3; i++) await visit(url);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await visit(`${url}/end-worker`);
    // While there is no worker.
    for (let i = 0; i < 4; i++) await visit(`${url}/fail`);
    on.aws.studio.faults.clear();
    await until(async () => (await on.aws.errors()).length === 4, 'errors are delivered by the next worker');
    app.kill('SIGTERM');
    const { stderr } = await app.ended();
    assert.match(stderr, /the delivery worker ended: 3 spans lost with it/);
    assert.match(ourLines(stderr).at(-1) ?? '', /lost since the start: 3 of 8 spans \(3 worker_ended\)/);
    assert.equal((await on.aws.requests())['GET unmatched']?.count, 8);
    assert.equal((await on.aws.spans()).length, 5);
  });

  it('of errors is nothing when SIGKILL follows a stop signal: they are on disk before anything is waited for', async () => {
    on.aws.studio.faults.add({ kind: 'hang' });
    const app = on.start('serves-and-fails.cjs', { env: on.aws.env({ MONITORING_RUN_FOLDER: folder }) });
    const url = await app.url();
    for (let i = 0; i < 3; i++) await visit(`${url}/fail`);
    app.kill('SIGTERM');
    await until(() => spooled().length === 1, 'the errors are on disk');
    app.kill('SIGKILL');
    assert.equal((await app.ended()).signal, 'SIGKILL', 'the delivery of five seconds had not ended');
    const [name = ''] = spooled();
    assert.equal(JSON.parse(readFileSync(join(folder, 'spool', name), 'utf8')).records.length, 3);
    on.aws.studio.faults.clear();
    const next = on.start('serves-and-fails.cjs', { env: on.aws.env({ MONITORING_RUN_FOLDER: folder }) });
    await next.url();
    const failed = async () => (await on.aws.errors()).filter(({ body }) => body.startsWith('failed'));
    await until(async () => (await failed()).length === 3, 'the next start delivers three errors');
  });

  it('at the end, errors that are on disk are counted as kept', async () => {
    on.aws.studio.faults.add({ kind: 'hang' });
    const env = on.aws.env({ MONITORING_RUN_FOLDER: folder, MONITORING_SHUTDOWN_TIMEOUT: '300' });
    const app = on.start('serves-and-fails.cjs', { env });
    const url = await app.url();
    for (let i = 0; i < 2; i++) await visit(`${url}/fail`);
    app.kill('SIGTERM');
    assert.match(await lastLine(app), /the process ends before all .*; 2 errors kept on disk for the next start$/);
    assert.equal(spooled().length, 1);
  });

  it('is nothing where the working directory goes while the worker starts in it', async () => {
    const gone = mkdtempSync(join(tmpdir(), 'monitoring-gone-'));
    const app = on.start(join(__dirname, 'fixtures/bare-http.cjs'), {
      env: on.aws.env(),
      cwd: gone,
      flags: [join(ROOT, 'dist/register.cjs'), join(__dirname, 'fixtures/remove-cwd.cjs')].flatMap((file) => [
        '--require',
        file,
      ]),
    });
    const url = await app.url();
    for (let i = 0; i < 11; i++) await visit(url);
    app.kill('SIGTERM');
    const { stderr } = await app.ended();
    assert.equal((await on.aws.requests())['GET unmatched']?.count, 11, stderr);
  });

  for (const [what, script, meaning] of [
    ['by ulimit -f 0', 'ulimit -f 0; exec "$@"', /no file of that size \(EFBIG\): .* are lost; raise the limit/],
    [
      'by a read-only file system',
      'exec unshare --map-root-user --mount sh -c "mount -t tmpfs -o ro,mode=700 tmpfs DIR && exec \\"\\$@\\"" sh "$@"',
      /the file system is read-only \(EROFS\): .* are lost; set MONITORING_RUN_FOLDER to a folder that/,
    ],
  ] as const) {
    it(`of errors, where nothing can be written ${what}, is said with its consequence and remedy`, async function () {
      if (script.includes('unshare') && !hasNamespaces()) this.skip();
      on.aws.studio.faults.add({ kind: 'hang' });
      const app = on.start('serves-and-fails.cjs', {
        env: on.aws.env({ MONITORING_RUN_FOLDER: folder, MONITORING_SHUTDOWN_TIMEOUT: '300' }),
        through: ['sh', '-c', script.replace('DIR', folder), 'sh'],
      });
      await visit(`${await app.url()}/fail`);
      app.kill('SIGTERM');
      const { stderr } = await app.ended();
      assert.match(stderr, new RegExp(`can't be kept on disk: .*${meaning.source}`));
      assert.match(ourLines(stderr).at(-1) ?? '', /; 1 of 1 error \(1 shutdown\)$/);
    });
  }

  it('without /proc is the resident set alone: errors and host metrics arrive, and the line says why', async function () {
    if (!hasNamespaces()) this.skip();
    const app = on.start('serves-and-fails.cjs', {
      env: on.aws.env(),
      through: ['unshare', '--map-root-user', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'],
    });
    await visit(`${await app.url()}/fail`);
    app.kill('SIGTERM');
    const { stderr } = await app.ended();
    assert.equal((await on.aws.errors()).length, 1, stderr);
    const names = await on.aws.metricNames();
    assert.ok(names.includes('v8js.memory.heap.used'), names.join());
    assert.ok(!names.includes('process.memory.usage'), names.join());
    assert.match(stderr, /resident memory can't be read: ENOENT: no such file or directory, uv_resident_set_memory/);
  });

  describe('of the last error of a process without a free descriptor', () => {
    const limited = (args: string[] = [], env: Record<string, string> = {}) =>
      on.start('leaks-descriptors.cjs', {
        env: on.aws.env({ MONITORING_RUN_FOLDER: folder, ...env }),
        through: ['sh', '-c', 'ulimit -n 64; exec "$@"', 'sh'],
        args,
      });

    it('is nothing: it is delivered before the end', async () => {
      const { stderr } = await limited().ended();
      const [error] = await on.aws.errors();
      assert.match(error?.attributes.exception.message ?? '', /^EMFILE: too many open files/, stderr);
      assert.equal(error?.severityText, 'FATAL');
      assert.deepEqual([spooled(), readdirSync(folder).filter((name) => name.startsWith('run-'))], [[], []]);
    });

    it('is nothing where the endpoint hangs: it is on disk, and the next start delivers it', async () => {
      on.aws.studio.faults.add({ kind: 'hang' });
      const { stderr } = await limited().ended();
      assert.equal(spooled().length, 1, stderr);
      assert.match(stderr, /1 error kept on disk for the next start/);
      on.aws.studio.faults.clear();
      const next = on.start('serves-and-fails.cjs', { env: on.aws.env({ MONITORING_RUN_FOLDER: folder }) });
      await next.url();
      await until(async () => (await on.aws.errors()).length === 1, 'the next start delivers it');
      assert.match((await on.aws.errors())[0]?.body ?? '', /^EMFILE/);
    });

    it('is nothing when it is handled, the endpoint hangs and SIGTERM follows', async () => {
      on.aws.studio.faults.add({ kind: 'hang' });
      const app = limited(['handles'], { MONITORING_SHUTDOWN_TIMEOUT: '300' });
      await until(() => app.stdout.includes('leaked'), 'descriptors are leaked');
      app.kill('SIGTERM');
      const { stderr } = await app.ended();
      assert.equal(spooled().length, 1, stderr);
    });
  });
});
