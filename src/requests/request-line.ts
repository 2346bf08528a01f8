/** The path without query of a request line's target, which a proxy's client may give with scheme and host. */
export function pathOf(target: string): string {
  const end = target.indexOf('?');
  const path = end === -1 ? target : target.slice(0, end);
  if (path.startsWith('/') || !URL.canParse(path)) return path;
  return new URL(path).pathname;
}

/** The query of a request line's target, without its question mark. */
export function queryOf(target: string): string | undefined {
  const start = target.indexOf('?');
  return start === -1 ? undefined : target.slice(start + 1);
}

/** Node says `2.0`; the protocol has no minor version any more. */
export function protocolVersion(httpVersion: string): string {
  return httpVersion === '2.0' ? '2' : httpVersion;
}
