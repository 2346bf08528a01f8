import { pathOf } from './request-line.js';

/**
 * Finds the template of what stands above an Express route.
 *
 * Express tells a handler the mounted part of its path only as the client wrote it (`/users/42` for a router mounted at `/users/:id`).
 * So the way from the application down to the route is looked up in the routers' stacks, once per route: the layers of that way are
 * remembered with the route, and a later request only checks that they match.
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

interface Application {
  _router?: { stack: Layer[] };
  router?: { stack: Layer[] };
  parent?: unknown;
}

interface Match {
  /** The part of the path that the layer takes. */
  taken: string;
  template: string;
}

/** The layers from the application down to a route: of the routers and applications above it, and its own. */
interface Way {
  above: Layer[];
  own: Layer;
}

/** Ways remembered for a route that is reached on several, and failed searches after which a route is given up. */
const MAX_WAYS = 20;
const MAX_FAILURES = 20;

interface Known {
  ways: Way[];
  failures: number;
  /** The route is one of the outermost application's own. */
  outermost: boolean;
}

const known = new WeakMap<object, Known>();

/**
 * The template of what stands above `route`; undefined when it cannot be found, as when a function of the app calls a router itself.
 *
 * @param baseUrl as Express has it. An error that a router passes on takes it away with it: then, as for a route with nothing above it,
 *   it is empty.
 * @param originalUrl all that the client asked for, which leads to the route when the base does not
 */
export function mountTemplate(app: unknown, route: object, baseUrl: string, originalUrl: string): string | undefined {
  const entry = entryOf(app, route);
  if (baseUrl === '' && entry.outermost) return '';
  const asked = { path: pathOf(originalUrl), isWhole: false };
  // Within an error handler that is mounted at a path, the base is that path and leads to no route.
  const leads = baseUrl === '' ? [asked] : [{ path: baseUrl, isWhole: true }, asked];
  for (const { path, isWhole } of leads) {
    for (const way of entry.ways) {
      const template = templateOf(way, path, isWhole);
      if (template !== undefined) return template;
    }
  }
  if (entry.failures >= MAX_FAILURES || entry.ways.length >= MAX_WAYS) return undefined;
  for (const { path, isWhole } of leads) {
    const way = findWay(app, route, path, isWhole);
    if (way === undefined) continue;
    entry.ways.push(way);
    return templateOf(way, path, isWhole);
  }
  entry.failures += 1;
  return undefined;
}

function entryOf(app: unknown, route: object): Known {
  let entry = known.get(route);
  if (entry === undefined) {
    entry = { ways: [], failures: 0, outermost: isOutermost(app, route) };
    known.set(route, entry);
  }
  return entry;
}

function isOutermost(app: unknown, route: object): boolean {
  const [root] = applications(app);
  return root === undefined || stackOf(root).some((layer) => layer.route === route);
}

/** @param isWhole whether `path` ends above the route, or goes on with what the route itself takes */
function templateOf({ above, own }: Way, path: string, isWhole: boolean): string | undefined {
  let rest = path;
  let template = '';
  for (const layer of above) {
    const match = matchLayer(layer, rest);
    if (match === undefined) return undefined;
    rest = rest.slice(match.taken.length);
    template += match.template;
  }
  return leadsTo(own, rest, isWhole) ? template : undefined;
}

function leadsTo(own: Layer, rest: string, isWhole: boolean): boolean {
  return isWhole ? rest === '' : matchLayer(own, rest || '/') !== undefined;
}

function findWay(app: unknown, route: object, path: string, isWhole: boolean): Way | undefined {
  const [root, ...below] = applications(app);
  return (
    root && search(stackOf(root), path, below, (layer, rest) => layer.route === route && leadsTo(layer, rest, isWhole))
  );
}

/** Depth first for a layer, through routers and mounted applications that take their parts of the path. */
function search(
  stack: Layer[],
  rest: string,
  below: Application[],
  isGoal: (layer: Layer, rest: string) => boolean,
): Way | undefined {
  for (const layer of stack) {
    if (isGoal(layer, rest)) return { above: [], own: layer };
    if (layer.route !== undefined) continue;
    const inside = insideOf(layer.handle, below);
    const match = inside && matchLayer(layer, rest);
    if (inside === undefined || match === undefined) continue;
    const way = search(inside.stack, rest.slice(match.taken.length), inside.below, isGoal);
    if (way !== undefined) return { above: [layer, ...way.above], own: way.own };
  }
  return undefined;
}

function insideOf(handle: unknown, below: Application[]): { stack: Layer[]; below: Application[] } | undefined {
  if (typeof handle !== 'function') return undefined;
  if ('stack' in handle && Array.isArray(handle.stack)) return { stack: handle.stack, below };
  const [next, ...rest] = below;
  // The function under which app.use() hides an application tells nothing of it, but the request knows its applications.
  if (handle.name === 'mounted_app' && next !== undefined) return { stack: stackOf(next), below: rest };
  return 'handle' in handle ? { stack: stackOf(handle as Application), below } : undefined;
}

/** The applications that a request went through, the outermost first. */
function applications(app: unknown): Application[] {
  const chain: Application[] = [];
  for (let next = app; isObject(next) && chain.length < MAX_WAYS; next = next.parent) chain.unshift(next);
  return chain;
}

function stackOf(app: Application): Layer[] {
  // Express 4 first: its `router` only throws.
  if (app._router !== undefined) return app._router.stack;
  if ('lazyrouter' in app) return [];
  return app.router?.stack ?? [];
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
