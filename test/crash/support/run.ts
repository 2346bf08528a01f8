import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../e2e/support/process.js';

const FIXTURES = join(__dirname, '../fixtures');

export interface Command {
  node: string;
  flags: string[];
  /** File in fixtures. */
  app: string;
  way: string;
  env: Record<string, string>;
  /** What node is started through, its command line appended. */
  through?: string[];
  signal?: NodeJS.Signals;
  /** Milliseconds from when the application is ready. */
  signalAfter?: number;
}

export interface Death {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Milliseconds from what kills it to its end; undefined when nothing of the application told when. */
  took: number | undefined;
}

/** Runs an application to its end. */
export function die({ node, flags, app, way, env, through = [], signal, signalAfter = 0 }: Command): Promise<Death> {
  const [program = node, ...args] = [...through, node, ...flags, join(FIXTURES, app), way];
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  let aimed = false;
  let killedAt: number | undefined;
  let endedAt = 0;
  child.stdout.on('data', (data) => {
    output.stdout += data;
    if (signal === undefined || aimed || !output.stdout.includes('ready')) return;
    aimed = true;
    setTimeout(() => {
      killedAt = Date.now();
      process.kill(through.length > 0 ? onlyChildOf(child.pid) : Number(child.pid), signal);
    }, signalAfter);
  });
  child.stderr.on('data', (data) => {
    output.stderr += data;
  });
  child.once('exit', () => {
    endedAt = Date.now();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, ended) => {
      const dying = Number(/dying (\d+)/.exec(output.stdout)?.[1]);
      const from = killedAt ?? (Number.isNaN(dying) ? undefined : dying);
      resolve({ code, signal: ended, ...output, took: from === undefined ? undefined : endedAt - from });
    });
  });
}

function onlyChildOf(pid: number | undefined): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

/** On Node 20: of Node's own async hooks, and of our watch on modules that only `require()` loads there. */
const FRAMES_OF_NODE_20 = /process\.callbackTrampoline|Module\.watched \[as _compile\]/;
/** There or not, with or without us: whether a thread's error was read before Node saw the thread end. */
const FRAMES_OF_A_RACE = /\[kOnExit\] \(node:internal\/worker|Worker\.<computed>\.onexit/;

/** What Node writes, without what differs between two runs or comes from us. */
export function comparable(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !line.startsWith('[monitoring]') && !FRAMES_OF_NODE_20.test(line) && !FRAMES_OF_A_RACE.test(line))
    .map((line) => line.replace(/\(node:\d+\)/g, '(node:N)'))
    .join('\n');
}
