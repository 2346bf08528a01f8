import { middlewareTemplate, mountTemplate } from './express-mounts.js';

/** What Express 4 and 5 leave on a request that one of their routes or mounted middleware took. */
interface ExpressRequest {
  /** Path of the routers and apps above the route, as the client wrote it: not a template. None when an error has left them all. */
  baseUrl?: unknown;
  /** The rest of the path, also as a middleware has rewritten it. */
  url?: unknown;
  originalUrl?: unknown;
  route?: unknown;
  app?: unknown;
}

/**
 * The template of the route, or of the path of the middleware, that took the request, read when its response has ended; undefined when none
 * did, or none that we can read. Never anything that the client wrote.
 */
export function routeOf(request: object): string | undefined {
  const { route, baseUrl, url, originalUrl, app } = request as ExpressRequest;
  const base = typeof baseUrl === 'string' ? baseUrl : '';
  if (typeof route !== 'object' || route === null || !('path' in route)) {
    return base === '' ? undefined : middlewareTemplate(app, base);
  }
  const path = pathTemplate(route.path);
  if (path === undefined || typeof originalUrl !== 'string') return path;
  const whereabouts = { baseUrl: base, url: typeof url === 'string' ? url : '', originalUrl };
  const mount = mountTemplate(app, route, whereabouts);
  if (mount === undefined) return undefined;
  return path === '/' || path === '' ? mount || '/' : mount + path;
}

/** A path as Express takes it: text, a regular expression, or a list of these. */
export function pathTemplate(path: unknown): string | undefined {
  if (typeof path === 'string') return path;
  if (path instanceof RegExp) return String(path);
  if (!Array.isArray(path)) return undefined;
  return path.flat(Number.POSITIVE_INFINITY).map(String).join(',');
}
