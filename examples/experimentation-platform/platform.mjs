// Starts the example as its users would start it, with one flag and settings. Only what it reports goes to a local endpoint instead of AWS.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startGuard } from '../../dist/guardian.cjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const PRELOAD = join(HERE, '../../dist/register.cjs');
/** Milliseconds between exports: soon enough to watch. */
export const EXPORT_INTERVAL = 2000;

/**
 * The API, the assignment service that it calls, and their database. They end with `stop`, and with this process however it ends.
 *
 * @param {string} endpoint the local endpoint's address
 * @param {{ folder?: string, say?: (line: string) => void, failed?: (reason: string) => void }} options
 *   `folder`: where the example is; `say` is told the lines of monitoring, `failed` that a process has ended by itself
 * @returns {Promise<{ url: string, stop(): Promise<void> }>} the API's address
 */
export async function startPlatform(endpoint, { folder = HERE, say = () => {}, failed = () => {} } = {}) {
  const guard = startGuard();
  // What an earlier run left behind is not of this one; and no `monitoring doctor` takes the example for a service of its user.
  const runFolder = mkdtempSync(join(tmpdir(), 'experimentation-platform-'));
  const children = [];
  let stopping = false;

  const start = async (file, flags, env) => {
    const child = spawn(process.execPath, [...flags, file], {
      cwd: folder,
      // A Ctrl-C is for the demo, which then ends the example the way a container would.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
    children.push(child);
    if (child.pid !== undefined) guard.watch(child.pid);
    child.once('error', ({ message }) => failed(`${file}: ${message}`));
    child.once('exit', (code, signal) => {
      if (!stopping) failed(`${file} ended by itself (${signal ?? code})`);
    });
    createInterface({ input: child.stderr }).on('line', (line) => line.startsWith('[monitoring]') && say(line));
    return addressOf(child, file);
  };
  const startService = (file, name, env) =>
    start(file, ['--preserve-symlinks', '--require', PRELOAD], {
      ...process.env,
      ...settings({ endpoint, name, runFolder }),
      ...env,
    });

  const [database, assignments] = await Promise.all([
    start('database.mjs', [], process.env),
    startService('assignment-service.js', 'assignment-service', {}),
  ]);
  const url = await startService('app.js', 'experimentation-platform', {
    DATABASE_URL: database,
    ASSIGNMENTS_URL: assignments,
  });

  /** Those first that call others. */
  const stop = async () => {
    stopping = true;
    for (const child of children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(runFolder, { recursive: true, force: true });
  };
  return { url, stop };
}

const settings = ({ endpoint, name, runFolder }) => ({
  PORT: '0',
  OTEL_SERVICE_NAME: name,
  OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=demo',
  MONITORING_NAMESPACE: 'ExperimentationPlatform',
  MONITORING_ERROR_LOG_GROUP: '/experimentation-platform/errors',
  MONITORING_RUN_FOLDER: runFolder,
  AWS_REGION: 'us-west-2',
  AWS_ACCESS_KEY_ID: 'demo',
  AWS_SECRET_ACCESS_KEY: 'demo',
  AWS_ENDPOINT_URL: endpoint,
  // Every request, so that each error on the page leads to its trace.
  OTEL_TRACES_SAMPLER: 'parentbased_always_on',
  MONITORING_TRACE_BUDGET: 'none',
  OTEL_BSP_SCHEDULE_DELAY: '1000',
  OTEL_METRIC_EXPORT_INTERVAL: String(EXPORT_INTERVAL),
  OTEL_METRIC_EXPORT_TIMEOUT: String(EXPORT_INTERVAL),
});

/** What the process says that it listens on. */
async function addressOf(child, file) {
  for await (const line of child.stdout) {
    const address = /(?:http|postgres):\/\/\S+/.exec(String(line))?.[0];
    if (address) {
      child.stdout.resume();
      return address;
    }
  }
  throw new Error(`${file} ended before it listened`);
}
