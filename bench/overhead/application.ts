import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appFile } from './apps.js';
import type { Ports } from './backend/process.js';
import type { Pinning } from './pinning.js';
import type { Subject } from './subjects.js';

export interface Surroundings {
  /** The Node binary. */
  readonly node: string;
  readonly pin: Pinning;
  readonly ports: Ports;
}

/** Milliseconds. */
const START_LIMIT = 20_000;
/** Characters of its stderr that an error shows. */
const STDERR_LIMIT = 2000;

export interface Application {
  readonly pid: number;
  readonly port: number;
  /** Without its last words: flushing at the end is none of the benchmark's business. */
  kill(): Promise<void>;
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** It ends with this process at the latest. */
export function spawnApplication(app: string, subject: Subject, { node, pin, ports }: Surroundings): ChildProcess {
  const [program = node, ...args] = [...pin('application'), node, ...subject.flags(), appFile(app)];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      NODE_ENV: 'production',
      OTEL_SERVICE_NAME: 'bench',
      AWS_EC2_METADATA_DISABLED: 'true',
      BENCH_UPSTREAM_URL: `http://127.0.0.1:${ports.upstream}/flags`,
      BENCH_POSTGRES_URL: `postgres://bench:bench@127.0.0.1:${ports.postgres}/bench`,
      ...subject.env(`http://127.0.0.1:${ports.telemetry}`),
    },
  });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  return child;
}

/** Started and listening. */
export async function startApplication(app: string, subject: Subject, around: Surroundings): Promise<Application> {
  const child = spawnApplication(app, subject, around);
  const ended = once(child, 'close');
  let stderr = '';
  child.stderr?.on('data', (data) => {
    stderr = `${stderr}${data}`.slice(-STDERR_LIMIT);
  });
  const port = await new Promise<number>((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL');
      reject(new Error(`${app} with ${subject.name} ${why}\n${stderr}`));
    };
    const timer = setTimeout(() => fail(`did not listen within ${START_LIMIT / 1000} s`), START_LIMIT);
    let stdout = '';
    child.stdout?.on('data', (data) => {
      stdout += data;
      const found = /^listening on (\d+)$/m.exec(stdout)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(Number(found));
    });
    ended.then(() => fail('ended early'));
  });
  if (child.pid === undefined) throw new Error(`${app} did not start`);
  return {
    pid: child.pid,
    port,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
