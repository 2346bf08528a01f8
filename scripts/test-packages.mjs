// Installs real packages for tests into the user's cache, each set of them once, and prints the folder:
//   node scripts/test-packages.mjs koa@2.16.4 koa-router@7.4.0
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Milliseconds that an installation may take. */
const TIMEOUT = 300_000;

/**
 * The folder with these packages in its `node_modules`, or an Error that says why there is none.
 *
 * @param specs names with exact versions, `koa@2.16.4`; `name@npm:other@1.0.0` installs under another name
 * @param overrides exact versions of what these packages depend on, where a registry lacks the ones that they ask for
 */
export function testPackages(specs, overrides = {}) {
  const asked = JSON.stringify([[...specs].sort(), overrides]);
  const key = createHash('sha256').update(asked).digest('hex').slice(0, 16);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'org-monitoring/test-packages');
  const folder = join(cache, key);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    writeFileSync(
      join(draft, 'package.json'),
      JSON.stringify({ name: 'tested-application', private: true, overrides }),
    );
    const options = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--legacy-peer-deps'];
    execFileSync('npm', ['install', '--save-exact', ...options, '--prefix', draft, ...specs], {
      cwd: draft,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT,
    });
    renameSync(draft, folder);
    return folder;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (existsSync(folder)) return folder;
    const reason = String(error.stderr ?? '').trim() || String(error.message);
    return new Error(`${specs.join(' ')} could not be installed: ${reason.split('\n')[0]}`);
  }
}

if (import.meta.filename === process.argv[1]) {
  const folder = testPackages(process.argv.slice(2));
  if (folder instanceof Error) {
    console.error(folder.message);
    process.exitCode = 1;
  } else console.log(folder);
}
