/** Secrets written in text beside their names: `key: value`, `key=value`, `--key value`, `<key>value</key>`, `["key", "value"]`. */

import type { SensitiveKeys } from './sensitive-keys.js';
import { isHarmlessValue, isOpaque, MAX_HARMLESS, quoteAt, type Span, type ValueRules, valueSpan } from './values.js';

const SEPARATOR = /[:=]|%3[aAdD]/g;
/** What may follow the first character of a separator: `:=`, `==`, `=>`. */
const SEPARATOR_REST = /(?:[:=>~]|&gt;){0,3}/y;
/** Between separator and value: spaces, and a line break where no frame of a stack, no list and no other name follows. */
const GAP =
  /(?:[ \t]|\\+t)*(?:[|>][ \t]*(?=[\r\n]|\\+[rn]))?(?:(?:\r?\n|(?:\\+r)?\\+n)[ \t]*(?!at |-|[\w.$-]+[ \t]*[:=]|[\s<]))?/y;
const NAME = /[\w.$-]/;
const TYPE = /^(?:string|str|String|any|unknown|byte)$/;
const TYPED = /([\w$-]{2,64})(?: ?: ?| )$/;
/** UTF-16 units before a name in which a quote may open a string. */
const MAX_TO_QUOTE = 200;
/** UTF-16 units before a name in which an apostrophe may open a string. */
const MAX_TO_APOSTROPHE = 40;
/** UTF-16 units of a name that are looked at; a longer run is no name. */
const MAX_NAME = 96;
/** Before the quote of a string that was escaped six times. */
const MAX_BACKSLASHES = 64;
/** UTF-16 units before a name in which other words of it may stand. */
const MAX_PHRASE = 40;
const FLAG = /(?<![\w-])(--?[A-Za-z][\w-]*)[ \t]{1,4}(?=[^\s-])/g;
/** `-u user:password` of curl, `-p password` of docker. */
const USER_FLAG =
  /(?<![\w-])(?:(?:-u|--user|--proxy-user)[ \t]{1,4}|--(?:proxy-)?user=)(?=\\*["']?[^\s"'$<{:\\]*:[^\s"'$])/g;
const LOGIN_FLAG = new RegExp(
  `\\b(?:${[
    '(?:docker|podman|sshpass|helm registry) (?:login )?[^\\n]{0,80}?-p[ \\t]{1,4}',
    '(?:mysql\\w{0,20}|mariadb[\\w-]{0,20}|7z) (?:[^\\n]{0,80}? )?-p',
    'redis-cli (?:[^\\n]{0,80}? )?-a ',
    'openssl (?:[^\\n]{0,80}? )?-[kK] ',
    'zip (?:[^\\n]{0,80}? )?-P ?',
    'ldap\\w{1,20} (?:[^\\n]{0,80}? )?-w ',
  ].join('|')})(?=[^\\s-])`,
  'g',
);
/** A value in a sentence behind what it is: `token "x" has expired`. A secret's own name, as in `secret "db" not found`, is none. */
const TOLD =
  /(?<![\w-])(?:\w{0,20}password|passphrase|\w{0,20}token|(?:api|access|private|secret|signing|encryption|with)[ _-]?key|otp|jwt)[ \t]{1,2}(\\{0,8}["'`])?([\w+/=.~!$%-]{6,300})(?![\w+/=.~!$%-])/gi;
/** The arguments of Redis' HELLO. */
const AUTH_ARGUMENTS = /(?<!\\)(\\*["'`])AUTH\1,\s{0,8}\\*["'`][^"'`\n]{0,64}["'`],\s{0,8}(?=\\*["'`])/g;
const ELEMENT = /<([\w.:-]+)(?:\s[^<>]{0,200})?>(?=[^<])/g;
const SOURCE_FILE = /\.(?:[cm]?[jt]sx?|node|json|map)$/;
/** A name and a value as items of a list, or as arguments. */
const PAIR = /(?<!\\)(\\*["'`])([A-Za-z][\w.-]{1,60})\1[ \t]{0,4},(?:\s|\\{1,16}[nrt]){0,40}(?=\\*["'`])/g;
const FIELD_NAME = /^(?:[a-z]+|[a-z]+(?:[A-Z][a-z]+)+|[a-z]+(?:_[a-z]+)+)$/;
/** `config set name value` of AWS's, npm's and Redis' command lines. */
const SET = /\bconfig(?:ure)? set[ \t]{1,4}([\w.:/-]{3,80})[ \t]{1,4}(?=[^\s=:])/gi;
/** Redis' and SMTP's command, at the beginning of a line or behind another command. */
const AUTH_COMMAND =
  /(?:^|\b\d{3} |\bHELLO \d |["'`] ?|\n)AUTH(?: (?:PLAIN|LOGIN|XOAUTH2|[a-z]\w*(?= \S)))? (?=[^\s<]+\s*(?:$|["'`\n]))/g;
/** A field of a multipart form. */
const FORM_FIELD =
  /\bname=\\*"([\w.[\]-]{1,60})\\*"(?:\r?\n|(?:\\+r)?\\+n)(?:[^\n\\]{1,100}(?:\r?\n|(?:\\+r)?\\+n)){0,3}?(?:\r?\n|(?:\\+r)?\\+n)/g;

/** The spans of `text` that are secrets by the names beside them, in order, none in another. */
export function assignedSecrets(text: string, keys: SensitiveKeys, replacement: string): Span[] {
  const spans = [
    ...separated(text, keys, replacement),
    ...matched(text, FLAG, replacement, (match) => keys.has(match[1] ?? '')),
    ...matched(text, USER_FLAG, replacement, () => true),
    ...matched(text, LOGIN_FLAG, replacement, () => true),
    ...matched(text, SET, replacement, (match) => keys.has(match[1] ?? '')),
    ...matched(text, AUTH_COMMAND, replacement, () => true),
    ...matched(text, AUTH_ARGUMENTS, replacement, () => true),
    ...told(text, keys, replacement),
    ...pairs(text, keys, replacement),
    ...formFields(text, keys, replacement),
    ...elements(text, keys, replacement),
  ];
  return spans;
}

function separated(text: string, keys: SensitiveKeys, replacement: string): Span[] {
  const spans: Span[] = [];
  SEPARATOR.lastIndex = 0;
  for (let match = SEPARATOR.exec(text); match !== null; match = SEPARATOR.exec(text)) {
    const at = match.index;
    const isEncoded = match[0].length > 1;
    const name = nameBefore(text, at);
    if (name === undefined) continue;
    const valueStart = isEncoded ? at + match[0].length : afterSeparator(text, at);
    const rulesOf = (each: Name) => rulesFor(text, each, at, valueStart, keys, replacement, isEncoded);
    const unescaped = withoutEscape(text, name);
    const rules = rulesOf(name) ?? (unescaped && rulesOf(unescaped));
    const span = rules && valueSpan(text, valueStart, rules);
    SEPARATOR.lastIndex = Math.max(SEPARATOR.lastIndex, span?.end ?? 0);
    if (span) spans.push(span);
  }
  return spans;
}

interface Name {
  start: number;
  text: string;
  /** The quote that closes it, with its backslashes; empty without. */
  quote: string;
}

/** The name that ends before the separator at `at`. */
function nameBefore(text: string, at: number): Name | undefined {
  let end = at;
  while (end > 0 && at - end < 4 && /[ \t:?.|+\])]/.test(text.charAt(end - 1))) end--;
  const closing = end;
  const isQuoted = /["'`]/.test(text.charAt(end - 1));
  if (isQuoted) {
    end--;
    while (end > 0 && closing - end < MAX_BACKSLASHES && text.charAt(end - 1) === '\\') end--;
  }
  let start = end;
  while (start > 0 && end - start <= MAX_NAME && NAME.test(text.charAt(start - 1))) start--;
  if (end - start < 2 || end - start > MAX_NAME) return undefined;
  const name = text.slice(start, end);
  // `var token string = "x"`, `token: string = 'x'`: the type stands between.
  if (TYPE.test(name) && text.charAt(at) === '=') {
    const typed = TYPED.exec(text.slice(Math.max(0, start - MAX_NAME), start));
    if (typed?.[1] !== undefined) return { start: start - typed[0].length, text: typed[1], quote: '' };
  }
  return { start, text: name, quote: isQuoted ? text.slice(end, closing) : '' };
}

/** The name behind an escaped line break or tab, whose letter reads as the first of the name: `\\nApiKey`. */
function withoutEscape(text: string, { start, text: name, quote }: Name): Name | undefined {
  if (text.charAt(start - 1) !== '\\' || !/^[nrt]\w/.test(name)) return undefined;
  return { start: start + 1, text: name.slice(1), quote };
}

function afterSeparator(text: string, at: number): number {
  SEPARATOR_REST.lastIndex = at + 1;
  SEPARATOR_REST.exec(text);
  GAP.lastIndex = SEPARATOR_REST.lastIndex || at + 1;
  const rest = GAP.lastIndex;
  return rest + (GAP.exec(text)?.[0].length ?? 0);
}

/** How the value is to be read; undefined: the name is of no secret. */
function rulesFor(
  text: string,
  name: Name,
  at: number,
  valueStart: number,
  keys: SensitiveKeys,
  replacement: string,
  isEncoded: boolean,
): ValueRules | undefined {
  const before = text.charAt(name.start - 1);
  const isAssigned = text.charAt(at) !== ':';
  if (isAssigned && name.quote === '' && isInQuery(text, name.start, before, at)) {
    const isSecret = (value: string) => keys.hasInQuery(name.text, value);
    return isSecret('') || isSecret('a1b2c3d4') ? { replacement, inQuery: true, isSecret } : undefined;
  }
  if (isLocation(text, name, at, valueStart)) return undefined;
  const phrase = name.text.length > MAX_PHRASE ? name.text : phraseBefore(text, name);
  const isPhrase = phrase !== name.text;
  const isNamed = keys.has(name.text) && !(isPhrase && keys.isOtherThing(phrase));
  if (!isNamed && !(isPhrase && keys.endsPhrase(phrase))) {
    if (!keys.isWeak(name.text)) return undefined;
    const isSecret = (value: string, quoted: boolean) => isWeakSecret(value, quoted && name.quote !== '');
    return { replacement, nameQuote: name.quote, isSecret };
  }
  const takesLine = name.quote === '' && keys.takesLine(isNamed ? name.text : phrase);
  return {
    replacement,
    takesLine,
    inQuery: isEncoded,
    nameQuote: name.quote,
    ...(takesLine && { outerQuote: outerQuote(text, name.start) }),
    isSecret: (value) => !isNamed || keys.has(name.text, value),
  };
}

/** A name after `?`, `&`, or at the beginning of `name=value&name=value`. */
function isInQuery(text: string, start: number, before: string, at: number): boolean {
  if (before === '?' || before === '&' || before === '#') return true;
  if (before === ';') return /[?&][^\s?&]{0,200}$/.test(text.slice(Math.max(0, start - 201), start));
  if (/[\w%+]/.test(before)) return false;
  return /^[^\s&;,"'`<>{}]{1,400}&[\w.%[\]-]{1,60}=/.test(text.slice(at + 1, at + 480));
}

function isWeakSecret(value: string, isInJson: boolean): boolean {
  if (value.length > MAX_HARMLESS) return true;
  if (/^[A-Z]{2,10}-\d{1,6}$/.test(value) || /\s/.test(value)) return false;
  return isOpaque(value) || (isInJson && !/^(?:[a-z]+|\d{0,4})$/.test(value));
}

/** The name and the words before it in the same sentence, at most three. */
function phraseBefore(text: string, name: Name): string {
  const before = text.charAt(name.start - 1);
  if (before !== ' ' && before !== '-') return name.text;
  const from = Math.max(0, name.start - MAX_PHRASE);
  const words = /(?:[A-Za-z]+[ -]){1,2}$/.exec(text.slice(from, name.start))?.[0] ?? '';
  return words + name.text;
}

/** The double quote, with its backslashes, that is open where the name begins on its line. */
function outerQuote(text: string, start: number): string {
  const near = text.slice(Math.max(0, start - MAX_TO_QUOTE), start);
  const before = near.slice(near.lastIndexOf('\n') + 1);
  const apostrophe = before.lastIndexOf("'");
  const isLast = apostrophe > Math.max(before.lastIndexOf('"'), before.lastIndexOf('`'));
  if (isLast && before.length - apostrophe <= MAX_TO_APOSTROPHE) return before.endsWith("'") ? "'" : '';
  const quotes = before.match(/(?<!\\)\\*["`]/g) ?? [];
  const last = quotes.at(-1) ?? '';
  return quotes.filter((quote) => quote === last).length % 2 === 1 ? last : '';
}

/** `token.js:10:5`, `//token.example.com:443` and `arn:aws:…:secret:db` are places. */
function isLocation(text: string, name: Name, at: number, valueStart: number): boolean {
  if (valueStart === at + 1 && text.charAt(at) === ':' && text.charAt(name.start - 1) === ':') return true;
  if (!/\d/.test(text.charAt(valueStart))) return false;
  const { start } = name;
  return (
    SOURCE_FILE.test(name.text) || text.slice(Math.max(0, start - 2), start) === '//' || text.charAt(start - 1) === '@'
  );
}

/** What follows each match of `pattern` that `isSecret` takes. */
function matched(
  text: string,
  pattern: RegExp,
  replacement: string,
  isSecret: (match: RegExpExecArray) => boolean,
): Span[] {
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const span = isSecret(match) ? valueSpan(text, pattern.lastIndex, { replacement }) : undefined;
    if (span === undefined) continue;
    spans.push(span);
    pattern.lastIndex = Math.max(pattern.lastIndex, span.end);
  }
  return spans;
}

function told(text: string, keys: SensitiveKeys, replacement: string): Span[] {
  const spans: Span[] = [];
  for (const match of text.matchAll(TOLD)) {
    const [whole, quote, value = ''] = match;
    const end = match.index + whole.length;
    const isSecret = isOpaque(value) && (quote !== undefined || (value.length >= 8 && /\d/.test(value)));
    if (!isSecret || isHarmlessValue(value)) continue;
    const before = text
      .slice(Math.max(0, match.index - MAX_PHRASE), end - value.length - (quote?.length ?? 0))
      .trimEnd();
    if (!keys.isOtherThing(before)) spans.push({ start: end - value.length, end, replacement });
  }
  return spans;
}

/** A list of names of fields has names after names: `['password', 'email']`. */
function pairs(text: string, keys: SensitiveKeys, replacement: string): Span[] {
  return matched(text, PAIR, replacement, (match) => {
    const name = match[2] ?? '';
    if (!keys.has(name)) return false;
    if (keys.takesLine(name)) return true;
    const start = match.index + match[0].length;
    const quote = quoteAt(text, start);
    const value = /^[^"'`\\]{0,300}/.exec(text.slice(start + quote.length, start + quote.length + 300))?.[0] ?? '';
    return !FIELD_NAME.test(value);
  });
}

function formFields(text: string, keys: SensitiveKeys, replacement: string): Span[] {
  if (!text.includes('name=')) return [];
  return matched(text, FORM_FIELD, replacement, (match) => keys.hasInQuery(match[1] ?? '', 'a1b2c3d4'));
}

function elements(text: string, keys: SensitiveKeys, replacement: string): Span[] {
  const spans: Span[] = [];
  ELEMENT.lastIndex = 0;
  for (let match = ELEMENT.exec(text); match !== null; match = ELEMENT.exec(text)) {
    const start = ELEMENT.lastIndex;
    if (!keys.has(match[1] ?? '')) continue;
    const close = text.indexOf('<', start);
    if (close < 0) break;
    ELEMENT.lastIndex = close;
    if (/\S/.test(text.slice(start, close))) spans.push({ start, end: close, replacement });
  }
  return spans;
}

/** `text` with the spans replaced; what overlaps is one. */
export function replaceSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  let result = '';
  let end = 0;
  for (const span of [...spans].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (span.start >= end) result += text.slice(end, span.start) + span.replacement;
    end = Math.max(end, span.end);
  }
  return result + text.slice(end);
}
