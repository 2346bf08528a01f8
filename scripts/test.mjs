// Runs the checks and test suites one after the other and ends with their sum: `N passed, N failed, N skipped`.
//   node scripts/test.mjs [lint] [types] [page-types] [public-types] [unit] [e2e] [browser] [install] [real] [crash]   without names: all but the last two
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = process.execPath;

const check = (script, ...args) => ({ args: [join(root, 'node_modules', script), ...args] });
const mocha = (...specs) => ({
  args: [join(root, 'node_modules/mocha/bin/mocha.js'), '--reporter', join(root, 'scripts/reporter.cjs'), ...specs],
  counts: true,
});

const SUITES = {
  lint: check('@biomejs/biome/bin/biome', 'ci', '--error-on-warnings', '.'),
  types: check('typescript/bin/tsc', '-p', '.'),
  'page-types': check('typescript/bin/tsc', '-p', 'src/studio/page'),
  'public-types': check('typescript/bin/tsc', '-p', 'test/types'),
  unit: mocha('--ignore', 'test/{browser,e2e,install,real,crash}/**', 'test/**/*.test.ts'),
  e2e: mocha('test/e2e/**/*.test.ts'),
  browser: mocha('test/browser/**/*.test.ts'),
  install: mocha('test/install/**/*.test.ts'),
  real: mocha('test/real/**/*.test.ts'),
  crash: mocha('test/crash/**/*.test.ts'),
};

/** `real` is left out: it needs Python, PyPI and a Collector, or Go to build one; `crash` too: it starts processes on every Node, for minutes. */
const DEFAULT_SUITES = ['lint', 'types', 'page-types', 'public-types', 'unit', 'e2e', 'browser', 'install'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  console.error(`no suite ${unknown.join(', ')}; there are ${Object.keys(SUITES).join(', ')}`);
  process.exit(2);
}

if (!existsSync(join(root, 'dist/preload.cjs'))) run({ args: [join(root, 'scripts/build.mjs')] });

const folder = mkdtempSync(join(tmpdir(), 'monitoring-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
for (const name of asked.length > 0 ? asked : DEFAULT_SUITES) {
  console.log(`\n— ${name} (Node ${process.versions.node})`);
  const began = performance.now();
  const counts = runSuite(name, SUITES[name]);
  console.log(`${name} took ${Math.round((performance.now() - began) / 1000)} s`);
  for (const key of Object.keys(total)) total[key] += counts[key];
  for (const title of counts.failures ?? []) failures.push(`FAILED: ${name} (Node ${process.versions.node}): ${title}`);
}
rmSync(folder, { recursive: true });
if (failures.length > 0) console.log(`\n${failures.join('\n')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** The counts of one suite; a check without counts, or a run that died before it could count, is one test. */
function runSuite(name, suite) {
  const file = join(folder, `${name}.json`);
  const passed = run(suite, { MONITORING_TEST_COUNTS: file });
  if (!suite.counts) {
    if (passed) console.log('passed');
    return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, failures: passed ? [] : ['the check'] };
  }
  const none = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : none;
  if (passed || counts.failed > 0) return counts;
  return { ...counts, failed: 1, failures: ['the run ended without a count of failures'] };
}

function run({ args }, env = {}) {
  const { status } = spawnSync(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  return status === 0;
}
