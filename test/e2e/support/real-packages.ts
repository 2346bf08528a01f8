import { join } from 'node:path';
import type { Context } from 'mocha';
import { ROOT } from './process.js';

type Overrides = Readonly<Record<string, string>>;

const { testPackages }: { testPackages(specs: readonly string[], overrides?: Overrides): string | Error } = require(
  join(ROOT, 'scripts/test-packages.mjs'),
);

/** The folder with these packages. Without a registry the test is skipped, with the reason; in CI the packages are required. */
export function realPackages(test: Context, specs: readonly string[], overrides: Overrides = {}): string {
  const folder = testPackages(specs, overrides);
  if (typeof folder === 'string') return folder;
  if (process.env.CI) throw folder;
  console.log(`    skipped: ${folder.message}`);
  return test.skip();
}
