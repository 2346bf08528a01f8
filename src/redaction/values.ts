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

/** What may end a value that is not quoted: a run of backslashes, or one character. */
const MAY_END = /\\+|[\s"'`<>)\]},;&]/g;
/** What follows a run of backslashes that ends one. */
const ESCAPED = /[nrtu"'`]|$/y;
/** What follows a bracket that ends one. */
const BEHIND_BRACKET = /[\s,;.)\]}"'`\\]|$/y;
/** Ends one only where another name follows: passwords have commas. */
const NEXT_NAME = /^[,;&]\s*(?:$|["'`]?[\w.$-]+["'`]?\s*[=:])/;
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
  if (rules.takesLine) return lineEnd(text, start, rules.outerQuote ?? '');
  const first = text.charAt(start);
  if (!rules.inQuery && (first === '{' || first === '[')) return bracketEnd(text, start);
  const end = bareEnd(text, start, rules.inQuery ?? false);
  // `token: Bearer abc` is one value.
  return SCHEME.test(text.slice(start, end)) && text.charAt(end) === ' ' ? bareEnd(text, end + 1, false) : end;
}

/** Where the line ends, escaped or not, or before that the quote that holds name and value; an empty one is none. */
function lineEnd(text: string, start: number, quote: string): number {
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\n' || character === '\r') return at;
    const isEscaped = at > start && text.charAt(at - 1) === '\\';
    if (quote !== '' && !isEscaped && text.startsWith(quote, at)) return at;
    if (character !== '\\') continue;
    const behind = pastBackslashes(text, at);
    if (/[nr]/.test(text.charAt(behind))) return at;
    at = behind - 1;
  }
  return text.length;
}

function pastBackslashes(text: string, at: number): number {
  let end = at;
  while (text.charAt(end) === '\\') end++;
  return end;
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
export function bracketEnd(text: string, start: number): number {
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
  const limit = bareLimit(text, start, inQuery);
  const last = text.charAt(limit - 1);
  const isList = limit === text.length || !/[,;&]/.test(text.charAt(limit));
  return isList && limit > start + 1 && !inQuery && /[,;&]/.test(last) ? limit - 1 : limit;
}

function bareLimit(text: string, start: number, inQuery: boolean): number {
  MAY_END.lastIndex = start;
  for (let match = MAY_END.exec(text); match !== null; match = MAY_END.exec(text)) {
    const at = match.index;
    const behind = at + match[0].length;
    switch (match[0].charAt(0)) {
      case '\\':
        if (isAt(ESCAPED, text, behind)) return at;
        break;
      case ')':
      case ']':
      case '}':
        if (isAt(BEHIND_BRACKET, text, behind)) return at;
        break;
      case ',':
      case ';':
      case '&':
        if (inQuery ? match[0] !== ',' : NEXT_NAME.test(text.slice(at, Math.min(text.length, at + 80)))) return at;
        break;
      default:
        return at;
    }
  }
  return text.length;
}

function isAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}
