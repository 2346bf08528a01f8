/** The keys of a configuration file as paths: `tracer_provider.processors[0].batch`. */

export type Scalar = string | number | boolean;

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

export function join(path: string, key: string, isItem = false): string {
  if (isItem) return `${path}[${key}]`;
  return path ? `${path}.${key}` : key;
}

/** Whether one path is another one, or leads on from it. */
export function isAtOrBelow(path: string, ancestor: string): boolean {
  return path.startsWith(ancestor) && /^($|[.[])/.test(path.slice(ancestor.length));
}

/** The beginnings of a path that are paths, the shortest first, and the path itself. */
export function pathsTo(path: string): string[] {
  return [...path.matchAll(/[.[]|$/g)].map(({ index }) => path.slice(0, index));
}

/** The path of each structure of a file. */
export type Paths = WeakMap<object, string>;

/** All scalars below a structure. An empty value is none. */
export function leavesOf(structure: object, paths: Paths): { path: string; value: Scalar }[] {
  const path = paths.get(structure) ?? '';
  return Object.entries(structure).flatMap(([key, child]) => {
    if (typeof child === 'object' && child !== null) return leavesOf(child, paths);
    const isLeaf = isScalar(child) && child !== '';
    return isLeaf ? [{ path: join(path, key, Array.isArray(structure)), value: child }] : [];
  });
}
