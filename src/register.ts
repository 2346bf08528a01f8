/*
 * The preload. It must parse and do no harm on any Node there is, so nothing is imported before the version is known,
 * and whatever goes wrong is one line on stderr: the application runs on without us.
 */
import { sdkDisabled } from './config/environment.js';
import { OTHER_AGENTS } from './config/other-agents.js';
import { RUNNING_DISTRO } from './running-distro.js';

const MINIMUM = [20, 19];
/** Below this the OpenTelemetry SDK makes no promise, though the whole test suite passes. */
const RECOMMENDED = [22, 15];

function say(line: string): void {
  try {
    process.stderr.write(`[monitoring] ${line}\n`);
  } catch {
    // stderr is closed: there is nobody to tell.
  }
}

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
  const loaded = cache.map((file) => file.replace(/\\/g, '/'));
  return OTHER_AGENTS.find((agent) => loaded.some((file) => file.includes(`/node_modules/${agent}/`)));
}

/** Why we must not start, as one line with the remedy; an empty string: without a word; undefined: start. */
function standAside(): string | undefined {
  if (olderThan(MINIMUM)) {
    return `Node ${process.versions.node} is not supported: not started; use Node ${MINIMUM.join('.')} or later`;
  }
  const { isMainThread } = require('node:worker_threads') as typeof import('node:worker_threads');
  // `--require` runs in each worker thread of the application as well; the main thread's instance speaks for them.
  if (!isMainThread) return '';
  if (sdkDisabled()) return 'OTEL_SDK_DISABLED is set: not started';
  const loaded = (globalThis as Record<symbol, { file?: string } | undefined>)[RUNNING_DISTRO];
  if (loaded)
    return `loaded twice (${String(loaded.file)} and ${__filename}): the second is ignored; install one copy and preload it once`;
  const sdk = registeredSdk();
  if (sdk) return `${sdk} is already running: not started; remove it, or preload @org/monitoring/register before it`;
  return undefined;
}

try {
  const reason = standAside();
  if (reason) say(reason);
  else if (reason === undefined) {
    if (olderThan(RECOMMENDED)) {
      say(`Node ${process.versions.node} works, but OpenTelemetry supports ${RECOMMENDED.join('.')} and later`);
    }
    (require('./preload.cjs') as typeof import('./distro.js')).start();
  }
} catch (error) {
  say(`could not start, the application runs without it: ${error instanceof Error ? error.message : String(error)}`);
}
