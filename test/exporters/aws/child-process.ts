import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface Finished {
  readonly code: number | null;
  readonly output: string;
  /** Milliseconds from the line `over` to the exit. */
  readonly lingered: number;
}

/** Runs TypeScript in a process of its own, which prints `over` when it has nothing more to do. */
export async function run(script: string): Promise<Finished> {
  const child = spawn(process.execPath, ['--require', 'tsx/cjs', '--no-warnings', '--eval', script], {
    cwd: path.resolve(__dirname, '../../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let over = Number.NaN;
  const take = (chunk: Buffer) => {
    output += chunk;
    if (Number.isNaN(over) && output.includes('over')) over = Date.now();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const [code] = await once(child, 'close');
  return { code, output, lingered: Date.now() - over };
}
