/** Where a value that stands in text ends, and whether it is a secret at all. */

export interface Span {
  start: number;
  end: number;
  /** What stands for the text between. */
  replacement: string;
}

export interface ValueRules {
  replacement: string;
  /** The value goes on to the end of the line. */
  takesLine?: boolean;
  /** The value ends at the next `&`, as in a query. */
  inQuery?: boolean;
  /** The quote after the value's name, with its backslashes: what is no string yet becomes one. */
  nameQuote?: string;
  /** The quote that holds name and value, which the value ends at. */
  outerQuote?: string;
  /** Whether a value, without its quotes, is a secret. */
  isSecret?: (value: string, quoted: boolean) => boolean;
}

/** Ends a value that is not quoted. */
const BARE_END = /[\s"'`<>]|\\+(?:[nrtu"'`]|$)|[)\]}](?=[\s,;.)\]}"'`\\]|$)/g;
/** Ends one only where another name follows: passwords have commas. */
const LIST_END = /[,;&]/;
const NEXT_NAME = /^[,;&]\s*(?:$|["'`]?[\w.$-]+["'`]?\s*[=:])/;
const LINE_END = /[\r\n]|\\+[rn]|$/g;
const SCHEME = /^(?:bearer|basic|digest|negotiate|token|apikey)$/i;
const QUOTE = /\\*["'`]/y;
const STRING_PREFIX = /(?:[bBuUrRfFnN]{1,2}|@|\$)(?=["'])/y;
const TRIPLE = /(\\*["'])\1\1/y;
/** Words that stand where a value would and are none. */
const NO_VALUE =
  /^(?:undefined|null|nil|none|true|false|yes|no|on|off|required|missing|invalid|valid|expired|empty|unknown|optional|string|number|boolean|object|any|void|denied|unset|default|strict|ok|not set|n\/a|0x[0-9a-f]{0,8})$/i;
/** Placeholders of templates, statements and documentation. */
const PLACEHOLDER =
  /^(?:\$\d+|\$\{[^}]*\}?\}?|\$\{\{[^}]*\}\}|\$[A-Z_]+|\{\{[^}]*\}\}|%[A-Z_]+%|%[sdojO]\.?|\?|:[a-z_]\w*|@p?\d+|@[a-z]\w*|<[^<>]*>|[*.•]{2,}|(.)\1{4,}|[[<(]?(?:redacted|filtered|hidden|masked|removed)[\])>]?|your[_-].*|.*[_-]here)$/i;
/** UTF-16 units; looking at a longer value again and again would take more than linear time. */
export const MAX_HARMLESS = 300;
/** The beginning of a sentence about a value. */
const PROSE =
  /^(?:the|a|an|this|that|your|you|please|must|should|shall|may|can|cannot|could|will|would|is|are|was|were|has|have|had|does|do|did|not|no|could|string|expected|unexpected|unable|failed|see|path|profile|environment|container|assumed|instance|shared) ["'`]?[\w-]+|^[A-Z]\w*(?:Error|Exception)\b/i;

export function isHarmlessValue(value: string): boolean {
  if (value.length > MAX_HARMLESS) return false;
  const trimmed = value.trim();
  return trimmed === '' || NO_VALUE.test(trimmed) || PLACEHOLDER.test(trimmed) || PROSE.test(trimmed);
}

/** A token rather than a word: digits and letters, or letters of both cases inside. */
export function isOpaque(value: string): boolean {
  return value.length >= 6 && (/\d/.test(value) ? /[a-z]/i.test(value) : /[a-z][A-Z]|[A-Z]{2}[a-z]/.test(value));
}

/** The span of the value at `start`; undefined when it is none or no secret. */
export function valueSpan(text: string, start: number, rules: ValueRules): Span | undefined {
  const { replacement, isSecret = () => true } = rules;
  const begin = afterPrefix(text, start);
  const quote = rules.inQuery ? '' : quoteAt(text, begin);
  if (quote !== '' && !(rules.takesLine && quote === rules.outerQuote)) {
    const contentEnd = quotedEnd(text, begin, quote);
    const content = text.slice(begin + quote.length, contentEnd);
    if (isHarmlessValue(content) || !isSecret(content, true)) return undefined;
    // What closes a string stays: what was JSON is JSON still.
    return { start: begin + quote.length, end: contentEnd, replacement };
  }
  if (!rules.inQuery && PROSE.test(text.slice(start, start + 80))) return undefined;
  const end = bareSpanEnd(text, start, rules);
  const value = text.slice(start, end);
  if (isHarmlessValue(value) || !isSecret(value, false)) return undefined;
  const nameQuote = rules.nameQuote ?? '';
  return { start, end, replacement: `${nameQuote}${replacement}${nameQuote}` };
}

function bareSpanEnd(text: string, start: number, rules: ValueRules): number {
  if (rules.takesLine) {
    const end = next(LINE_END, text, start);
    const quote = rules.outerQuote ?? '';
    return quote === '' ? end : closingQuote(text, start, end, quote);
  }
  const first = text.charAt(start);
  if (!rules.inQuery && (first === '{' || first === '[')) return bracketEnd(text, start);
  const end = bareEnd(text, start, rules.inQuery ?? false);
  // `token: Bearer abc` is one value.
  return SCHEME.test(text.slice(start, end)) && text.charAt(end) === ' ' ? bareEnd(text, end + 1, false) : end;
}

/** Where the quote that holds name and value closes, at the latest at `limit`. */
function closingQuote(text: string, start: number, limit: number, quote: string): number {
  const value = text.slice(start, limit);
  for (let at = value.indexOf(quote); at >= 0; at = value.indexOf(quote, at + 1)) {
    if (value.charAt(at - 1) !== '\\') return start + at;
  }
  return limit;
}

function isTriple(quote: string): boolean {
  return quote.length % 3 === 0 && quote.length > 2 && quote === quote.slice(0, quote.length / 3).repeat(3);
}

function afterPrefix(text: string, start: number): number {
  STRING_PREFIX.lastIndex = start;
  return start + (STRING_PREFIX.exec(text)?.[0].length ?? 0);
}

/** The quote at `at` with its backslashes, or three of them; empty: none. */
export function quoteAt(text: string, at: number): string {
  TRIPLE.lastIndex = at;
  const triple = TRIPLE.exec(text)?.[0];
  if (triple !== undefined) return triple;
  QUOTE.lastIndex = at;
  return QUOTE.exec(text)?.[0] ?? '';
}

/**
 * Where the closing quote begins. Where that is not on the same line, nothing tells a value of several lines from one that was cut off, whose
 * next quote opens another: then the end of the text.
 */
function quotedEnd(text: string, start: number, quote: string): number {
  const open = start + quote.length;
  if (isTriple(quote)) {
    const close = text.indexOf(quote, open);
    return close < 0 ? text.length : close;
  }
  const mark = quote.slice(-1);
  const depth = quote.length - 1;
  for (let at = open; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\n' || character === '\r') return text.length;
    if (character !== mark) continue;
    const slashes = backslashesBefore(text, at, open);
    const closes = depth === 0 ? slashes % 2 === 0 : slashes <= depth;
    // A quote before a word opens one.
    if (closes && (depth > 0 || !/\w/.test(text.charAt(at + 1)))) return Math.max(open, at - (depth > 0 ? slashes : 0));
  }
  return text.length;
}

function backslashesBefore(text: string, at: number, from: number): number {
  let count = 0;
  while (at - count > from && text.charAt(at - count - 1) === '\\') count++;
  return count;
}

/** Past the bracket that closes the one at `start`; the end of the text when it is not closed. */
function bracketEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function bareEnd(text: string, start: number, inQuery: boolean): number {
  const limit = next(BARE_END, text, start);
  for (let at = start; at < limit; at++) {
    const character = text.charAt(at);
    if (!LIST_END.test(character)) continue;
    if (inQuery ? character !== ',' : NEXT_NAME.test(text.slice(at, Math.min(text.length, at + 80)))) return at;
  }
  const last = text.charAt(limit - 1);
  return limit > start + 1 && !inQuery && (last === ',' || last === ';' || last === '&') ? limit - 1 : limit;
}

function next(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}
