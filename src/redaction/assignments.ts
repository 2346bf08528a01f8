/** Secrets written in text as `key: value`, `key=value`, `--key value` or `<key>value</key>`. */

import type { SensitiveKeys } from './sensitive-keys.js';

/** A name and what separates it from its value. Begins only where a run of name characters does: linear. */
const ASSIGNMENT = /(?<![\w.$-])([\w.$-]{2,})(?:\\*["'`])?\]?(?:[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}|%3[Aa]|%3[Dd])/g;
const FLAG = /(?<![\w-])(--?[A-Za-z][\w-]*)[ \t]{1,4}(?=[^\s-])/g;
const ELEMENT = /<([\w.:-]+)(?:\s[^<>]*)?>(?=[^<])/g;
const SOURCE_FILE = /\.(?:[cm]?[jt]sx?|node|json|map)$/;
/** Ends a value that is not quoted. */
const VALUE_END = /[\s,;&)\]}>"'`<\\]/;
const SCHEME = /^(?:bearer|basic|digest|negotiate|token|apikey)$/i;
/** Secrets in one value that are looked at one by one; keeps the time linear. */
const MAX_NESTED = 16;
const PLAIN = new Set(['', 'undefined', 'null', 'true', 'false']);

export function redactAssignments(text: string, keys: SensitiveKeys, replacement: string): string {
  const named = replaceValues(text, ASSIGNMENT, replacement, (key, start, valueStart) => {
    if (isLocation(text, key, start, valueStart)) return undefined;
    const inQuery = /[?&]/.test(text.charAt(start - 1));
    if (!(inQuery ? keys.hasInQuery(key) : keys.has(key))) return undefined;
    const end = valueEnd(text, valueStart, keys.takesLine(key));
    const value = text.slice(valueStart, end);
    return PLAIN.has(value) || !(inQuery || keys.has(key, value)) ? undefined : end;
  });
  const flagged = replaceValues(named, FLAG, replacement, (key, _start, valueStart) =>
    keys.has(key) ? valueEnd(named, valueStart, false) : undefined,
  );
  return replaceValues(flagged, ELEMENT, replacement, (key, _start, valueStart) => {
    const close = keys.has(key) ? flagged.indexOf('<', valueStart) : -1;
    return close < 0 ? undefined : close;
  });
}

/**
 * Replaces what follows each match of `pattern` up to the end that `endOf` gives; undefined leaves it. A secret that
 * begins inside of another's value and ends after it extends it: the first may have had an unclosed quote.
 */
function replaceValues(
  text: string,
  pattern: RegExp,
  replacement: string,
  endOf: (key: string, start: number, valueStart: number) => number | undefined,
): string {
  let result = '';
  let copied = 0;
  let secret = { start: 0, end: 0, nested: 0 };
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const key = match[1] ?? '';
    const start = match.index + match[0].indexOf(key);
    const valueStart = pattern.lastIndex;
    const end = endOf(key, start, valueStart);
    if (end === undefined || end <= valueStart) continue;
    if (start < secret.end) {
      secret.nested += 1;
      secret.end = secret.nested > MAX_NESTED ? text.length : Math.max(secret.end, end);
      if (secret.end === text.length) break;
    } else {
      result += closed(text, copied, secret, replacement);
      copied = secret.end;
      secret = { start: valueStart, end, nested: 0 };
    }
  }
  return result + closed(text, copied, secret, replacement) + text.slice(secret.end);
}

/** The text from `from` up to a secret, and what stands for the secret. */
function closed(text: string, from: number, secret: { start: number; end: number }, replacement: string): string {
  return secret.end === 0 ? '' : text.slice(from, secret.start) + replacement;
}

/** `token.js:10:5` and `//token.example.com:443` are places. */
function isLocation(text: string, key: string, start: number, valueStart: number): boolean {
  if (!/\d/.test(text.charAt(valueStart))) return false;
  return SOURCE_FILE.test(key) || text.slice(Math.max(0, start - 2), start) === '//' || text.charAt(start - 1) === '@';
}

function valueEnd(text: string, start: number, wholeLine: boolean): number {
  const quote = openingQuote(text, start);
  if (quote !== '') return quotedEnd(text, start, quote);
  if (wholeLine) return lineEnd(text, start);
  if (text.charAt(start) === '{' || text.charAt(start) === '[') return bracketEnd(text, start);
  const end = bareEnd(text, start);
  // `token: Bearer abc` is one value.
  return SCHEME.test(text.slice(start, end)) && text.charAt(end) === ' ' ? bareEnd(text, end + 1) : end;
}

function openingQuote(text: string, start: number): string {
  let at = start;
  while (text.charAt(at) === '\\') at++;
  return /["'`]/.test(text.charAt(at)) ? text.slice(start, at + 1) : '';
}

/**
 * Past the closing quote. Where that is not on the same line, nothing tells a value of several lines from one that was
 * cut off, whose next quote opens another: then the end of the text.
 */
function quotedEnd(text: string, start: number, quote: string): number {
  let at = start + quote.length;
  if (quote.length > 1) {
    const close = text.indexOf(quote, at);
    return close < 0 || /[\r\n]/.test(text.slice(at, close)) ? text.length : close + quote.length;
  }
  while (at < text.length && !/[\r\n]/.test(text.charAt(at))) {
    // A quote before a word opens one.
    if (text.charAt(at) === quote && !/\w/.test(text.charAt(at + 1))) return at + 1;
    at += text.charAt(at) === '\\' ? 2 : 1;
  }
  return text.length;
}

function lineEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charAt(at) !== '\n' && text.charAt(at) !== '\r') at++;
  return at;
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

function bareEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && !VALUE_END.test(text.charAt(at))) at++;
  return at;
}
