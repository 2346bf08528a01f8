import Module, { type LoadHookSync, type ResolveHookSync } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { LazyInstrumentations } from './lazy-instrumentations.js';
import { builtinName, packageOfRequest } from './module-names.js';
import { wrappedModules } from './wrapped-modules.js';

const HOOK = 'import-in-the-middle/create-hook.mjs';

/** What `createHook` of import-in-the-middle makes: the functions that its own `register` hands to Node. */
interface InTheMiddle {
  resolveSync: ResolveHookSync;
  loadSync: LoadHookSync;
  applyOptions(options: { include: (string | RegExp)[] }): void;
}

/**
 * Makes instrumentations for what ES modules import, in this thread, on a Node whose `module.registerHooks` suffices.
 * import-in-the-middle (6 ms) and its `load` hook come in with the first import of a module that is patched: an
 * application of CommonJS modules pays for one function call for each name that it resolves. Returns the way back.
 */
export function hookEsModules(lazy: LazyInstrumentations, onFailure: (error: unknown) => void): () => void {
  const registered: { deregister(): void }[] = [];
  let inTheMiddle: InTheMiddle | undefined;
  let failed = false;

  const wrap = (): void => {
    try {
      const hook = createInTheMiddle(wrappedModules(lazy));
      registered.push(Module.registerHooks({ load: hook.loadSync }));
      inTheMiddle = hook;
    } catch (error) {
      failed = true;
      onFailure(error);
    }
  };

  // The package of none: it would go unnoticed.
  if (lazy.applicationFiles().length > 0) wrap();
  const resolve: ResolveHookSync = (specifier, context, next) => {
    // What require() loads is patched as it returns.
    if (context.conditions.includes('require')) {
      const limit = makeRoomForFrames();
      try {
        return next(specifier, context);
      } finally {
        if (limit !== undefined) Error.stackTraceLimit = limit;
      }
    }
    const name = packageOfRequest(specifier, context.parentURL);
    if (name !== undefined && lazy.covers(name)) {
      lazy.load(name);
      const builtin = builtinName(specifier);
      if (builtin) process.getBuiltinModule(builtin);
      else if (!inTheMiddle && !failed) wrap();
    }
    return inTheMiddle ? inTheMiddle.resolveSync(specifier, context, next) : next(specifier, context);
  };
  registered.push(Module.registerHooks({ resolve }));
  return () => {
    for (const hooks of registered) hooks.deregister();
  };
}

/** Frames that a hook, and our `require` before it, add to the stack of a module that is not found. */
const OWN_FRAMES = 6;

/**
 * V8 keeps the first ten frames: ours must not push out those of the application, which say who required what. Returns the
 * limit to put back; undefined when it stays.
 */
function makeRoomForFrames(): number | undefined {
  const { stackTraceLimit } = Error;
  if (!(stackTraceLimit > 0)) return undefined;
  return Reflect.set(Error, 'stackTraceLimit', stackTraceLimit + OWN_FRAMES) ? stackTraceLimit : undefined;
}

/** As `import-in-the-middle/register-hooks.mjs` does it, but without registering: that comes before our own hook. */
function createInTheMiddle(include: (string | RegExp)[]): InTheMiddle {
  const { createHook } = require(HOOK) as { createHook(meta: { url: string }): InTheMiddle };
  const hook = createHook({ url: pathToFileURL(require.resolve(HOOK)).href });
  hook.applyOptions({ include });
  return hook;
}
