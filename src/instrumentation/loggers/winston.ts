import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
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
            const level = String(info?.[LEVEL] ?? info?.level);
            const result = original.call(this, info, ...rest);
            if (ERROR_LEVELS.has(level) && !this.silent && this.isLevelEnabled?.(level) !== false) {
              report({ logger: 'winston', level, message: info.message, ...fieldsOf(info), ...errorOf(info) });
            }
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

/** `logger.error(error)`, `logger.error({ message: error })` and `logger.error('text', error)`; winston copies the last. */
function errorOf(info: Info): { error?: unknown } {
  const splat = info[SPLAT];
  const error = [info, info.message, ...(Array.isArray(splat) ? splat : [])].find((each) => each instanceof Error);
  return error ? { error } : {};
}
