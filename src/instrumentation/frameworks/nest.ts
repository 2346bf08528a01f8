import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import type { FrameworkHooks } from '../framework-hooks.js';
import { observed } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { reportErrors } from './handler-errors.js';

interface ArgumentsHost {
  getType?(): string;
  getArgByIndex(index: number): unknown;
}

interface ExceptionsHandlerModule {
  ExceptionsHandler?: {
    prototype: { next?: (this: unknown, exception: unknown, host: ArgumentsHost, ...rest: unknown[]) => unknown };
  };
}

const VERSIONS = ['>=8.0.0 <13'];
const EXCEPTIONS_HANDLER = '@nestjs/core/exceptions/exceptions-handler.js';

export const NEST_MODULES = ['@nestjs/core'];
/** Nest consists of ES modules since version 12. */
export const NEST_ES_FILES = [EXCEPTIONS_HANDLER];

/**
 * Nest catches what controllers, guards, pipes, interceptors and middleware throw and gives it to its exception filters:
 * the framework below never sees it. Reported before the filters, of HTTP requests only. The route is that of the
 * framework below.
 */
export function patchNest(hooks: FrameworkHooks): Patches {
  const report = reportErrors(hooks, 'nest');
  const file = new InstrumentationNodeModuleFile(
    EXCEPTIONS_HANDLER,
    VERSIONS,
    (exports: ExceptionsHandlerModule) => {
      wrapMethod(
        exports.ExceptionsHandler?.prototype,
        'next',
        (original) =>
          function next(exception, host, ...rest) {
            observed(() => {
              if ((host.getType?.() ?? 'http') === 'http') report(rawRequest(host.getArgByIndex(0)), exception);
            });
            return original.call(this, exception, host, ...rest);
          },
      );
      return exports;
    },
    (exports?: ExceptionsHandlerModule) => unwrapMethod(exports?.ExceptionsHandler?.prototype, 'next'),
  );
  return new Patches('nest', [
    new InstrumentationNodeModuleDefinition('@nestjs/core', VERSIONS, undefined, undefined, [file]),
  ]);
}

/** Node's own request below the one of Fastify; that of Express is Node's own. */
function rawRequest(request: unknown): unknown {
  return (request as { raw?: unknown } | undefined)?.raw ?? request;
}
