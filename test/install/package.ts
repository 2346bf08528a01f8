import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { ROOT } from '../e2e/support/process.js';

/** Runs npm with the Node that runs the tests. */
export function npm(args: string[], cwd: string): string {
  const path = `${dirname(process.execPath)}:${process.env.PATH}`;
  return execFileSync('npm', args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: path },
  });
}

/** Packs what is in dist as it is published. */
export function pack(folder: string): { tarball: string; files: string[] } {
  const packed: { filename: string; files: { path: string }[] }[] = JSON.parse(
    npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT),
  );
  const [made] = packed;
  assert.ok(made);
  return { tarball: join(folder, made.filename), files: made.files.map(({ path }) => path) };
}
