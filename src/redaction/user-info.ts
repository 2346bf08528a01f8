/** User and password in URLs, also in those that no parser takes: a `#`, `/` or `?` in a password is often not encoded. */

const SCHEME = /\b([a-z][a-z0-9+.-]{1,24}):\/\//gi;
/** Further words of a password that has spaces, up to the `@` and what may be a host. */
const SPACED = /[^\r\n"'<>`@\\]{1,64}@(?=[\w[])/y;
const PORT = /^\d{0,5}(?:[,\s]|$)/;
const RUN_END = /[\s"'<>`]|$/g;
const AUTHORITY_END = /[/?#\s"'<>`]|$/g;
const WEB = /^(?:https?|wss?)$/i;
/** A name that is no secret: `git@`, `deploy@`. */
const USER = /^[a-z][a-z._-]{0,15}$/;

/** A run of characters without spaces and quotes, and where its last `@` is. */
interface Run {
  end: number;
  lastAt: number;
}

/** A driver's `connect ECONNREFUSED user:password@host`, and a host with a port: without a scheme nothing else tells a user from a word. */
const BARE =
  /(\bE[A-Z]{4,20} |(?<![\w/:@.+-]))([\w.-]{1,32}):([^\s@/:"'`<>]{1,128})@(?=[A-Za-z][\w.-]{0,100}(:\d{2,5}(?!\w))?)/g;
const NO_USER = /^(?:npm|mailto|sips?|acct|xmpp|workspace|file|link|portal|patch)$/;

/** Takes users and passwords out of addresses without a scheme, such as `bob:secret@db:5432`. */
export function replaceBareUserInfo(text: string, replacement: string): string {
  if (!text.includes('@')) return text;
  return text.replace(BARE, (whole, before: string, user: string, _password: string, port: string | undefined) =>
    NO_USER.test(user) || (before === '' && port === undefined) ? whole : `${before}${replacement}@`,
  );
}

/** `text` with user and password of every URL replaced; a user alone stays where the scheme is not of the web. */
export function replaceUserInfo(text: string, replacement: string): string {
  if (!text.includes('://') || !text.includes('@')) return text;
  let result = '';
  let copied = 0;
  let run: Run = { end: 0, lastAt: -1 };
  SCHEME.lastIndex = 0;
  for (let match = SCHEME.exec(text); match !== null; match = SCHEME.exec(text)) {
    const [, scheme = ''] = match;
    const start = SCHEME.lastIndex;
    if (start >= run.end) run = runFrom(text, start);
    const end = userInfoEnd(text, scheme, start, run);
    if (end < 0) continue;
    const user = text.slice(start, end);
    if (USER.test(user) && (!WEB.test(scheme) || user === 'git')) continue;
    result += text.slice(copied, start) + replacement;
    copied = end;
    SCHEME.lastIndex = end;
  }
  return result + text.slice(copied);
}

function runFrom(text: string, start: number): Run {
  const end = next(RUN_END, text, start);
  return { end, lastAt: text.lastIndexOf('@', end) };
}

function next(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

/** Where the `@` behind the user information stands; negative: there is none. */
function userInfoEnd(text: string, scheme: string, start: number, run: Run): number {
  const authorityEnd = next(AUTHORITY_END, text, start);
  const authority = text.slice(start, authorityEnd);
  const isWeb = WEB.test(scheme);
  if (authority.includes('@')) return isWeb ? start + authority.lastIndexOf('@') : lastAtBeforeQuery(text, start, run);
  const colon = authority.indexOf(':');
  if (colon < 0) return -1;
  if (run.lastAt < authorityEnd) {
    return isWeb || run.end !== authorityEnd || PORT.test(authority.slice(colon + 1)) ? -1 : spacedEnd(text, run.end);
  }
  // `http://localhost:8080/#/@me` has a port; what begins otherwise is a password that was not encoded.
  const hasPort = /^\d{1,5}$/.test(authority.slice(colon + 1));
  return hasPort && (isWeb || text.charAt(authorityEnd) === '/') ? -1 : lastAtBeforeQuery(text, start, run);
}

function spacedEnd(text: string, from: number): number {
  SPACED.lastIndex = from;
  return SPACED.test(text) ? SPACED.lastIndex - 1 : -1;
}

/** A query may have more of them: `?appName=@shop@`. */
function lastAtBeforeQuery(text: string, start: number, run: Run): number {
  const rest = text.slice(start, run.end);
  const query = rest.search(/\?[\w.-]+=/);
  const at = query < 0 ? run.lastAt : start + rest.lastIndexOf('@', query);
  return at < start ? start + rest.indexOf('@') : at;
}
