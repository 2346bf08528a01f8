import type { IncomingMessage } from 'node:http';
import { isPromise } from 'node:util/types';
import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import { withOwnFrames } from '../../limits/own-frames.js';
import type { FrameworkHooks } from '../framework-hooks.js';
import { observed, readProperty } from '../observe.js';
import { exportedClass, Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { reportErrors } from './handler-errors.js';

interface Layer {
  methods: string[];
  path: unknown;
}

interface Context {
  req: IncomingMessage;
  method: string;
  /** The layers of the routers so far whose path matches. */
  matched?: Layer[];
}

/** Tells of an error of a handler. */
type Report = (context: Context, error: unknown) => void;
type Next = () => Promise<unknown>;
type Middleware = ((context: Context, next: Next) => unknown) & { router?: unknown };

interface Application {
  compose: (middleware: Middleware[]) => Middleware;
}

interface ApplicationClass {
  prototype: { callback?: (this: Application) => unknown };
}

interface Router {
  routes?: (this: unknown) => Middleware;
  middleware?: (this: unknown) => Middleware;
  register?: (this: unknown, path: unknown, methods: unknown, middleware: unknown, ...rest: unknown[]) => unknown;
}

interface ContextPrototype {
  onerror?: (this: Context, error: unknown) => unknown;
}

const KOA = ['>=2.0.0 <4'];
const ROUTER = ['>=7.0.0 <16'];
const MOUNT = ['>=2.0.0 <5'];
/** What a response stream fails with when the client goes away. */
const CLIENT_GONE = new Set<unknown>(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE']);

export const KOA_MODULES = ['koa', '@koa/router', 'koa-router', 'koa-mount'];

/**
 * Koa has no error handlers, only middleware that catches what the middleware below it throws: an error is seen as it
 * leaves the one that it began in. Routes are those that `@koa/router` (or `koa-router`) matched, below the paths of `koa-mount`.
 */
export function patchKoa(hooks: FrameworkHooks): Patches {
  const reportError = reportErrors(hooks, 'koa');
  const report: Report = (context, error) => void observed(() => reportError(context.req, error));
  const routers = ['@koa/router', 'koa-router'].map(
    (name) =>
      new InstrumentationNodeModuleDefinition(
        name,
        ROUTER,
        (exports: unknown) => {
          patchRouter(routerPrototype(exports), hooks, report);
          return exports;
        },
        (exports: unknown) => {
          unwrapMethod(routerPrototype(exports), 'routes');
          unwrapMethod(routerPrototype(exports), 'middleware');
          unwrapMethod(routerPrototype(exports), 'register');
        },
      ),
  );
  return new Patches('koa', [
    new InstrumentationNodeModuleDefinition(
      'koa',
      KOA,
      (exports: unknown) => {
        patchApplication(exportedClass<ApplicationClass>(exports), report);
        return exports;
      },
      (exports: unknown) => unwrapMethod(exportedClass<ApplicationClass>(exports)?.prototype, 'callback'),
      [contextFile(report)],
    ),
    ...routers,
    new InstrumentationNodeModuleDefinition('koa-mount', MOUNT, observeMounts),
  ]);
}

/** The middleware is observed as the application composes it, so that `app.middleware` stays what the application made it. */
function patchApplication(application: ApplicationClass | undefined, report: Report): void {
  wrapMethod(
    application?.prototype,
    'callback',
    (original) =>
      function callback() {
        const restore = observed(() => observeComposed(this, report));
        try {
          return original.call(this);
        } finally {
          if (restore) observed(restore);
        }
      },
  );
}

/** Until the function that is returned is called. */
function observeComposed(application: Application, report: Report): () => void {
  const { compose } = application;
  application.compose = (middleware) => compose(observeAll(middleware, report) as Middleware[]);
  return () => {
    application.compose = compose;
  };
}

function patchRouter(router: Router | undefined, hooks: FrameworkHooks, report: Report): void {
  wrapMethod(
    router,
    'register',
    (original) =>
      function register(path, methods, middleware, ...rest) {
        return original.call(this, path, methods, observeAll(middleware, report), ...rest);
      },
  );
  const observeDispatch = (original: () => Middleware) =>
    function middleware(this: unknown) {
      const dispatch = original.call(this);
      // Since version 13, `routes` calls `middleware`; until then they are one function under two names.
      if (observers.has(dispatch)) return dispatch;
      const observer = standIn(dispatch, (context, next) => {
        const mount = mountOf(context);
        const before = context.matched?.length ?? 0;
        // The router matches before it returns: what it returns is the promise of the handlers.
        const result = withOwnFrames(() => dispatch(context, next));
        tellRoute(hooks, context, before, mount);
        return result;
      });
      observers.add(observer);
      return observer;
    };
  wrapMethod(router, 'middleware', observeDispatch);
  wrapMethod(router, 'routes', observeDispatch);
}

/** Errors of a response body that is a stream come here and nowhere else. */
function contextFile(report: Report): InstrumentationNodeModuleFile {
  return new InstrumentationNodeModuleFile(
    'koa/lib/context.js',
    KOA,
    (context: ContextPrototype) => {
      wrapMethod(
        context,
        'onerror',
        (original) =>
          function onerror(error) {
            if (error && !CLIENT_GONE.has(readProperty(error, 'code'))) report(this, error);
            return original.call(this, error);
          },
      );
      return context;
    },
    (context?: ContextPrototype) => unwrapMethod(context, 'onerror'),
  );
}

const observedAs = new WeakMap<Middleware, Middleware>();
const observers = new WeakSet<Middleware>();

function observeAll(middleware: unknown, report: Report): unknown {
  return Array.isArray(middleware) ? middleware.map((each) => observe(each, report)) : observe(middleware, report);
}

function observe<T>(middleware: T, report: Report): T | Middleware {
  // The parts of a router are observed one by one. Koa composes nested arrays as well; those are left to it.
  if (typeof middleware !== 'function' || readProperty(middleware, 'router')) return middleware;
  const inner = middleware as unknown as Middleware;
  if (observers.has(inner)) return middleware;
  let outer = observedAs.get(inner);
  if (!outer) {
    outer = standIn(inner, observer(inner, report));
    observedAs.set(inner, outer);
    observers.add(outer);
  }
  return outer;
}

/** `outer` with the properties of `inner`, or `inner` itself where they cannot be had. */
function standIn(inner: Middleware, outer: Middleware): Middleware {
  return observed(() => Object.defineProperties(outer, Object.getOwnPropertyDescriptors(inner))) ?? inner;
}

/** Settles as `middleware` does, one turn of the microtask queue later; a promise that nobody awaits stays unhandled. */
function observer(middleware: Middleware, report: Report): Middleware {
  return (context, next) => {
    const failed = (error: unknown): never => {
      report(context, error);
      throw error;
    };
    let result: unknown;
    try {
      result = withOwnFrames(() => middleware(context, next));
    } catch (error) {
      return failed(error);
    }
    if (!isPromise(result)) return result;
    return observed(() => result.then(undefined, failed)) ?? result;
  };
}

/** The layer of each request that was told last: a router that passes a request on returns after the one that takes it. */
const toldLayers = new WeakMap<Context, Layer>();

/** @param before how many layers the routers before had matched */
function tellRoute(hooks: FrameworkHooks, context: Context, before: number, mount: string): void {
  observed(() => {
    const { req, matched, method } = context;
    const layer = matched?.slice(before).findLast((each) => each.methods.includes(method));
    if (layer === undefined || layer === toldLayers.get(context)) return;
    toldLayers.set(context, layer);
    const path = String(layer.path);
    hooks.route(req, path === '/' ? mount || '/' : mount + path);
  });
}

/** The paths of `koa-mount` above what is running for a request, without a slash at the end. */
const mounts = new WeakMap<Context, string>();

function mountOf(context: Context): string {
  return mounts.get(context) ?? '';
}

type Mount = (prefix: unknown, ...rest: unknown[]) => Middleware;

/** `koa-mount` takes its prefix off the path, and leaves only the innermost one with the request. */
function observeMounts(exports: unknown): unknown {
  if (typeof exports === 'function') return observeMount(exports as Mount);
  const module = exports as { default?: unknown } | null;
  if (typeof module?.default === 'function') module.default = observeMount(module.default as Mount);
  return exports;
}

function observeMount(original: Mount): Mount {
  if (observedMounts.has(original)) return original;
  const mount: Mount = (prefix, ...rest) => {
    if (typeof prefix !== 'string' || !/^\/./.test(prefix)) return original(prefix, ...rest);
    // Mounted at the root, an application is one middleware, and a middleware itself.
    const downstream = original('/', ...rest);
    const path = prefix.replace(/\/$/, '');
    return original(prefix, standIn(downstream, within(path, downstream)));
  };
  observedMounts.add(mount);
  return observed(() => Object.defineProperties(mount, Object.getOwnPropertyDescriptors(original))) ?? original;
}

const observedMounts = new WeakSet<Mount>();

/** Runs `downstream` below a path; what it passes the request on to is outside again. */
function within(path: string, downstream: Middleware): Middleware {
  return (context, next) => {
    const outside = mountOf(context);
    mounts.set(context, outside + path);
    return downstream(context, () => {
      mounts.set(context, outside);
      return next();
    });
  };
}

function routerPrototype(exports: unknown): Router | undefined {
  return exportedClass<{ prototype?: Router }>(exports)?.prototype;
}
