/** Collectors as processes on free loopback ports, with the configurations of collector-config/ as they stand. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Milliseconds: the first run builds it. */
const BUILD_TIMEOUT = 45 * 60_000;
const START_TIMEOUT = 60_000;
/** Milliseconds between two looks. */
const INTERVAL = 50;

/** What every process gets: no credentials, metadata or settings of the machine that the tests run on. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  AWS_REGION: 'us-west-2',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/**
 * Finds or builds the Collector for a suite. Without one the suite is skipped, with the reason printed; where the environment
 * variable `CI` is `true` that is a failure.
 */
export function collectorProgram(): () => string {
  let program: string | undefined;
  before(function () {
    this.timeout(BUILD_TIMEOUT + START_TIMEOUT);
    // What it says goes to the terminal: a build takes minutes.
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'scripts/collector.mjs')], {
      encoding: 'utf8',
      timeout: BUILD_TIMEOUT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (status === 0) {
      program = stdout.trim();
      return;
    }
    const reason = status === null ? 'no Collector was built in time' : 'there is no Collector, for the reason above';
    if (process.env.CI === 'true') throw new Error(reason);
    console.log(`    skipped: ${reason}`);
    this.skip();
  });
  return () => program ?? fail('the Collector is there only inside a test');
}

function fail(message: string): never {
  throw new Error(message);
}

/** None that a connection is given as its own: who asks a server that is down again and again may be given the server's, which then can't listen. */
const PORTS = { first: 20_000, last: 30_000 };

/** Ports of loopback that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(PORTS.first, PORTS.last);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

export class Collector {
  /** Where it takes OTLP. */
  readonly http: string;
  readonly grpc: string;
  readonly #health: string;
  readonly #metrics: string;
  #output = '';
  #child: ChildProcess | undefined;

  private constructor(
    private readonly program: string,
    private readonly configuration: string,
    private readonly env: Readonly<Record<string, string>>,
    [http, grpc, health, metrics]: readonly number[],
  ) {
    this.http = `127.0.0.1:${http}`;
    this.grpc = `127.0.0.1:${grpc}`;
    this.#health = `127.0.0.1:${health}`;
    this.#metrics = `127.0.0.1:${metrics}`;
  }

  /** @param configuration a file of collector-config/ */
  static async prepare(program: string, configuration: string, env: Record<string, string> = {}): Promise<Collector> {
    return new Collector(program, configuration, env, await freePorts(4));
  }

  get url(): string {
    return `http://${this.http}`;
  }

  /** What it has said since its last start. */
  get output(): string {
    return this.#output;
  }

  /** Resolves when it takes data; on the same ports and with the same folders as before. */
  async start(): Promise<void> {
    const file = join(ROOT, 'collector-config', this.configuration);
    const gates = ['--feature-gates', 'exporter.awsxray.skiptimestampvalidation'];
    this.#output = '';
    const child = spawn(this.program, ['--config', file, ...gates], {
      cwd: tmpdir(),
      env: {
        ...ENVIRONMENT,
        COLLECTOR_HTTP: this.http,
        COLLECTOR_GRPC: this.grpc,
        COLLECTOR_HEALTH: this.#health,
        COLLECTOR_METRICS: this.#metrics.split(':')[1] ?? '',
        // Others would ask the addresses of cloud metadata.
        COLLECTOR_DETECTORS: '[env]',
        ...this.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-50_000);
      });
    }
    await until(`${this.configuration} to start`, START_TIMEOUT, () => {
      if (child.exitCode !== null) throw new Error(`${this.configuration} ended: ${this.#output.slice(-2000)}`);
      return this.#output.includes('Everything is ready');
    });
  }

  /** @param signal SIGTERM: an orderly end; SIGKILL: none */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    process.kill(child.pid, signal);
    await ended;
  }

  /** The sum of one of its own metrics over the series whose labels contain `labels`; 0 when there is none. */
  async metric(name: string, labels: string): Promise<number> {
    const text = await (await fetch(`http://${this.#metrics}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
}

export interface Collectors {
  readonly program: string;
  /** A started Collector, ended after the test. */
  start(configuration: string, env?: Record<string, string>): Promise<Collector>;
  /** One that is not started yet, ended after the test. */
  prepare(configuration: string, env?: Record<string, string>): Promise<Collector>;
  /** A folder of its own, removed after the test. */
  folder(): string;
}

/** Collectors for the tests of the `describe` that calls this. */
export function collectors(): Collectors {
  const program = collectorProgram();
  const prepared: Collector[] = [];
  const folders: string[] = [];
  afterEach(async () => {
    for (const collector of prepared.splice(0)) await collector.end('SIGKILL');
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const prepare = async (configuration: string, env: Record<string, string> = {}): Promise<Collector> => {
    const collector = await Collector.prepare(program(), configuration, env);
    prepared.push(collector);
    return collector;
  };
  return {
    get program() {
      return program();
    },
    prepare,
    async start(configuration, env) {
      const collector = await prepare(configuration, env);
      await collector.start();
      return collector;
    },
    folder() {
      const folder = mkdtempSync(join(tmpdir(), 'collector-test-'));
      folders.push(folder);
      return folder;
    },
  };
}

/** Waits until `holds`; an Error that says for what after `timeout` milliseconds. */
export async function until(
  what: string,
  timeout: number,
  holds: () => boolean | Promise<boolean>,
  detail: () => unknown = () => '',
): Promise<void> {
  const deadline = Date.now() + timeout;
  for (;;) {
    if (await holds()) return;
    if (Date.now() > deadline) throw new Error(`waited ${timeout} ms for ${what} ${String(detail())}`);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}
