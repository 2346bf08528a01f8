/*
 * The preload. It parses and does no harm on any Node, so it imports almost nothing before it knows the version.
 * Every failure is one line on stderr: the application runs on without monitoring.
 */
import { isEnvironmentOutstanding, logLevel, sdkDisabled } from './config/environment.js';
import { isPrinted, type NoticeLevel } from './config/log-level.js';
import { agentsAmong } from './config/other-agents.js';
import { toolOf } from './config/tools.js';
import { RUNNING_DISTRO } from './running-distro.js';

const MINIMUM = [20, 19];
/** Below this the OpenTelemetry SDK makes no promise, though the whole test suite passes. */
const RECOMMENDED = [22, 15];

function say(level: NoticeLevel, line: string): void {
  if (!isPrinted(level, logLevel())) return;
  try {
    process.stderr.write(`[monitoring] ${line}\n`);
  } catch {
    // stderr is closed: there is nobody to tell.
  }
}

interface Reason {
  level: NoticeLevel;
  line: string;
}

const warning = (line: string): Reason => ({ level: 'warn', line });

function olderThan(minimum: number[]): boolean {
  const version = process.versions.node.split('.').map(Number);
  const major = version[0] || 0;
  return major < (minimum[0] || 0) || (major === minimum[0] && (version[1] || 0) < (minimum[1] || 0));
}

function registeredSdk(): string | undefined {
  // The global that @opentelemetry/api keeps what was registered in, of whichever copy of it.
  const api = (globalThis as Record<symbol, Record<string, unknown> | undefined>)[Symbol.for('opentelemetry.js.api.1')];
  if (api && (api.trace || api.metrics || api.logs)) return `another OpenTelemetry SDK (api ${String(api.version)})`;
  const cache = typeof require === 'function' && require.cache ? Object.keys(require.cache) : [];
  return agentsAmong(cache)[0];
}

/** The file that the process runs, with symbolic links resolved; undefined for `--eval` and a file that is not there. */
function entry(): string | undefined {
  const file = process.argv[1];
  try {
    return file === undefined ? undefined : (require('node:fs') as typeof import('node:fs')).realpathSync(file);
  } catch {
    return undefined;
  }
}

/** Why monitoring does not start, with the remedy; `silent`: nothing needs to be said; undefined: it starts. */
function standAside(): Reason | 'silent' | undefined {
  if (olderThan(MINIMUM)) {
    return warning(
      `Node ${process.versions.node} is not supported: not started; use Node ${MINIMUM.join('.')} or later`,
    );
  }
  const { isMainThread } = require('node:worker_threads') as typeof import('node:worker_threads');
  // `--require` runs in each worker thread of the application as well; the main thread's instance reports for them.
  if (!isMainThread) return 'silent';
  if (sdkDisabled()) return { level: 'info', line: 'OTEL_SDK_DISABLED is set: not started' };
  const tool = toolOf(entry() ?? '');
  if (tool) return { level: 'debug', line: `${tool} is a tool that runs applications: not started in its own process` };
  // Beside Yarn's hooks, Node loads no module any more once there are hooks of `module.registerHooks`.
  if (process.versions.pnp) {
    return warning("Yarn's Plug'n'Play is not supported: not started; set nodeLinker: node-modules in .yarnrc.yml");
  }
  const loaded = (globalThis as Record<symbol, { file?: string } | undefined>)[RUNNING_DISTRO];
  if (loaded)
    return warning(
      `loaded twice (${String(loaded.file)} and ${__filename}): the second is ignored; install one copy and preload it once`,
    );
  const sdk = registeredSdk();
  if (sdk)
    return warning(`${sdk} is already running: not started; remove it, or preload @org/monitoring/register before it`);
  return undefined;
}

function begin(): void {
  try {
    const reason = standAside();
    if (reason === undefined) {
      if (olderThan(RECOMMENDED)) {
        say(
          'info',
          `Node ${process.versions.node} works, but OpenTelemetry supports ${RECOMMENDED.join('.')} and later`,
        );
      }
      (require('./preload.cjs') as typeof import('./distro.js')).start();
    } else if (reason !== 'silent') say(reason.level, reason.line);
  } catch (error) {
    say(
      'error',
      `could not start, the application runs without it: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

if (isEnvironmentOutstanding()) process.nextTick(begin);
else begin();
