import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import { isError, observed, readProperty } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { fieldsOf, type ReportRecord } from './records.js';

interface Info {
  level?: unknown;
  message?: unknown;
  [LEVEL]?: unknown;
  [SPLAT]?: unknown;
}

interface Logger {
  silent?: boolean;
  isLevelEnabled?(level: string): boolean;
  write?: (this: Logger, info: Info, ...rest: unknown[]) => unknown;
}

interface LoggerClass {
  prototype: Logger;
}

const LEVEL = Symbol.for('level');
const SPLAT = Symbol.for('splat');
const VERSIONS = ['>=3.0.0 <4'];
/** The levels of winston's npm, syslog and cli sets at which a record is an error. */
const ERROR_LEVELS = new Set(['error', 'crit', 'alert', 'emerg', 'fatal']);

export const WINSTON_MODULES = ['winston'];

/** Records of winston 3 at error level and above, unless the logger is silent or set to less. */
export function patchWinston(report: ReportRecord): Patches {
  const file = new InstrumentationNodeModuleFile(
    'winston/lib/winston/logger.js',
    VERSIONS,
    (logger: LoggerClass) => {
      wrapMethod(
        logger.prototype,
        'write',
        (original) =>
          function write(info, ...rest) {
            // A format may change it.
            const level = observed(() => String(info?.[LEVEL] ?? info?.level));
            const result = original.call(this, info, ...rest);
            if (level !== undefined && ERROR_LEVELS.has(level)) observed(() => tell(this, level, info, report));
            return result;
          },
      );
      return logger;
    },
    (logger?: LoggerClass) => unwrapMethod(logger?.prototype, 'write'),
  );
  return new Patches('winston', [
    new InstrumentationNodeModuleDefinition('winston', VERSIONS, undefined, undefined, [file]),
  ]);
}

function tell(logger: Logger, level: string, info: Info, report: ReportRecord): void {
  if (logger.silent || logger.isLevelEnabled?.(level) === false) return;
  const message = readProperty(info, 'message');
  report({ logger: 'winston', level, message, ...fieldsOf(info), ...errorOf(info, message) });
}

/** `logger.error(error)`, `logger.error({ message: error })` and `logger.error('text', error)`; winston copies the last. */
function errorOf(info: Info, message: unknown): { error?: unknown } {
  const splat = readProperty(info, SPLAT);
  const error = [info, message, ...(Array.isArray(splat) ? splat : [])].find(isError);
  return error ? { error } : {};
}
