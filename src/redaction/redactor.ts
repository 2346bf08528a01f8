/** Takes secrets out of everything that is shown or sent, by name and by form, in bounded time and space. */

import { assignedSecrets, replaceSpans } from './assignments.js';
import { boundedCopy } from './bounded-copy.js';
import { redactCode } from './code.js';
import { labelledSecrets } from './labelled.js';
import { redactForms } from './secret-patterns.js';
import { SensitiveKeys } from './sensitive-keys.js';
import { isSqlSystem, isStatement, redactDetails, sanitizeInText, sanitizeStatement } from './sql.js';
import { redactPath, redactQuery } from './url.js';
import { parseRedactEntries, UserPatterns } from './user-patterns.js';

export const REDACTED = '[redacted]';
/** UTF-16 units that are looked at; the rest of a text never leaves. */
export const MAX_INPUT = 65_536;
/** UTF-16 units that are looked at for each that is shown: a secret is longer than what stands for it. */
const READ_PER_SHOWN = 4;
/** How far back from a cut something that was cut in two may have begun. */
const MAX_CUT_BACK = 1024;
/** Times that a text is read as a URL spells it. */
const MAX_DECODINGS = 3;
/** UTF-16 units of a statement that is worth remembering, and how many are. */
const MAX_STATEMENT = 1024;
const MAX_STATEMENTS = 500;
const ELLIPSIS = '…';
/** A text without any of these holds no name and no form of a secret. Most texts are such. */
const SUSPICIOUS =
  /[:=@|{$<'"`%]|\d{4}|Bearer|Basic|Digest|Negotiate|PRIVATE KEY|AUTH|\bset |--?[a-z]|(?:token|key|word|phrase|otp|jwt)[ \t]+[\w+=!$%-]*\d|[A-Za-z0-9_/+.~-]{16}/i;

export interface RedactorOptions {
  /** Statements keep their literals (`MONITORING_RAW_SQL`). */
  rawSql?: boolean;
  /** Epoch milliseconds. */
  now?: () => number;
  /** Takes a line for the operator. */
  warn?: (line: string) => void;
}

export interface Redactor {
  /** The text without secrets, at most `limit` UTF-16 units long (default 16 384) and an ellipsis. */
  text(value: string, limit?: number): string;
  /** A URL's query, without its question mark, parameter by parameter. */
  query(value: string): string;
  /** A URL, or what a request asks for, parameter by parameter and segment by segment. */
  url(value: string, route?: string): string;
  /** A URL's path without the segments that stand for secret parameters of the route, and otherwise as it is. */
  path(value: string, route: string | undefined): string;
  /** A statement of a database of the kind that `db.system.name` says, without its literals unless it takes parameters. */
  statement(value: string, system: string | undefined): string;
  /** Lines of JavaScript or TypeScript; `from` is where what is returned begins. */
  code(source: string, from?: number): string;
  /** A bounded copy made of strings, numbers, booleans, null, arrays and plain objects. Never throws. */
  copy(value: unknown): unknown;
  /** Whether what is kept under this name is a secret; `value`, as far as it is known, may show that it is none. */
  isSecret(key: string, value?: string | number): boolean;
}

/** @param extra entries of `Configuration.redact`: a key name, or `/expression/flags` */
export function createRedactor(extra: readonly string[] = [], options: RedactorOptions = {}): Redactor {
  const { rawSql = false, now = Date.now, warn = () => {} } = options;
  const { keys, patterns } = parseRedactEntries(extra);
  const sensitive = new SensitiveKeys(keys);
  const own = new UserPatterns(patterns, now, warn);
  const isSecret = (key: string, value?: string | number): boolean => sensitive.has(key, value);

  function builtIn(input: string, isRead = false): string {
    const forms = redactForms(input, REDACTED);
    const statements = rawSql || isRead ? forms : sanitizeInText(forms);
    const details = redactDetails(statements, isSecret, REDACTED);
    if (!sensitive.mayBeIn(details)) return details;
    const assigned = assignedSecrets(details, sensitive, REDACTED);
    return replaceSpans(details, [...assigned, ...labelledSecrets(details, sensitive, REDACTED)]);
  }
  const redact = (input: string): string => own.redact(SUSPICIOUS.test(input) ? builtIn(input) : input, REDACTED);

  function text(value: string, limit = 16_384): string {
    if (value === '') return value;
    const read = Math.min(MAX_INPUT, limit * READ_PER_SHOWN + MAX_CUT_BACK);
    const input = value.length > read ? cutBack(value.slice(0, read)) : value;
    const redacted = redactRead(input, redact) ?? redact(input);
    const cut = truncate(redacted, limit);
    return value.length > read && cut === redacted ? cut + ELLIPSIS : cut;
  }
  /** Statements differ in their literals; without literals they come again and again. */
  const known = new Map<string, string>();
  function sanitized(statement: string): string {
    const before = known.get(statement);
    if (before !== undefined) return before;
    const redacted = builtIn(statement, true);
    if (statement.length > MAX_STATEMENT) return redacted;
    if (known.size >= MAX_STATEMENTS) known.clear();
    known.set(statement, redacted);
    return redacted;
  }
  const rules = { keys: sensitive, text, replacement: REDACTED };
  const bounded = (value: string): string =>
    value.length > MAX_INPUT ? cutBack(value.slice(0, MAX_INPUT)) + ELLIPSIS : value;

  return {
    text,
    query: (value) => redactQuery(bounded(value), rules),
    path: (value, route) => (route === undefined ? value : redactPath(value, route, rules)),
    url(value, route) {
      const [, path = '', query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(bounded(value)) ?? [];
      const parts = [text(route === undefined ? path : redactPath(path, route, rules), MAX_INPUT)];
      if (query !== undefined) parts.push('?', redactQuery(query, rules));
      if (fragment !== undefined) parts.push('#', redactQuery(fragment, rules));
      return parts.join('');
    },
    statement(value, system = '') {
      const input = bounded(value);
      const isSql = !rawSql && (system === '' ? isStatement(input) : isSqlSystem(system));
      return own.redact(isSql ? sanitized(sanitizeStatement(input, system)) : builtIn(input), REDACTED);
    },
    code(source, from = 0) {
      const read = source.slice(0, from + MAX_INPUT);
      return own.redact(redactCode(read, { ...rules, text: redact }, from), REDACTED);
    },
    copy: (value) => boundedCopy(value, { text, sensitive, replacement: REDACTED }),
    isSecret,
  };
}

const ENCODED = /%(0[9ad]|[2-7][0-9a-f])/gi;

/** The text as it reads in a URL, without the secrets in it; undefined when there are none, or nothing is spelt in another way. */
function redactRead(text: string, redact: (text: string) => string): string | undefined {
  if (!text.includes('%')) return undefined;
  let read = text;
  for (let times = 0; times < MAX_DECODINGS; times++) {
    const next = read.replace(ENCODED, (_whole, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
    if (next === read) break;
    read = next;
  }
  if (read === text) return undefined;
  const redacted = redact(read);
  return redacted === read ? undefined : redacted;
}

/** Without the last word and the digits before it: half a secret is in no form that could be recognised. */
function cutBack(text: string): string {
  const stop = text.length - MAX_CUT_BACK;
  let end = text.length;
  while (end > stop && !/\s/.test(text.charAt(end - 1))) end--;
  while (end > stop && /[\d\s-]/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** At most `limit` UTF-16 units and an ellipsis; never half a surrogate pair. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit;
  return text.slice(0, end) + ELLIPSIS;
}
