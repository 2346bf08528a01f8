import { format } from 'node:util';
import { InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { isError, observed, readProperty } from '../observe.js';
import { exportedClass, Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { BoundErrors, ERROR_LEVEL, FATAL_LEVEL, fieldsOf, type ReportRecord } from './records.js';

interface Logger {
  _level?: number;
  error?: Log;
  fatal?: Log;
  child?: Child;
}
type Child = (this: Logger, fields: unknown, ...rest: unknown[]) => Logger;
type Log = (this: Logger, ...args: unknown[]) => unknown;

interface LoggerClass {
  prototype: Logger;
}

export const BUNYAN_MODULES = ['bunyan'];

/** Records of bunyan at error level and above: at the methods that log them, where the error is still itself. */
export function patchBunyan(report: ReportRecord): Patches {
  const bound = new BoundErrors();
  const observe =
    (level: number) =>
    (original: Log): Log =>
      function log(...args) {
        const result = original.apply(this, args);
        // Without arguments it is a question, whether the level is on.
        if (args.length > 0 && (this._level ?? 0) <= level) {
          observed(() => report({ logger: 'bunyan', level, ...recordOf(this, args, bound) }));
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
        wrapMethod(prototype, 'child', (original) => binding(original, bound));
        return exports;
      },
      (exports: unknown) => {
        const prototype = exportedClass<LoggerClass>(exports)?.prototype;
        unwrapMethod(prototype, 'error');
        unwrapMethod(prototype, 'fatal');
        unwrapMethod(prototype, 'child');
      },
    ),
  ]);
}

function binding(original: Child, bound: BoundErrors): Child {
  return function child(fields, ...rest) {
    const logger = original.call(this, fields, ...rest);
    observed(() => bound.bind(logger, fields, this));
    return logger;
  };
}

interface Given {
  message: string;
  error?: unknown;
  fields?: Record<string, unknown>;
}

/** `(text, ...)`, `(error, text?, ...)` and `(fields, text?, ...)`. */
function recordOf(logger: Logger, args: unknown[], bound: BoundErrors): Given {
  const [first, ...rest] = args;
  if (typeof first === 'object') {
    return { message: rest.length > 0 ? textOf(rest) : '', ...bound.with(logger, fieldsOf(first)) };
  }
  const error = rest.find(isError);
  return { message: textOf(args), ...(error ? { error } : bound.with(logger, {})) };
}

/** As `util.format`, which would write the stack of an error. */
function textOf(args: unknown[]): string {
  const shown = args.map((each) =>
    isError(each) ? `${readProperty(each, 'name')}: ${readProperty(each, 'message')}` : each,
  );
  return format(...shown);
}
