import { homedir } from 'node:os';
import type { LogLevel } from './choices.js';
import { toLogLevel } from './log-level.js';

/** The environment as a plain record: the only place that touches `process.env`. Nothing writes an application's. */
export type Environment = Record<string, string | undefined>;

/** A copy of the environment of the process. */
export function environment(): Environment {
  return { ...process.env };
}

/** Whether OTEL_SDK_DISABLED says that nothing is to be started; asked before anything else is loaded. */
export function sdkDisabled(): boolean {
  return /^(["']?)true\1$/i.test((process.env.OTEL_SDK_DISABLED ?? '').trim());
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
