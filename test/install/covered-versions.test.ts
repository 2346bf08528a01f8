import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import { CATALOGUE } from '../../src/instrumentation/catalogue.js';
import { isBeyond } from '../../src/instrumentation/version-range.js';
import { ROOT } from '../e2e/support/process.js';

/** Libraries whose newest release is newer than what is covered: docs/transparency.md lists them. */
const NOT_COVERED = ['@nestjs/core', 'graphql', 'oracledb'];

/** The answers are the same on every Node, and npm takes half a minute for them. */
const CI_MAJOR = '24';
const [MAJOR] = process.versions.node.split('.');

type Definitions = { getModuleDefinitions(): InstrumentationModuleDefinition[] };
type Class = new (config: object) => Instrumentation & Definitions;

const load = createRequire(__filename);
const run = promisify(execFile);

function rangesByModule(): Map<string, string[]> {
  const ranges = new Map<string, string[]>();
  for (const { package: name, className, moreVersions = [], reexports = [] } of CATALOGUE) {
    const instrumentation = new (load(name)[className] as Class)({ enabled: false });
    for (const { name: module, supportedVersions } of instrumentation.getModuleDefinitions()) {
      if (isBuiltin(module) || reexports.includes(module)) continue;
      ranges.set(module, [...(ranges.get(module) ?? []), ...supportedVersions, ...moreVersions]);
    }
  }
  return ranges;
}

describe('the newest release of each covered library', function () {
  this.timeout(120_000);

  it('is covered, or listed as not covered', async function () {
    if (process.env.CI === 'true' && MAJOR !== CI_MAJOR) {
      console.log(`    skipped: CI asks for releases on Node ${CI_MAJOR} alone`);
      this.skip();
    }
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
    const beyond: string[] = [];
    for (const [module, ranges] of rangesByModule()) {
      try {
        const { stdout } = await run('npm', ['view', module, 'version'], { env });
        if (isBeyond(stdout.trim(), ranges)) beyond.push(module);
      } catch (error) {
        if (process.env.CI === 'true') throw error;
        console.log(`    skipped: npm does not tell the version of ${module}`);
        this.skip();
      }
    }
    assert.deepEqual(beyond.sort(), NOT_COVERED);
  });

  it('is named in docs/transparency.md where it is not covered', () => {
    const page = readFileSync(join(ROOT, 'docs/transparency.md'), 'utf8');
    for (const module of NOT_COVERED) assert.ok(page.includes(`\`${module}\``), module);
  });
});
