/** Takes secrets out of everything an event carries, by key and by form, in bounded time and space. */

import { redactAssignments } from './assignments.js';
import { boundedCopy } from './bounded-copy.js';
import { redactForms } from './secret-patterns.js';
import { SensitiveKeys } from './sensitive-keys.js';
import { parseRedactEntries, type RefusedPattern, UserPatterns } from './user-patterns.js';

export const REDACTED = '[redacted]';
/** UTF-16 units that are looked at; the rest of a text never leaves. */
export const MAX_INPUT = 65_536;
/** How far back from a cut something that was cut in two may have begun. */
const MAX_CUT_BACK = 1024;
const ELLIPSIS = '…';

export interface Redactor {
  /** The text without secrets, at most `limit` UTF-16 units long (default 16 384) and an ellipsis. */
  text(value: string, limit?: number): string;
  /** A bounded copy made of strings, numbers, booleans, null, arrays and plain objects. Never throws. */
  copy(value: unknown): unknown;
  /** Whether what is kept under this name is a secret; `value`, as far as it is known, may show that it is none. */
  isSecret(key: string, value?: string | number): boolean;
  /** Entries of the setting that are no valid expression. */
  readonly refused: readonly RefusedPattern[];
}

/**
 * @param extra entries of `Configuration.redact`: a key name, or `/expression/flags`
 * @param now epoch milliseconds
 */
export function createRedactor(extra: readonly string[] = [], now: () => number = Date.now): Redactor {
  const { keys, patterns, refused } = parseRedactEntries(extra);
  const sensitive = new SensitiveKeys(keys);
  const own = new UserPatterns(patterns, now);

  const redact = (input: string): string =>
    own.redact(redactAssignments(redactForms(input, REDACTED), sensitive, REDACTED), REDACTED);

  function text(value: string, limit = 16_384): string {
    if (value === '') return value;
    const input = value.length > MAX_INPUT ? cutBack(value.slice(0, MAX_INPUT)) : value;
    const redacted = redactRead(input, redact) ?? redact(input);
    const cut = truncate(redacted, limit);
    return value.length > MAX_INPUT && cut === redacted ? cut + ELLIPSIS : cut;
  }

  return {
    text,
    copy: (value) => boundedCopy(value, { text, sensitive, replacement: REDACTED }),
    isSecret: (key, value) => sensitive.has(key, value),
    refused,
  };
}

/** What is followed by an explanation: the names of errors, of which AWS calls some after tokens, and our own first line. */
const EXPLAINED = /(\b(?:(?:[A-Z][a-z0-9]+){2,}|credentials): )/;

/** A line of ours to the operator without secrets: `ExpiredToken: The token has expired` tells none. */
export function redactNotice(line: string, redactor: Pick<Redactor, 'text'>): string {
  const parts = line.split(EXPLAINED);
  return parts.map((part, index) => (index % 2 === 1 ? part : redactor.text(part))).join('');
}

const ENCODED = /%([2-7][0-9a-f])/gi;

/** The text as it reads in a URL, without the secrets in it; undefined when there are none, or nothing is spelt in another way. */
function redactRead(text: string, redact: (text: string) => string): string | undefined {
  if (!text.includes('%')) return undefined;
  const read = text.replace(ENCODED, (_whole, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
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
