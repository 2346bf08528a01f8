import { homedir } from 'node:os';
import type { LogLevel } from './choices.js';
import { toLogLevel } from './log-level.js';
import { isPm2Container } from './tools.js';

/** The environment as a plain record: the only place that touches `process.env`. Nothing writes an application's. */
export type Environment = Record<string, string | undefined>;

/** A copy of the environment of the process. */
export function environment(): Environment {
  return { ...process.env };
}

/** The entry script of the application; absent in a REPL. Under PM2 `process.argv[1]` is a file of PM2's. */
export function entryScript(): string | undefined {
  const [, entry] = process.argv;
  return entry !== undefined && isPm2Container(entry) ? (process.env.pm_exec_path ?? entry) : entry;
}

/**
 * Whether PM2 has still to set the environment of the application: in cluster mode a file of PM2's does, from the JSON in `pm2_env`, after
 * the preloads (ProcessContainer.js). It loads the application some turns of the event loop later.
 */
export function isEnvironmentOutstanding(): boolean {
  return process.env.pm2_env !== undefined && isPm2Container(process.argv[1] ?? '');
}

/** Whether OTEL_SDK_DISABLED says that nothing is to be started; asked before anything else is loaded. */
export function sdkDisabled(): boolean {
  return /^(["']?)true\1$/i.test((process.env.OTEL_SDK_DISABLED ?? '').trim());
}

/** The trace of the invocation that is running in a Lambda function; the runtime sets the variable anew for each. */
export function lambdaTraceHeader(): string | undefined {
  return process.env._X_AMZN_TRACE_ID || undefined;
}

/** What OTEL_LOG_LEVEL says, for the lines that come before the settings are read. */
export function logLevel(): LogLevel {
  const [, , text = ''] = /^(["']?)(.*)\1$/.exec((process.env.OTEL_LOG_LEVEL ?? '').trim()) ?? [];
  return toLogLevel(text.trim());
}

/**
 * What the delivery worker gets. Not NODE_OPTIONS, which would preload the distro into the worker again. Not the OTEL_* settings, which are
 * in the configuration: exporters that looked at the variables as well would see what a configuration file has overruled. Not an AWS
 * endpoint that was refused: the AWS SDK would take it and fail on every request.
 */
export function workerEnvironment(): Environment {
  const passed = Object.entries(process.env).filter(([name, value = '']) => isForWorker(name, value));
  return { ...Object.fromEntries(passed), ...homeForWantOfOne() };
}

/** Gives the process of a command, which is ours, a home directory where it has none. */
export function provideHome(): void {
  Object.assign(process.env, homeForWantOfOne());
}

/** Docker's for a user without an entry in the passwd file. */
const HOME_OF_NOBODY = '/';

/** Where nothing names a home directory, `os.homedir()` throws, and so does all that looks for `~/.aws`. */
function homeForWantOfOne(): Environment {
  try {
    return homedir() === '' ? { HOME: HOME_OF_NOBODY } : {};
  } catch {
    return { HOME: HOME_OF_NOBODY };
  }
}

function isForWorker(name: string, value: string): boolean {
  if (name.startsWith('AWS_ENDPOINT_URL')) return /^https?:/i.test(value.trim()) && URL.canParse(value);
  return name !== 'NODE_OPTIONS' && !name.startsWith('OTEL_');
}
