import { isBuiltin } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { LazyInstrumentations } from './lazy-instrumentations.js';

/**
 * What import-in-the-middle has to wrap for ES modules: nothing but what an instrumentation patches. Built-in modules
 * are not among it: instrumentations patch them as CommonJS modules, and Node copies the patch to their ES module exports.
 */
export function wrappedModules(lazy: LazyInstrumentations): (string | RegExp)[] {
  const packages = lazy.modules().filter((name) => !isBuiltin(name));
  const files = lazy.applicationFiles().map((file) => pathToFileURL(file).href);
  return [
    ...new Set(packages),
    ...files,
    ...lazy.esFiles().map((file) => new RegExp(`/node_modules/${escaped(file)}$`)),
  ];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
