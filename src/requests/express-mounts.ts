import { pathOf } from './request-line.js';

/**
 * Finds the template of what stands above an Express route.
 *
 * Express tells a handler the mounted part of its path only as the client wrote it (`/users/42` for a router mounted at `/users/:id`).
 * So the ways from the application down to a route are looked up in the routers' stacks. They are remembered with the route until one of
 * these stacks changes, and are tried for each request in the order in which Express tries them: that of registration.
 */

/** A router's entry: Express 4 has `regexp` and `keys`, Express 5 `matchers` and, from router 2.3, `rawPath`. */
interface Layer {
  handle?: unknown;
  route?: unknown;
  slash?: boolean;
  regexp?: RegExp & { fast_slash?: boolean };
  keys?: { name: string | number }[];
  matchers?: ((path: string) => { path: string; params: Record<string, string | string[]> } | false)[];
  rawPath?: unknown;
}

interface HasStack {
  readonly stack: Layer[];
}

interface Application {
  _router?: HasStack;
  router?: HasStack;
  parent?: unknown;
}

interface Match {
  /** The part of the path that the layer takes. */
  taken: string;
  template: string;
}

/** A layer on the ways to a goal; `below` are the next layers, absent where the layer is the goal. */
interface Step {
  readonly layer: Layer;
  readonly below?: readonly Step[];
}

/** All ways from an application to a goal, and the stacks in which they were found. */
interface Ways {
  readonly steps: readonly Step[];
  readonly looked: readonly LookedThrough[];
}

/** A stack as it was when it was looked through; registering something adds to its end. */
interface LookedThrough {
  readonly router: HasStack;
  readonly stack: Layer[];
  readonly length: number;
  readonly last: Layer | undefined;
}

/** Applications mounted in each other that are followed. */
const MAX_APPLICATIONS = 20;

/** Where a request stands: the parts of its path that may lead to its route. */
export interface Whereabouts {
  /** As Express has it. An error that a router passes on takes it away: then, as for a route with nothing above it, it is empty. */
  readonly baseUrl: string;
  /** What of the path is not in `baseUrl`, also as a middleware has rewritten it. */
  readonly url: string;
  /** All that the client asked for. */
  readonly originalUrl: string;
}

interface KnownRoute {
  /** The route is one of the outermost application's own. */
  readonly isOutermost: boolean;
  /** By the application that the request was in when it was answered. */
  readonly ways: Map<unknown, Ways>;
}

const knownRoutes = new WeakMap<object, KnownRoute>();
const knownMounts = new WeakMap<object, Ways>();

/** The template of what stands above `route`; undefined when it cannot be found. */
export function mountTemplate(app: unknown, route: { path: unknown }, whereabouts: Whereabouts): string | undefined {
  const { baseUrl } = whereabouts;
  const known = knownRoute(app, route);
  if (baseUrl === '' && known.isOutermost) return '';
  const own = waysFrom(app, route, known);
  if (own !== undefined && baseUrl !== '') {
    const template = templateOf(own.steps, baseUrl, true);
    if (template !== undefined) return template;
  }
  return templateAfterwards(app, route, known, whereabouts);
}

/** For a request whose base does not lead to its route: within an error handler that is mounted at a path, and out of its routers. */
function templateAfterwards(
  app: unknown,
  route: { path: unknown },
  known: KnownRoute,
  { baseUrl, url, originalUrl }: Whereabouts,
): string | undefined {
  const asked = baseUrl + pathOf(url);
  const paths = [asked, pathOf(originalUrl)];
  // An error that leaves a mounted application leaves the request with the one above, from which no way can be seen.
  const own = known.ways.get(app);
  for (const ways of [...(own ? [own] : []), ...known.ways.values()]) {
    for (const path of paths) {
      const template = templateOf(ways.steps, path, false);
      if (template !== undefined) return template;
    }
  }
  // Then a function of the application has called the router.
  if (baseUrl !== '') return middlewareTemplate(app, baseUrl);
  return takesWhole(route.path, asked) ? '' : undefined;
}

/** The template of the path at which a middleware is mounted; one without parameters is preferred. */
export function middlewareTemplate(app: unknown, baseUrl: string): string | undefined {
  const [root, ...below] = applications(app);
  if (root === undefined || baseUrl === '') return undefined;
  const innermost = below.at(-1) ?? root;
  let ways = knownMounts.get(innermost);
  if (ways === undefined || !isUnchanged(ways)) {
    ways = findWays(root, below, (layer, isRouter) => layer.route === undefined && !isRouter);
    knownMounts.set(innermost, ways);
  }
  let first: string | undefined;
  for (const template of mountsAt(ways.steps, baseUrl)) {
    if (template === baseUrl) return template;
    first ??= template;
  }
  return first;
}

function knownRoute(app: unknown, route: object): KnownRoute {
  let known = knownRoutes.get(route);
  if (known === undefined) {
    known = { isOutermost: isOutermost(app, route), ways: new Map() };
    knownRoutes.set(route, known);
  }
  return known;
}

function isOutermost(app: unknown, route: object): boolean {
  const [root] = applications(app);
  return root === undefined || routerOf(root).stack.some((layer) => layer.route === route);
}

function waysFrom(app: unknown, route: object, { ways }: KnownRoute): Ways | undefined {
  const known = ways.get(app);
  if (known !== undefined && isUnchanged(known)) return known;
  const [root, ...below] = applications(app);
  if (root === undefined) return undefined;
  const found = findWays(root, below, (layer) => layer.route === route);
  ways.set(app, found);
  return found;
}

function isUnchanged({ looked }: Ways): boolean {
  for (let i = 0; i < looked.length; i++) {
    const before = looked[i];
    if (before === undefined) continue;
    const { stack } = before.router;
    if (stack !== before.stack || stack.length !== before.length || stack[before.length - 1] !== before.last)
      return false;
  }
  return true;
}

function findWays(root: Application, below: Application[], isGoal: (layer: Layer, isRouter: boolean) => boolean): Ways {
  const found = new Map<Layer[], Step[]>();
  const looked: LookedThrough[] = [];
  const look = ({ router, below }: Inside): Step[] => {
    const { stack } = router;
    const known = found.get(stack);
    if (known !== undefined) return known;
    const steps: Step[] = [];
    // Before it is complete: a router may be mounted in itself.
    found.set(stack, steps);
    looked.push({ router, stack, length: stack.length, last: stack[stack.length - 1] });
    for (const layer of stack) {
      const inside = layer.route === undefined ? insideOf(layer.handle, below) : undefined;
      if (isGoal(layer, inside !== undefined)) steps.push({ layer });
      else if (inside !== undefined) {
        const next = look(inside);
        if (next.length > 0) steps.push({ layer, below: next });
      }
    }
    return steps;
  };
  return { steps: look({ router: routerOf(root), below }), looked };
}

/** @param isWhole whether `path` ends above the route, or goes on with what the route itself takes */
function templateOf(steps: readonly Step[], path: string, isWhole: boolean): string | undefined {
  for (const { layer, below } of steps) {
    if (below === undefined) {
      if (isWhole ? path === '' : matchLayer(layer, path || '/') !== undefined) return '';
      continue;
    }
    const match = matchLayer(layer, path);
    const rest = match && templateOf(below, path.slice(match.taken.length), isWhole);
    if (match !== undefined && rest !== undefined) return match.template + rest;
  }
  return undefined;
}

/** The templates of the middleware whose paths are the whole of `path`. */
function* mountsAt(steps: readonly Step[], path: string): Generator<string> {
  for (const { layer, below } of steps) {
    const match = matchLayer(layer, path);
    if (match === undefined) continue;
    const rest = path.slice(match.taken.length);
    if (below === undefined) {
      if (rest === '') yield match.template;
    } else for (const template of mountsAt(below, rest)) yield match.template + template;
  }
}

/** Whether a route's path, of plain segments and parameters, takes all of `asked`: then nothing stands above the route. */
function takesWhole(path: unknown, asked: string): boolean {
  if (typeof path !== 'string') return false;
  const [segments, given] = [path, asked].map((each) => withoutTrailingSlash(each).split('/'));
  return (
    segments?.length === given?.length &&
    (segments ?? []).every((segment, i) => {
      const own = given?.[i] ?? '';
      return /^:\w+$/.test(segment) ? own !== '' : segment.toLowerCase() === own.toLowerCase();
    })
  );
}

interface Inside {
  readonly router: HasStack;
  /** The applications further below that the request went through. */
  readonly below: Application[];
}

function insideOf(handle: unknown, below: Application[]): Inside | undefined {
  if (typeof handle !== 'function') return undefined;
  if ('stack' in handle && Array.isArray(handle.stack)) return { router: handle as unknown as HasStack, below };
  const [next, ...rest] = below;
  // The function under which app.use() hides an application tells nothing of it, but the request knows its applications.
  if (handle.name === 'mounted_app' && next !== undefined) return { router: routerOf(next), below: rest };
  return 'handle' in handle ? { router: routerOf(handle as Application), below } : undefined;
}

/** The applications that a request went through, the outermost first. */
function applications(app: unknown): Application[] {
  const chain: Application[] = [];
  for (let next = app; isObject(next) && chain.length < MAX_APPLICATIONS; next = next.parent) chain.unshift(next);
  return chain;
}

function routerOf(app: Application): HasStack {
  // Express 4 first: its `router` only throws.
  if (app._router !== undefined) return app._router;
  if (!('lazyrouter' in app) && app.router !== undefined) return app.router;
  return new RouterToCome(app);
}

const NOTHING: Layer[] = [];

/** Of an application without routes; it makes its router with the first. */
class RouterToCome implements HasStack {
  readonly #app: Application;

  constructor(app: Application) {
    this.#app = app;
  }

  get stack(): Layer[] {
    const router = routerOf(this.#app);
    return router instanceof RouterToCome ? NOTHING : router.stack;
  }
}

function isObject(value: unknown): value is Application {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function matchLayer(layer: Layer, path: string): Match | undefined {
  if (layer.regexp?.fast_slash || layer.slash) return { taken: '', template: '' };
  if (layer.regexp !== undefined) return matchExpression(layer.regexp, layer.keys ?? [], path);
  return matchFunctions(layer, path);
}

/** Express 4: the places of the captures say where the parameters stand. */
function matchExpression(regexp: RegExp, keys: { name: string | number }[], path: string): Match | undefined {
  const match = withIndices(regexp).exec(path);
  if (match?.indices === undefined) return undefined;
  const taken = withoutTrailingSlash(match[0]);
  let template = '';
  let end = 0;
  for (const [i, place] of match.indices.slice(1).entries()) {
    if (place === undefined || place[0] < end) continue;
    template += `${taken.slice(end, place[0])}:${keys[i]?.name ?? i}`;
    end = place[1];
  }
  return { taken, template: template + taken.slice(end) };
}

const indexed = new WeakMap<RegExp, RegExp>();

function withIndices(regexp: RegExp): RegExp {
  let copy = indexed.get(regexp);
  if (copy === undefined) {
    copy = new RegExp(regexp.source, `${regexp.flags.replace(/[dgy]/g, '')}d`);
    indexed.set(regexp, copy);
  }
  return copy;
}

/** Express 5: the matching path as it was given, or, before router 2.3, the path with the values of its parameters replaced. */
function matchFunctions(layer: Layer, path: string): Match | undefined {
  const given = Array.isArray(layer.rawPath) ? layer.rawPath : [layer.rawPath];
  for (const [i, matcher] of (layer.matchers ?? []).entries()) {
    const match = matcher(path);
    if (!match) continue;
    const taken = withoutTrailingSlash(match.path);
    const source: unknown = given[i];
    if (source === undefined) return { taken, template: withNames(taken, match.params) };
    return { taken, template: withoutTrailingSlash(String(source)) };
  }
  return undefined;
}

function withNames(path: string, params: Record<string, string | string[]>): string {
  let template = path;
  for (const [name, value] of Object.entries(params)) {
    const values = Array.isArray(value) ? value : [value];
    const sign = Array.isArray(value) ? '*' : ':';
    const plain = values.join('/');
    const encoded = values.map(encodeURIComponent).join('/');
    template = template.includes(`/${plain}`)
      ? template.replace(`/${plain}`, () => `/${sign}${name}`)
      : template.replace(encoded, () => `${sign}${name}`);
  }
  return template;
}

function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
