/** A server of somebody else's as a process on a loopback port, for a suite. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Milliseconds: the first run installs from PyPI. */
const INSTALL_TIMEOUT = 600_000;
const START_TIMEOUT = 60_000;

export interface ServerProgram {
  readonly name: string;
  /** The script that prints the program's path, in `scripts`. */
  readonly installer: string;
  readonly args: readonly string[];
  /** What it says once it listens; the first group is its address. */
  readonly says: RegExp;
}

/**
 * Runs the server for the suite. Without the program the suite is skipped, with the reason printed; where the environment variable `CI` is
 * `true` that is a failure. Returns the address that it says it listens at.
 */
export function runningServer(program: ServerProgram): () => string {
  let server: ChildProcess | undefined;
  let address: string | undefined;

  before(async function () {
    this.timeout(INSTALL_TIMEOUT + START_TIMEOUT);
    const path = installed(program);
    if (path instanceof Error) {
      if (process.env.CI === 'true') throw path;
      console.log(`    skipped: ${path.message}`);
      this.skip();
    }
    server = spawn(path, program.args, { stdio: ['ignore', 'pipe', 'pipe'] });
    address = await addressOf(server, program);
  });

  after(async () => {
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    process.kill(server.pid);
    await ended;
  });

  return () => {
    if (address === undefined) throw new Error(`${program.name} runs only inside a test.`);
    return address;
  };
}

function installed({ name, installer }: ServerProgram): string | Error {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../../scripts', installer)],
    { encoding: 'utf8', timeout: INSTALL_TIMEOUT },
  );
  return status === 0 ? stdout.trim() : new Error(stderr.trim() || `${name} was not installed in time`);
}

function addressOf(server: ChildProcess, { name, says }: ServerProgram): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const failed = (why: string) =>
      reject(new Error(`${name} did not start: ${why}; it said: ${said.trim().slice(-500)}`));
    const timer = setTimeout(() => failed(`no address after ${START_TIMEOUT} ms`), START_TIMEOUT);
    // Read to the end, or the process would block once the pipe is full of its log.
    for (const stream of [server.stdout, server.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        if (said.length < 10_000) said += text;
        const address = says.exec(said)?.[1];
        if (address === undefined) return;
        clearTimeout(timer);
        resolve(address);
      });
    }
    server.once('exit', (code) => failed(`ended with ${code}`));
    server.once('error', (error) => failed(error.message));
  });
}
