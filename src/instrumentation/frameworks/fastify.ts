import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import type { FrameworkHooks } from '../framework-hooks.js';
import { observed } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { type ReportError, reportErrors } from './handler-errors.js';

interface Request {
  raw: IncomingMessage;
  routeOptions?: { url?: string };
  /** Before Fastify 4.10; later versions warn of its use. */
  routerPath?: string;
}

interface Instance {
  addHook(name: 'onRequest', hook: (request: Request, reply: unknown, done: () => void) => void): void;
}

interface ErrorHandling {
  handleError?: (reply: { request?: Request } | undefined, error: unknown, ...rest: unknown[]) => unknown;
}

const INITIALIZATION = 'fastify.initialization';
const VERSIONS = ['>=4.0.0 <6'];

export const FASTIFY_MODULES = ['fastify'];

/**
 * Fastify 4 and 5. Errors: where Fastify turns to the error handler of the application, or to its own; nothing of
 * this runs without an error. Routes: a first `onRequest` hook of each instance, by the channel on which Fastify
 * announces it.
 */
export function patchFastify(hooks: FrameworkHooks): Patches {
  return new FastifyPatches(hooks);
}

class FastifyPatches extends Patches {
  private readonly announce: (message: unknown) => void;

  constructor(hooks: FrameworkHooks) {
    const report = reportErrors(hooks, 'fastify');
    super('fastify', [
      new InstrumentationNodeModuleDefinition('fastify', VERSIONS, undefined, undefined, [errorHandlerFile(report)]),
    ]);
    this.announce = (message) => observed(() => readRoutes((message as { fastify?: Instance }).fastify, hooks));
    subscribe(INITIALIZATION, this.announce);
  }

  override disable(): void {
    super.disable();
    unsubscribe(INITIALIZATION, this.announce);
  }
}

function errorHandlerFile(report: ReportError): InstrumentationNodeModuleFile {
  return new InstrumentationNodeModuleFile(
    'fastify/lib/error-handler.js',
    VERSIONS,
    (exports: ErrorHandling) => {
      wrapMethod(exports, 'handleError', (original) => (reply, error, ...rest) => {
        observed(() => report(reply?.request?.raw, error));
        return original(reply, error, ...rest);
      });
      return exports;
    },
    (exports?: ErrorHandling) => unwrapMethod(exports, 'handleError'),
  );
}

function readRoutes(fastify: Instance | undefined, hooks: FrameworkHooks): void {
  fastify?.addHook('onRequest', (request, _reply, done) => {
    observed(() => {
      // Undefined: no route matched.
      const route = request.routeOptions === undefined ? request.routerPath : request.routeOptions.url;
      if (route !== undefined) hooks.route(request.raw, route);
    });
    done();
  });
}
