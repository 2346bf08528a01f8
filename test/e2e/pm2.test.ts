import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from './support/aws.js';
import { ROOT } from './support/process.js';
import { realPackages } from './support/real-packages.js';

const REGISTER = join(ROOT, 'dist/register.cjs');
const APP = join(__dirname, 'fixtures/pm2-app.cjs');

describe('under the real PM2', () => {
  const on = stage();
  let packages = '';
  let home = '';

  before(function () {
    this.timeout(300_000);
    packages = realPackages(this, ['pm2@7.0.4']);
  });
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'monitoring-pm2-'));
  });
  afterEach(async function () {
    this.timeout(60_000);
    if (packages !== '') await pm2('kill');
    rmSync(home, { recursive: true, force: true });
  });

  function pm2(...args: string[]): Promise<string> {
    return command({}, ...args);
  }

  /** Runs the command of PM2 with a daemon of its own. */
  function command(env: Record<string, string>, ...args: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [join(packages, 'node_modules/pm2/bin/pm2'), ...args],
        { cwd: home, env: { PATH: process.env.PATH, HOME: home, PM2_HOME: home, ...env }, timeout: 50_000 },
        (error, stdout, stderr) => (error ? reject(new Error(`${stdout}${stderr}`)) : resolve(stdout)),
      );
    });
  }

  function ecosystem(app: Record<string, unknown>): string {
    const file = join(home, 'ecosystem.config.js');
    const env = on.aws.env({ OUTPUT: join(home, 'url'), ...((app.env as Record<string, string>) ?? {}) });
    const apps = [{ name: 'shop', script: APP, kill_timeout: 8000, wait_ready: true, ...app, env }];
    writeFileSync(file, `module.exports = ${JSON.stringify({ apps })};`);
    return file;
  }

  const log = (): string => readFileSync(join(home, 'pm2.log'), 'utf8');

  /** Asks the application once and stops it; how many requests AWS then knows. */
  async function served(): Promise<number> {
    await fetch(readFileSync(join(home, 'url'), 'utf8'), { headers: { connection: 'close' } });
    await pm2('stop', 'shop');
    const requests = Object.values(await on.aws.requests());
    return requests.reduce((sum, { count }) => sum + count, 0);
  }

  for (const mode of ['fork', 'cluster']) {
    it(`an application in ${mode} mode is monitored by node_args with an absolute path, and delivers when it is stopped`, async function () {
      this.timeout(120_000);
      await pm2('start', ecosystem({ exec_mode: mode, node_args: `--require ${REGISTER}` }));
      assert.equal(await served(), 1);
      const [own] = mode === 'cluster' ? [log()] : [readFileSync(join(home, 'logs/shop-error.log'), 'utf8')];
      assert.match(own, /\[monitoring\] .*shop/);
    });
  }

  it('NODE_OPTIONS in env reaches an application in fork mode, and none in cluster mode', async function () {
    this.timeout(120_000);
    const env = { NODE_OPTIONS: `--require ${REGISTER}` };
    await pm2('start', ecosystem({ exec_mode: 'fork', env }));
    assert.equal(await served(), 1);
    await pm2('delete', 'shop');
    on.aws.clear();
    await pm2('start', ecosystem({ exec_mode: 'cluster', env }));
    assert.equal(await served(), 0);
  });

  it('neither the command nor the daemon is monitored where NODE_OPTIONS is in the shell', async function () {
    this.timeout(120_000);
    const env = on.aws.env({ NODE_OPTIONS: `--require ${REGISTER}`, OTEL_METRIC_EXPORT_INTERVAL: '1000' });
    await command(env, 'ping');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await pm2('kill');
    assert.deepEqual(await on.aws.metricNames(), []);
  });
});
