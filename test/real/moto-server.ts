/** Moto's AWS server as a process on a loopback port: a second implementation of what our exporters talk to. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const INSTALLER = join(import.meta.dirname, '../../scripts/moto.mjs');

/** Milliseconds: the first run installs from PyPI. */
const INSTALL_TIMEOUT = 600_000;
const START_TIMEOUT = 60_000;

/** What every client of it needs; nothing comes from the environment. */
export interface MotoConnection {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string };
}

/**
 * Runs moto for the suite and empties it before each test. Without moto the suite is skipped, with the reason printed; where the
 * environment variable `CI` is `true` that is a failure.
 */
export function runningMoto(): () => MotoConnection {
  let server: ChildProcess | undefined;
  let endpoint: string | undefined;

  before(async function () {
    this.timeout(INSTALL_TIMEOUT + START_TIMEOUT);
    const program = installed();
    if (program instanceof Error) {
      if (process.env.CI === 'true') throw program;
      console.log(`    skipped: ${program.message}`);
      this.skip();
    }
    server = spawn(program, ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    endpoint = await addressOf(server);
  });

  beforeEach(async () => {
    const answer = await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
    if (!answer.ok) throw new Error(`moto was not emptied: HTTP ${answer.status}`);
  });

  after(async () => {
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    process.kill(server.pid);
    await ended;
  });

  return () => {
    if (endpoint === undefined) throw new Error('Moto runs only inside a test.');
    return { endpoint, region: 'us-west-2', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  };
}

function installed(): string | Error {
  const { status, stdout, stderr } = spawnSync(process.execPath, [INSTALLER], {
    encoding: 'utf8',
    timeout: INSTALL_TIMEOUT,
  });
  return status === 0 ? stdout.trim() : new Error(stderr.trim() || 'moto was not installed in time');
}

/** The URL that it says it listens at; port 0 lets the system choose a free one. */
function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const failed = (why: string) =>
      reject(new Error(`moto did not start: ${why}; it said: ${said.trim().slice(-500)}`));
    const timer = setTimeout(() => failed(`no address after ${START_TIMEOUT} ms`), START_TIMEOUT);
    // Read to the end, or the process would block once the pipe is full of its access log.
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < 10_000) said += text;
      const address = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
    server.once('exit', (code) => failed(`ended with ${code}`));
    server.once('error', (error) => failed(error.message));
  });
}
