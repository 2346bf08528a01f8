import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ourLines } from '../e2e/support/process.js';
import { nodeBinaries } from '../instrumentation/processes.js';
import { npm, pack } from './package.js';

const YARN = '4.18.1';

/** The file of Yarn, fetched from npm into the user's cache; an Error: why there is none. */
function yarnFile(): string | Error {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'org-monitoring');
  const folder = join(cache, `yarn-${YARN}`);
  const file = join(folder, 'node_modules/@yarnpkg/cli-dist/bin/yarn.js');
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  try {
    npm(['install', '--no-save', '--prefix', folder, `@yarnpkg/cli-dist@${YARN}`], folder);
    return file;
  } catch (error) {
    return new Error(`Yarn could not be fetched: ${error instanceof Error ? error.message : String(error)}`);
  }
}

describe("an application of Yarn's Plug'n'Play", function () {
  this.timeout(180_000);
  let folder: string | undefined;
  let yarn: string;

  before(function () {
    const file = yarnFile();
    if (file instanceof Error) {
      if (process.env.CI === 'true') throw file;
      console.log(`    skipped: ${file.message}`);
      this.skip();
    }
    yarn = file;
    folder = mkdtempSync(join(tmpdir(), 'monitoring-pnp-'));
    renameSync(pack(folder).tarball, join(folder, 'monitoring.tgz'));
    const dependencies = { '@org/monitoring': 'file:./monitoring.tgz', ms: '2.1.3' };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'pnp-app', dependencies }));
    const settings = ['nodeLinker: pnp', 'enableTelemetry: false', 'enableGlobalCache: false', 'enableScripts: false'];
    writeFileSync(join(folder, '.yarnrc.yml'), settings.join('\n'));
    writeFileSync(join(folder, 'yarn.lock'), '');
    writeFileSync(join(folder, 'app.cjs'), "console.log(require('ms')(1000));\n");
    writeFileSync(join(folder, 'app.mjs'), "import ms from 'ms';\nconsole.log(ms(1000));\n");
    // In CI, Yarn would refuse to write a lock file.
    const env = { ...process.env, YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' };
    execFileSync(process.execPath, [yarn, 'install'], { cwd: folder, env, stdio: 'pipe' });
  });
  after(() => folder && rmSync(folder, { recursive: true, force: true }));

  for (const node of nodeBinaries()) {
    for (const app of ['app.cjs', 'app.mjs']) {
      it(`runs without monitoring, and one line says so (Node ${node.line}, ${app})`, () => {
        const { status, stdout, stderr } = spawnSync(
          node.path,
          [yarn, 'node', '--require', '@org/monitoring/register', app],
          {
            cwd: folder,
            encoding: 'utf8',
            env: { HOME: homedir(), PATH: `${dirname(node.path)}:${process.env.PATH}` },
          },
        );
        assert.deepEqual([status, stdout], [0, '1s\n'], stderr);
        assert.deepEqual(ourLines(stderr), [
          "[monitoring] Yarn's Plug'n'Play is not supported: not started; set nodeLinker: node-modules in .yarnrc.yml",
        ]);
      });
    }
  }
});
