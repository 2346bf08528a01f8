import { join } from 'node:path';
import type { Context } from 'mocha';
import { ROOT } from './process.js';

type Overrides = Readonly<Record<string, string>>;

const { testPackages }: { testPackages(specs: readonly string[], overrides?: Overrides): string | Error } = require(
  join(ROOT, 'scripts/test-packages.mjs'),
);

/** The Node that CI runs real packages on: on each of the four they would take six minutes. */
const CI_MAJOR = '24';

/**
 * The folder with these packages, for a suite that CI runs on one Node. Without a registry the test is skipped, with the reason; in CI the
 * packages are required.
 */
export function packagesFor(test: Context, specs: readonly string[], overrides: Overrides = {}): string {
  const folder = testPackages(specs, overrides);
  if (typeof folder === 'string') return folder;
  if (process.env.CI) throw folder;
  console.log(`    skipped: ${folder.message}`);
  return test.skip();
}

/** The same for a suite that CI runs on each Node: the test runs on one of them there. */
export function realPackages(test: Context, specs: readonly string[], overrides: Overrides = {}): string {
  if (process.env.CI && process.versions.node.split('.')[0] !== CI_MAJOR) {
    console.log(`    skipped: CI runs real packages on Node ${CI_MAJOR} alone`);
    return test.skip();
  }
  return packagesFor(test, specs, overrides);
}
