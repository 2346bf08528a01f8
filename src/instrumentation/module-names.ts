import { isBuiltin } from 'node:module';

/**
 * The package that a `require` or `import` specifier names: `@smithy/core` of `@smithy/core/client`, `fs` of
 * `node:fs/promises`, the innermost package of a path below node_modules. Undefined for a path that leads to none.
 */
export function packageOfSpecifier(specifier: string): string | undefined {
  const first = specifier.charCodeAt(0);
  if (first === DOT || first === SLASH || specifier.includes(':')) return packageOfLocation(specifier);
  const slash = specifier.indexOf('/');
  if (slash === -1) return specifier;
  const end = first === AT ? specifier.indexOf('/', slash + 1) : slash;
  return end === -1 ? specifier : specifier.slice(0, end);
}

/** Whether a specifier names a file of the package that it stands in: `./other.js`, `#internal`. */
export function isInternal(specifier: string): boolean {
  const first = specifier.charCodeAt(0);
  return first === DOT || first === HASH;
}

/** The package of what `specifier` names in `parent`, the path or URL of a file: that of the file itself for `./other.js`. */
export function packageOfRequest(specifier: string, parent: string | null | undefined): string | undefined {
  if (!isInternal(specifier)) return packageOfSpecifier(specifier);
  return parent ? packageOfFile(parent) : undefined;
}

/** The innermost package below node_modules that the file `path` belongs to. */
export function packageOfFile(path: string): string | undefined {
  const below = path.lastIndexOf(NODE_MODULES);
  if (below < 1 || !isSeparator(path.charCodeAt(below - 1))) return undefined;
  const start = below + NODE_MODULES.length + 1;
  let end = separatorAfter(path, start);
  if (path.charCodeAt(start) === AT) end = separatorAfter(path, end + 1);
  return end === -1 ? undefined : path.slice(start, end).replace('\\', '/');
}

/** The last part of a specifier, without an extension; empty for a directory (`..`, `./`). */
export function stemOf(specifier: string): string {
  const last = specifier.slice(specifier.lastIndexOf('/') + 1);
  return last.replace(EXTENSION, '');
}

/** How a specifier of the file `path` may end, as `stemOf` has it: `lib/index.js` is also `./lib`. */
export function stemsOfFile(path: string): string[] {
  const parts = path.split(/[\\/]/);
  const stem = stemOf(parts.at(-1) ?? '');
  return stem === 'index' ? [stem, parts.at(-2) ?? ''] : [stem];
}

/** The specifier of a module built into Node, without `node:` where it has a name without; undefined for any other. */
export function builtinName(specifier: string): string | undefined {
  if (!isBuiltin(specifier)) return undefined;
  if (!specifier.startsWith('node:')) return specifier;
  const bare = specifier.slice('node:'.length);
  return isBuiltin(bare) ? bare : specifier;
}

function packageOfLocation(specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return packageOfSpecifier(specifier.slice('node:'.length));
  return packageOfFile(specifier);
}

function separatorAfter(path: string, from: number): number {
  for (let at = from; at < path.length; at++) if (isSeparator(path.charCodeAt(at))) return at;
  return -1;
}

function isSeparator(code: number): boolean {
  return code === SLASH || code === BACKSLASH;
}

const NODE_MODULES = 'node_modules';
const EXTENSION = /\.[cm]?js$|^\.\.?$/;
const DOT = 46;
const HASH = 35;
const SLASH = 47;
const AT = 64;
const BACKSLASH = 92;
