/** Values in text whose name is itself a value: `{ name: 'password', value: 'x' }`, and what validators print of them. */

import type { SensitiveKeys } from './sensitive-keys.js';
import { type Span, valueSpan } from './values.js';

/** What validators, forms and drivers call the field that a value is of. */
const LABEL =
  /(?:(?<![\w.\\])|(?<=\\[nrt]))\\*["'`]?(?:name|key|header|field|param|path|property|label|instancePath|dataPath|parameter|argument|column)\\*["'`]?\s{0,4}[:=]\s{0,4}(\[[^\]\n]{1,200}\]|\\*["'`][^"'`\\\n]{1,128})/gi;
/** What they call the value. */
const VALUE =
  /(?:(?<![\w.\\])|(?<=\\[nrt]))(\\*["'`])?(?:values?|received|input|data|actual|rejectedValue|originalValue|given|got|provided|args|content)\1\s{0,4}[:=]\s{0,4}/gi;
/** UTF-16 units on each side of a label in which its value may stand. */
const REACH = 400;
/** A value in a sentence, and UTF-16 units around it in which its field may be named. */
const SENTENCE_VALUE = /\bvalue:? (?=\\*["'`])/g;
const SENTENCE_REACH = 100;
const QUOTED_NAME = /["'`]([A-Za-z][\w.-]{1,60})\\*["'`]/g;

export function labelledSecrets(text: string, keys: SensitiveKeys, replacement: string): Span[] {
  return [...inObjects(text, keys, replacement), ...inSentences(text, keys, replacement)];
}

function inObjects(text: string, keys: SensitiveKeys, replacement: string): Span[] {
  const spans: Span[] = [];
  let searched = 0;
  LABEL.lastIndex = 0;
  for (let label = LABEL.exec(text); label !== null; label = LABEL.exec(text)) {
    if (!namesSecret(label[1] ?? '', keys)) continue;
    // What was searched for an earlier label is not searched again: linear.
    const from = label.index <= searched ? searched : objectStart(text, label.index, searched);
    const to = objectEnd(text, label.index);
    if (to <= from) continue;
    searched = to;
    const nameQuote = /^\\*["]/.exec(label[1] ?? '')?.[0] ?? '';
    spans.push(...valuesIn(text, from, to, replacement, nameQuote));
  }
  return spans;
}

function valuesIn(text: string, from: number, to: number, replacement: string, nameQuote: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.slice(from, to).matchAll(VALUE)) {
    const start = from + match.index + match[0].length;
    const span = start < end ? undefined : valueSpan(text, start, { replacement, nameQuote });
    if (span === undefined) continue;
    spans.push(span);
    end = span.end;
  }
  return spans;
}

/** The last part of a path is the field. */
function namesSecret(label: string, keys: SensitiveKeys): boolean {
  const name = label.match(/[\w$-]+(?:\.[\w$-]+)*/g)?.at(-1) ?? '';
  return keys.hasInQuery(name.split('.').at(-1) ?? '', 'a1b2c3d4') && !/^(?:key|code)$/i.test(name);
}

function objectStart(text: string, at: number, searched: number): number {
  let depth = 0;
  const first = Math.max(searched, at - REACH);
  for (let start = at - 1; start >= first; start--) {
    const character = text.charAt(start);
    if (character === '}' || character === '>') depth++;
    else if ((character === '{' || character === '<') && depth-- === 0) return start;
    else if (character === '\n' && text.charAt(start - 1) === '\n') return start;
  }
  return first;
}

function objectEnd(text: string, at: number): number {
  let depth = 0;
  const last = Math.min(text.length, at + REACH);
  for (let end = at; end < last; end++) {
    const character = text.charAt(end);
    if (character === '{' || character === '<') depth++;
    else if (character === '}' || (character === '>' && text.charAt(end - 1) !== '=')) if (depth-- === 0) return end;
  }
  return last;
}

/** `"password" with value "x" fails`, `failed for value "x" at path "password"`. */
function inSentences(text: string, keys: SensitiveKeys, replacement: string): Span[] {
  const spans: Span[] = [];
  SENTENCE_VALUE.lastIndex = 0;
  for (let match = SENTENCE_VALUE.exec(text); match !== null; match = SENTENCE_VALUE.exec(text)) {
    const start = SENTENCE_VALUE.lastIndex;
    const span = valueSpan(text, start, { replacement });
    if (span === undefined) continue;
    SENTENCE_VALUE.lastIndex = Math.max(start, span.end);
    const around = `${text.slice(Math.max(0, match.index - SENTENCE_REACH), match.index)} ${text.slice(span.end, span.end + SENTENCE_REACH)}`;
    const names = [...around.matchAll(QUOTED_NAME)].map(([, name = '']) => name);
    if (names.some((name) => keys.has(name))) spans.push(span);
  }
  return spans;
}
