/** Methods that a metric or a span may name: the HTTP conventions' list. Anything else would let a client make up series. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
]);

export const OTHER_METHOD = '_OTHER';

/** The method as the HTTP conventions name it: a known one in capitals, else `_OTHER`; absent, `GET`. */
export function knownMethod(method: string | undefined): string {
  if (method === undefined) return 'GET';
  if (KNOWN_METHODS.has(method)) return method;
  const upper = method.toUpperCase();
  return KNOWN_METHODS.has(upper) ? upper : OTHER_METHOD;
}
