/**
 * Source code without the secrets that are written in it. The code is read token by token: a literal beside the name of a
 * secret is replaced, its quotes and the code around it stay as they are.
 */

import type { SensitiveKeys } from './sensitive-keys.js';

const TOKEN = new RegExp(
  [
    '(?<comment>//[^\\n]*|/\\*[^]*?(?:\\*/|$))',
    '(?<text>\'(?:[^\'\\\\\\n]|\\\\(?:[^]|$))*(?:\'|(?=\\n)|$)|"(?:[^"\\\\\\n]|\\\\(?:[^]|$))*(?:"|(?=\\n)|$)|`(?:[^`\\\\]|\\\\(?:[^]|$))*(?:`|$))',
    '(?<name>[A-Za-z_$][\\w$]*)',
    '(?<number>\\d[\\w.]*)',
    '(?<space>\\s+)',
    '(?<mark>[=!]==?|=>|[|&]{2}=?|\\?\\?=?|\\+=|\\?\\.|[^])',
  ].join('|'),
  'g',
);
/** A regular expression, where a value may begin; of bounded length, for each slash may begin one that has no end. */
const EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,256}\]){1,256}\/[a-z]{0,8}/y;
/** What joins a name to the value that it has or is compared with. */
const JOINING = new Set([
  '=',
  '==',
  '===',
  '!=',
  '!==',
  ':',
  '||',
  '??',
  '||=',
  '??=',
  '&&=',
  '+=',
  '+',
  '(',
  ',',
  '?',
]);
/** Numbers of this many digits may be a PIN. */
const MIN_DIGITS = 3;

interface CodeRules {
  keys: SensitiveKeys;
  /** A text without secrets. */
  text: (value: string) => string;
  replacement: string;
}

interface Token {
  kind: 'text' | 'name' | 'number' | 'mark' | 'comment';
  text: string;
  at: number;
}

/** @param from where what is returned begins; what is before is read only to know whether a string is open there */
export function redactCode(source: string, rules: CodeRules, from = 0): string {
  const tokens = tokensOf(source);
  let result = '';
  let copied = from;
  for (const [index, token] of tokens.entries()) {
    const end = token.at + token.text.length;
    if (end <= from || token.kind === 'name' || token.kind === 'mark') continue;
    const redacted = redactToken(tokens, index, rules);
    if (redacted === token.text) continue;
    result += source.slice(copied, Math.max(copied, token.at)) + withLines(redacted, token.text);
    copied = end;
  }
  return result + source.slice(copied);
}

/** With as many lines as there were: lines are numbered. */
function withLines(redacted: string, original: string): string {
  const missing = original.split('\n').length - redacted.split('\n').length;
  return missing > 0 ? redacted + '\n'.repeat(missing) : redacted;
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(source); match !== null; match = TOKEN.exec(source)) {
    const { comment, text, name, number, space } = match.groups ?? {};
    if (space !== undefined) continue;
    const at = match.index;
    if (match[0] === '/' && mayBeginValue(tokens.at(-1))) {
      EXPRESSION.lastIndex = at;
      const expression = EXPRESSION.exec(source)?.[0];
      if (expression !== undefined) {
        tokens.push({ kind: 'mark', text: expression, at });
        TOKEN.lastIndex = at + expression.length;
        continue;
      }
    }
    const kind = comment ? 'comment' : text ? 'text' : name ? 'name' : number ? 'number' : 'mark';
    tokens.push({ kind, text: match[0], at });
  }
  return tokens;
}

/** A slash behind a value divides. */
function mayBeginValue(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === 'name') return /^(?:return|typeof|case|in|of|delete|void|throw|new|else|do)$/.test(before.text);
  return before.kind === 'mark' && !/^[)\]}]$/.test(before.text);
}

function redactToken(tokens: readonly Token[], index: number, { keys, text, replacement }: CodeRules): string {
  const token = tokens[index];
  if (token === undefined) return '';
  if (token.kind === 'comment') return text(token.text);
  const name = nameBeside(tokens, index);
  const isNamed = name !== undefined && keys.has(name);
  if (token.kind === 'number') {
    const isLong = token.text.length >= MIN_DIGITS && /^\d+$/.test(token.text);
    return isNamed && isLong && keys.has(name ?? '', Number(token.text)) ? replacement : text(token.text);
  }
  const quote = token.text.charAt(0);
  const isClosed = token.text.length > 1 && token.text.endsWith(quote);
  const content = token.text.slice(1, isClosed ? -1 : undefined);
  const close = isClosed ? quote : '';
  if (content === '' || isPropertyName(tokens, index)) return token.text;
  // A name of a header or a field is what code has beside such a name most often.
  const isSecret = isNamed && !keys.has(content) && !/^\$\{[^}]*\}$/.test(content);
  const redacted = isSecret ? replacement : text(content);
  return redacted === content ? token.text : quote + redacted + close;
}

/** The name that the value at `index` belongs to: before it, or behind an operator after it. */
function nameBeside(tokens: readonly Token[], index: number): string | undefined {
  const joining = tokens[index - 1];
  const behind = tokens[index + 1];
  if (behind !== undefined && /^[=!]==?$/.test(behind.text) && behind.text !== '=') {
    const path = nameAfter(tokens, index + 2);
    if (path !== undefined) return path;
  }
  if (joining === undefined || !JOINING.has(joining.text)) return undefined;
  return nameBefore(tokens, index - 2, joining.text);
}

/** `password`, `config.password`, `config["password"]`, `"password"`, and `password: string`. */
function nameBefore(tokens: readonly Token[], at: number, joining: string): string | undefined {
  let token = tokens[at];
  if (token?.text === ']') token = tokens[at - 1];
  else if (token?.text === ')' && joining !== '(') return undefined;
  if (token === undefined) return undefined;
  const isString = token.kind === 'text';
  const typed = joining === '=' && tokens[at - 1]?.text === ':' ? tokens[at - 2] : undefined;
  const name = isString ? token.text.slice(1, -1) : token.kind === 'name' ? token.text : undefined;
  if (joining === '||' || joining === '??' || joining === '+') return name ?? undefined;
  return typed?.kind === 'name' ? typed.text : name;
}

function nameAfter(tokens: readonly Token[], from: number): string | undefined {
  let name: string | undefined;
  for (let at = from; at < from + 8; at++) {
    const token = tokens[at];
    if (token?.kind === 'name') name = token.text;
    else if (token?.text !== '.' && token?.text !== '?.') break;
  }
  return name;
}

function isPropertyName(tokens: readonly Token[], index: number): boolean {
  return tokens[index + 1]?.text === ':' && /^[{,]$/.test(tokens[index - 1]?.text ?? '');
}
