import { AwsError } from '../aws-error.js';

/**
 * The part of the CloudWatch Logs filter syntax that is answered here: nothing, terms (all must occur; `"quoted text"`,
 * `-excluded`, `?any`), and JSON conditions `{ $.a.b = "text" }` with `= != < <= > >=`, `*` at either end of a text,
 * `IS NULL`, `NOT EXISTS`, joined by `&&` or by `||`.
 */
export type Filter = (message: string) => boolean;

/** @throws AwsError InvalidParameterException for what is not understood */
export function parseFilter(pattern: string): Filter {
  const text = pattern.trim();
  if (text === '') return () => true;
  return text.startsWith('{') ? jsonFilter(text) : termFilter(text);
}

const invalid = (pattern: string): AwsError =>
  new AwsError(
    'InvalidParameterException',
    `Invalid filter pattern, or not understood by the local endpoint: ${pattern}`,
  );

function termFilter(text: string): Filter {
  const terms = [...text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, quoted, word]) => ({
    sign,
    term: quoted?.replace(/\\(.)/g, '$1') ?? word ?? '',
  }));
  const needed = terms.filter((term) => term.sign === '');
  const excluded = terms.filter((term) => term.sign === '-');
  const any = terms.filter((term) => term.sign === '?');
  return (message) =>
    needed.every(({ term }) => message.includes(term)) &&
    !excluded.some(({ term }) => message.includes(term)) &&
    (any.length === 0 || any.some(({ term }) => message.includes(term)));
}

type Condition = (event: unknown) => boolean;

function jsonFilter(text: string): Filter {
  const body = /^\{(.*)\}$/s.exec(text)?.[1];
  if (body === undefined) throw invalid(text);
  const both = body.includes('&&') && body.includes('||');
  if (both) throw invalid(text);
  const conditions = body.split(/&&|\|\|/).map((part) => parseCondition(part.trim(), text));
  const all = !body.includes('||');
  return (message) => {
    const event = parseJson(message);
    if (event === undefined) return false;
    return all ? conditions.every((holds) => holds(event)) : conditions.some((holds) => holds(event));
  };
}

function parseJson(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

const CONDITION =
  /^\(?\s*\$((?:\.[\w@-]+|\["[^"]+"\]|\[\d+\])+)\s*(?:(NOT EXISTS|IS NULL|IS TRUE|IS FALSE)|(!=|<=|>=|=|<|>)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s")]+)))\s*\)?$/i;

function parseCondition(part: string, whole: string): Condition {
  const match = CONDITION.exec(part);
  if (match === null) throw invalid(whole);
  const [, path = '', keyword, operator = '', quoted, bare] = match;
  const keys = [...path.matchAll(/\.([\w@-]+)|\["([^"]+)"\]|\[(\d+)\]/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  if (keyword !== undefined) return (event) => holdsKeyword(keyword.toUpperCase(), lookUp(event, keys));
  const wanted = quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '';
  return (event) => compare(lookUp(event, keys), operator, wanted);
}

/** Nested members first; a key that contains the dots itself is found too. */
function lookUp(event: unknown, keys: readonly string[]): unknown {
  let value = event;
  for (const [index, key] of keys.entries()) {
    if (typeof value !== 'object' || value === null) return undefined;
    const rest = keys.slice(index).join('.');
    if (Object.hasOwn(value, rest)) return Reflect.get(value, rest);
    if (!Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function holdsKeyword(keyword: string, value: unknown): boolean {
  if (keyword === 'NOT EXISTS') return value === undefined;
  if (keyword === 'IS NULL') return value === null;
  return value === (keyword === 'IS TRUE');
}

function compare(value: unknown, operator: string, wanted: string): boolean {
  if (value === undefined || value === null || typeof value === 'object') return false;
  const equal =
    typeof value === 'number' && Number.isFinite(Number(wanted))
      ? value === Number(wanted)
      : glob(wanted, String(value));
  if (operator === '=') return equal;
  if (operator === '!=') return !equal;
  const [a, b] = [Number(value), Number(wanted)];
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

function glob(pattern: string, text: string): boolean {
  const [start, end] = [pattern.startsWith('*'), pattern.length > 1 && pattern.endsWith('*')];
  const core = pattern.slice(start ? 1 : 0, end ? -1 : undefined);
  if (start && end) return text.includes(core);
  if (start) return text.endsWith(core);
  return end ? text.startsWith(core) : text === core;
}
