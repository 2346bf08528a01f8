/** Queries and paths: parameters one by one, by their decoded names; segments by the names of the route's parameters. */

import type { SensitiveKeys } from './sensitive-keys.js';
import { isHarmlessValue } from './values.js';

/** Times that a name is decoded: a proxy that encodes an address again encodes its names once more. */
const MAX_DECODINGS = 3;

/** What stands for a value in a query, as OpenTelemetry's conventions for `url.query` and `url.full` have it. */
const REDACTED_VALUE = 'REDACTED';

interface UrlRules {
  keys: SensitiveKeys;
  /** A text without secrets. */
  text: (value: string) => string;
  replacement: string;
}

/** A query without its question mark. What holds no secret is left as it was written. */
export function redactQuery(query: string, rules: UrlRules): string {
  return query.replace(/[^&;]+/g, (pair) => redactPair(pair, rules));
}

function redactPair(pair: string, { keys, text }: UrlRules): string {
  const equals = pair.indexOf('=');
  if (equals < 0) return text(pair);
  const name = lastName(decoded(pair.slice(0, equals)));
  const value = pair.slice(equals + 1);
  const plain = decoded(value);
  if (keys.hasInQuery(name, plain)) {
    return isHarmlessValue(plain) ? pair : `${pair.slice(0, equals)}=${REDACTED_VALUE}`;
  }
  const redacted = text(plain);
  return redacted === plain ? pair : `${pair.slice(0, equals)}=${redacted}`;
}

/** The name in a pair, which an address within the query may precede: `/callback?code`. */
function lastName(text: string): string {
  return text.slice(Math.max(text.lastIndexOf('?'), text.lastIndexOf('#')) + 1);
}

function decoded(text: string): string {
  let read = text;
  for (let times = 0; times < MAX_DECODINGS && read.includes('%'); times++) {
    const next = decodedOnce(read);
    if (next === read) break;
    read = next;
  }
  return read;
}

function decodedOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%(0[9ad]|[2-7][0-9a-f])/gi, (_whole, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
  }
}

/** A parameter of a route: Express', Fastify's and Koa's `:token`, hapi's and OpenAPI's `{token}`, Next's `[token]`. */
const PARAMETER = /:([A-Za-z_]\w*)|\{[*+]?([A-Za-z_]\w*)|\[(?:\.\.\.)?([A-Za-z_]\w*)/g;
const WILDCARD = /\*|\.\.\.|\{[^}]*[*+]/;

/** A path without the segments that stand for secret parameters of its route: `/reset/:token`. */
export function redactPath(path: string, route: string, { keys, replacement }: UrlRules): string {
  if (!hasSecretParameter(route, keys)) return path;
  const templates = route.split('/');
  const origin = /^[a-z][a-z0-9+.-]{1,24}:\/\/[^/?#]*/i.exec(path)?.[0] ?? '';
  const segments = path.slice(origin.length).split('/');
  const wild = templates.findIndex((template) => WILDCARD.test(template));
  let isChanged = false;
  templates.forEach((template, index) => {
    if (!namesSecret(template, keys)) return;
    const isBehindWild = wild >= 0 && index > wild;
    const first = isBehindWild ? segments.length - (templates.length - index) : index;
    const last = index === wild ? segments.length - (templates.length - index) : first;
    for (let at = first; at <= last; at++) {
      if (segments[at] === undefined || segments[at] === '' || segments[at] === template) continue;
      segments[at] = replacement;
      isChanged = true;
    }
  });
  return isChanged ? origin + segments.join('/') : path;
}

/** Routes are few, and reading one takes some microseconds. */
const MAX_ROUTES = 1000;
const routesOfKeys = new WeakMap<SensitiveKeys, Map<string, boolean>>();

function hasSecretParameter(route: string, keys: SensitiveKeys): boolean {
  const routes = routesOfKeys.get(keys) ?? new Map<string, boolean>();
  routesOfKeys.set(keys, routes);
  const known = routes.get(route);
  if (known !== undefined) return known;
  if (routes.size >= MAX_ROUTES) routes.clear();
  const has = namesSecret(route, keys);
  routes.set(route, has);
  return has;
}

function namesSecret(template: string, keys: SensitiveKeys): boolean {
  for (const [, colon, brace, bracket] of template.matchAll(PARAMETER)) {
    if (keys.hasInQuery(colon ?? brace ?? bracket ?? '', 'a1b2c3d4')) return true;
  }
  return false;
}
