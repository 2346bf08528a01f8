import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { readProcessTable } from '../../src/guardian/process-table.js';
import { ROOT } from './support/process.js';

/** An application that never ends by itself, and says its pid. */
const SERVES = 'console.log("pid " + process.pid); setInterval(() => {}, 1000);';
const IGNORES_HANGUP = `process.on('SIGHUP', () => {}); ${SERVES}`;
/** What a package manager does: the shell does not pass signals on. */
const BEHIND_A_SHELL = ['sh', '-c', `"${process.execPath}" -e '${SERVES}'; true`];

describe('what monitoring dev started', function () {
  this.timeout(60_000);
  let dev: ChildProcess;
  let application: number;

  /** In a process group of its own, like the foreground of a terminal. */
  async function start(command: string[]): Promise<void> {
    dev = spawn(process.execPath, [join(ROOT, 'dist/cli.cjs'), 'dev', '--port', '0', '--', ...command], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' },
    });
    assert.ok(dev.stdout);
    const [line] = await once(dev.stdout, 'data');
    application = Number(/pid (\d+)/.exec(String(line))?.[1]);
    assert.ok(isThere(application), 'the application runs');
  }

  const isThere = (pid: number): boolean => readProcessTable().some((entry) => entry.pid === pid);
  const gone = async (pid: number): Promise<void> => {
    while (isThere(pid)) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const toTheGroup = (signal: NodeJS.Signals) => process.kill(-(dev.pid ?? 0), signal);

  afterEach(() => {
    for (const pid of [dev.pid, application]) if (pid !== undefined && isThere(pid)) process.kill(pid, 'SIGKILL');
  });

  for (const [where, command] of [
    ['', [process.execPath, '-e', SERVES]],
    [' behind a shell', BEHIND_A_SHELL],
  ] as const) {
    it(`ends after SIGKILL of monitoring dev${where}`, async () => {
      await start([...command]);
      dev.kill('SIGKILL');
      await gone(application);
    });

    it(`ends after SIGTERM of monitoring dev${where}`, async () => {
      await start([...command]);
      dev.kill('SIGTERM');
      await gone(application);
      await gone(dev.pid ?? 0);
    });

    for (const signal of ['SIGINT', 'SIGHUP'] as const) {
      it(`ends after ${signal} of the terminal${where}`, async () => {
        await start([...command]);
        toTheGroup(signal);
        await gone(application);
        await gone(dev.pid ?? 0);
      });
    }
  }

  it('ends when the terminal closes though it ignores SIGHUP', async () => {
    await start([process.execPath, '-e', IGNORES_HANGUP]);
    toTheGroup('SIGHUP');
    await gone(application);
    await gone(dev.pid ?? 0);
  });

  it('is a child of monitoring dev in its process group, and finds nothing in its environment that tells of a guardian', async () => {
    await start([
      process.execPath,
      '-e',
      `const names = Object.keys(process.env).filter((name) => /guard|parent|watch/i.test(name));
      console.log('pid ' + process.pid, 'parent ' + process.ppid, JSON.stringify(names)); setInterval(() => {}, 1000);`,
    ]);
    const entries = readProcessTable();
    assert.equal(entries.find(({ pid }) => pid === application)?.parent, dev.pid);
    assert.equal(entries.filter(({ parent }) => parent === application).length, 0);
    toTheGroup('SIGTERM');
    await gone(application);
  });
});
