import { join } from 'node:path';
import type { Context } from 'mocha';
import { ROOT } from './process.js';

const { testPackages }: { testPackages(specs: readonly string[]): string | Error } = require(
  join(ROOT, 'scripts/test-packages.mjs'),
);

/** The folder with these packages. Without a registry the test is skipped, with the reason; in CI the packages are required. */
export function realPackages(test: Context, specs: readonly string[]): string {
  const folder = testPackages(specs);
  if (typeof folder === 'string') return folder;
  if (process.env.CI) throw folder;
  console.log(`    skipped: ${folder.message}`);
  return test.skip();
}
