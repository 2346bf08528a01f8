import type { IncomingMessage } from 'node:http';
import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import type { FrameworkHooks } from '../framework-hooks.js';
import { observed, readProperty } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { reportErrors } from './handler-errors.js';

interface Request {
  raw: { req: IncomingMessage };
  route?: { path: string; method: string };
  _lookup?: (this: Request, ...rest: unknown[]) => unknown;
  _setResponse?: (this: Request, response: unknown, ...rest: unknown[]) => unknown;
}

interface RequestClass {
  prototype: Request;
}

const VERSIONS = ['>=18.0.0 <22'];
/** The method of hapi's stand-in routes, for a path that is unknown or malformed. */
const NO_ROUTE = '_special';

export const HAPI_MODULES = ['@hapi/hapi'];

/**
 * hapi. Errors: every response that a lifecycle step sets passes one method; what was thrown comes as a Boom error, the
 * thrown object itself where it was an Error. An extension that answers it comes later. Routes: as they are looked up.
 */
export function patchHapi(hooks: FrameworkHooks): Patches {
  const report = reportErrors(hooks, 'hapi');
  const file = new InstrumentationNodeModuleFile(
    '@hapi/hapi/lib/request.js',
    VERSIONS,
    (request: RequestClass) => {
      wrapMethod(
        request.prototype,
        '_lookup',
        (original) =>
          function lookup(...rest) {
            const result = original.call(this, ...rest);
            observed(() => {
              if (this.route && this.route.method !== NO_ROUTE) hooks.route(this.raw.req, this.route.path);
            });
            return result;
          },
      );
      wrapMethod(
        request.prototype,
        '_setResponse',
        (original) =>
          function setResponse(response, ...rest) {
            if (readProperty(response, 'isBoom') === true) observed(() => report(this.raw.req, response));
            return original.call(this, response, ...rest);
          },
      );
      return request;
    },
    (request?: RequestClass) => {
      unwrapMethod(request?.prototype, '_lookup');
      unwrapMethod(request?.prototype, '_setResponse');
    },
  );
  return new Patches('hapi', [
    new InstrumentationNodeModuleDefinition('@hapi/hapi', VERSIONS, undefined, undefined, [file]),
  ]);
}
