import { format } from 'node:util';
import { InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { observed } from '../observe.js';
import { exportedClass, Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { ERROR_LEVEL, FATAL_LEVEL, fieldsOf, type ReportRecord } from './records.js';

interface Logger {
  _level?: number;
  error?: Log;
  fatal?: Log;
}
type Log = (this: Logger, ...args: unknown[]) => unknown;

interface LoggerClass {
  prototype: Logger;
}

export const BUNYAN_MODULES = ['bunyan'];

/** Records of bunyan at error level and above: at the methods that log them, where the error is still itself. */
export function patchBunyan(report: ReportRecord): Patches {
  const observe =
    (level: number) =>
    (original: Log): Log =>
      function log(...args) {
        const result = original.apply(this, args);
        // Without arguments it is a question, whether the level is on.
        if (args.length > 0 && (this._level ?? 0) <= level) {
          observed(() => report({ logger: 'bunyan', level, ...recordOf(args) }));
        }
        return result;
      };
  return new Patches('bunyan', [
    new InstrumentationNodeModuleDefinition(
      'bunyan',
      ['>=1.0.0 <3'],
      (exports: unknown) => {
        const prototype = exportedClass<LoggerClass>(exports)?.prototype;
        wrapMethod(prototype, 'error', observe(ERROR_LEVEL));
        wrapMethod(prototype, 'fatal', observe(FATAL_LEVEL));
        return exports;
      },
      (exports: unknown) => {
        const prototype = exportedClass<LoggerClass>(exports)?.prototype;
        unwrapMethod(prototype, 'error');
        unwrapMethod(prototype, 'fatal');
      },
    ),
  ]);
}

/** `(text, ...)`, `(error, text?, ...)` and `(fields, text?, ...)`. */
function recordOf(args: unknown[]): { message: string; error?: unknown; fields?: Record<string, unknown> } {
  const [first, ...rest] = args;
  if (typeof first !== 'object') return { message: format(...args) };
  return { message: rest.length > 0 ? format(...rest) : '', ...fieldsOf(first) };
}
