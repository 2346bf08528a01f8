import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import { withOwnFrames } from '../../limits/own-frames.js';
import type { FrameworkHooks } from '../framework-hooks.js';
import { observed } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { type ReportError, reportErrors } from './handler-errors.js';

type HandleError = (this: unknown, error: unknown, req: unknown, ...rest: unknown[]) => unknown;
type FinalHandler = (req: unknown, res: unknown, options?: unknown) => (error?: unknown) => void;

interface LayerClass {
  prototype: { handle_error?: HandleError; handleError?: HandleError };
}

export const EXPRESS_MODULES = ['express', 'router', 'finalhandler'];

/**
 * Errors of Express 4 and 5 handlers (and of `router` and `connect`): as they come to the layers after the one that failed, and
 * when none is left, to the final handler. Layers take this way with an error only, so that a request without one
 * pays for one small closure around its final handler. The route is on the request (`req.route`).
 */
export function patchExpress(hooks: FrameworkHooks): Patches {
  const report = reportErrors(hooks, 'express');
  return new Patches('express', [
    new InstrumentationNodeModuleDefinition('express', ['>=4.6.0 <6'], undefined, undefined, [
      layerFile('express/lib/router/layer.js', '>=4.6.0 <5', report),
    ]),
    new InstrumentationNodeModuleDefinition('router', ['>=1.0.0 <3'], undefined, undefined, [
      layerFile('router/lib/layer.js', '>=1.0.0 <3', report),
    ]),
    new InstrumentationNodeModuleDefinition('finalhandler', ['>=0.0.3 <3'], (exports: FinalHandler) =>
      typeof exports === 'function' ? observeFinalHandler(exports, report) : exports,
    ),
  ]);
}

function layerFile(path: string, versions: string, report: ReportError): InstrumentationNodeModuleFile {
  const observe = (original: HandleError): HandleError =>
    function handleError(error, req, ...rest) {
      if (!isControlFlow(error)) observed(() => report(req, error));
      return withOwnFrames(() => original.call(this, error, req, ...rest));
    };
  return new InstrumentationNodeModuleFile(
    path,
    [versions],
    (layer: LayerClass) => {
      wrapMethod(layer.prototype, 'handle_error', observe);
      wrapMethod(layer.prototype, 'handleError', observe);
      return layer;
    },
    (layer?: LayerClass) => {
      unwrapMethod(layer?.prototype, 'handle_error');
      unwrapMethod(layer?.prototype, 'handleError');
    },
  );
}

function observeFinalHandler(original: FinalHandler, report: ReportError): FinalHandler {
  return (req, res, options) => {
    const finish = original(req, res, options);
    return (error) => {
      if (error) observed(() => report(req, error));
      finish(error);
    };
  };
}

/** `next('route')` and `next('router')` skip handlers; they are no errors. */
function isControlFlow(error: unknown): boolean {
  return error === 'route' || error === 'router';
}
