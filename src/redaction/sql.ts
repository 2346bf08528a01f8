/**
 * SQL without its literals, by OpenTelemetry's rules for `db.query.text`
 * (https://opentelemetry.io/docs/specs/semconv/db/database-spans/#sanitization-of-dbquerytext): each literal becomes `?`; a
 * statement with parameters keeps its literals, for who writes it passes data as parameters.
 */

import { bracketEnd } from './values.js';

/** What may be a literal, what says that there are parameters, and what must not be read: comments and quoted names. */
const READ = [
  '(--[^\\n]*|/\\*[^]*?(?:\\*/|$))',
  '(\\$[A-Za-z_]?\\w{0,30}\\$)',
  '(\\$\\d+|\\?|(?<![:\\w]):[A-Za-z_]\\w*|@[A-Za-z_]\\w*|%s)',
  "((?:(?<!\\w)(?:[eEnNbBxX]|_\\w{1,20}))?(?<!\\\\)\\\\*')",
  '((?<!\\\\)\\\\*")',
  '(\\b0[xX][0-9a-fA-F]+\\b|(?<![\\w.])\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?\\b)',
];
const QUOTED_NAME = '`[^`\\n]*`|\\[[A-Za-z_][\\w $.]*\\]';
/** Where a double quote is either a literal's or a name's, the words around it don't matter. */
const LITERALS = new RegExp([...READ, QUOTED_NAME].join('|'), 'g');
/** With words and marks, which tell what a double quote begins. */
const TOKENS = new RegExp([...READ, `(${QUOTED_NAME}|[A-Za-z_][\\w$]*)`, '[^\\s]'].join('|'), 'g');
/** Systems of `db.system.name` and `db.system` in which double quotes enclose a literal. */
const DOUBLE_QUOTED_LITERALS = /mysql|mariadb|sqlite|clickhouse|bigquery|spark|hive|teradata/;
/** Systems whose queries are in SQL. */
const SQL_SYSTEM =
  /sql|mariadb|oracle|db2|cassandra|cockroach|redshift|h2|derby|hive|trino|clickhouse|firebird|hsqldb|sqlite|teradata|spanner|snowflake|bigquery|presto|athena/;
/** The beginning of a statement in a text. */
const STATEMENT =
  /\b(?:select\s[^;]{1,400}?\sfrom\s|insert\s+(?:into|ignore)\s|replace\s+into\s|update\s+\S{1,100}\s+set\s|delete\s+from\s|merge\s+into\s|values\s*\(|(?:create|alter)\s+(?:user|role|login)\s|set\s+password\s|identified\s+by\s|select\s+\S{1,60}\s+where\s)/i;

export function isSqlSystem(system: string): boolean {
  return SQL_SYSTEM.test(system.toLowerCase());
}

/** Whether the text looks like a statement from its beginning, and not like one in quotes. */
export function isStatement(text: string): boolean {
  const at = STATEMENT.exec(text)?.index ?? -1;
  return at >= 0 && at <= 64 && !/["'`]\s*$/.test(text.slice(0, at));
}

/** A statement without literals; unchanged where it takes parameters. `system` as in `db.system.name`. */
export function sanitizeStatement(statement: string, system = ''): string {
  const { text, hasParameters } = withoutLiterals(statement, {
    doubleQuoted: DOUBLE_QUOTED_LITERALS.test(system.toLowerCase()) ? 'always' : system === '' ? 'by place' : 'never',
    isWhole: true,
  });
  return hasParameters ? statement : text;
}

/** A text without the text literals of the statements in it: what is said around a statement has numbers of its own. */
export function sanitizeInText(text: string): string {
  const start = STATEMENT.exec(text)?.index;
  if (start === undefined) return text;
  const quote = /\\*["'`]\s{0,40}$/.exec(text.slice(Math.max(0, start - 60), start))?.[0].trim() ?? '';
  const end = quote === '' ? text.length : closing(text, start, quote);
  const statement = withoutLiterals(text.slice(start, end), { doubleQuoted: 'by place', isWhole: false });
  const before = text.slice(0, start);
  if (end === text.length) return before + statement.text;
  return before + statement.text + text.slice(end);
}

/** Where the string that begins with `quote` ends: at the same quote behind as many backslashes. */
function closing(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1)) {
    const isDoubled = quote === "'" && text.charAt(at + 1) === "'";
    if (!isDoubled && text.charAt(at - 1) !== '\\') return at;
    if (isDoubled) at++;
  }
  return text.length;
}

interface Literals {
  /** Whether double quotes enclose literals: always, never, or where a value and no name may stand. */
  doubleQuoted: 'always' | 'never' | 'by place';
  /** Nothing but a statement: it has numbers of its own only, and no apostrophes. */
  isWhole: boolean;
}

function withoutLiterals(statement: string, literals: Literals): { text: string; hasParameters: boolean } {
  let text = '';
  let copied = 0;
  let before = '';
  let inValues = false;
  let hasParameters = false;
  const pattern = literals.doubleQuoted === 'by place' ? TOKENS : LITERALS;
  const skip = (start: number, end: number, replacement = ''): void => {
    text += statement.slice(copied, start) + replacement;
    copied = end;
    pattern.lastIndex = end;
  };
  pattern.lastIndex = 0;
  for (let match = pattern.exec(statement); match !== null; match = pattern.exec(statement)) {
    const [token, comment, dollar, parameter, single, double, number, name] = match;
    const start = match.index;
    if (comment !== undefined) {
      skip(start, start + token.length);
      continue;
    }
    if (dollar !== undefined) {
      const close = statement.indexOf(dollar, start + dollar.length);
      skip(start, close < 0 ? statement.length : close + dollar.length, '?');
    } else if (single !== undefined) {
      const quote = single.slice(single.search(/\\*'$/));
      const end = literalEnd(statement, start + single.length, quote);
      if (end > 0) skip(start, end, '?');
      else if (literals.isWhole) skip(start, statement.length, '?');
    } else if (double !== undefined) {
      const end = literalEnd(statement, start + double.length, double);
      const isLiteral =
        literals.doubleQuoted === 'always' ||
        (literals.doubleQuoted === 'by place' && isValuePlace(before, inValues) && statement.charAt(end) !== '.');
      if (end > 0 && isLiteral) skip(start, end, '?');
      else if (end > 0) pattern.lastIndex = end;
    } else if (number !== undefined && literals.isWhole) skip(start, start + token.length, '?');
    else if (parameter !== undefined) hasParameters = true;
    if (name !== undefined)
      inValues = /^(?:values|in)$/i.test(name) || (inValues && !/^(?:set|where|select|from)$/i.test(name));
    before = name === undefined ? token : name.toLowerCase();
  }
  return { text: text + statement.slice(copied), hasParameters };
}

function isValuePlace(before: string, inValues: boolean): boolean {
  return /^(?:=|<|>|like|ilike|by|password)$/.test(before) || (inValues && /^[(,?]$/.test(before));
}

/** Past the closing quote; negative: there is none, and it is an apostrophe. */
function literalEnd(statement: string, from: number, quote: string): number {
  const mark = quote.slice(-1);
  const depth = quote.length - 1;
  for (let at = from; at < statement.length; at++) {
    if (statement.charAt(at) !== mark) continue;
    let slashes = 0;
    while (at - slashes > from && statement.charAt(at - slashes - 1) === '\\') slashes++;
    if (depth === 0 ? slashes % 2 === 1 : slashes > depth) continue;
    // A backslash that was escaped once more still escapes the apostrophe of `it\'s`.
    if (slashes > depth && /\w/.test(statement.charAt(at + 1))) continue;
    if (depth === 0 && statement.charAt(at + 1) === mark) at++;
    else return at + 1;
  }
  return -1;
}

/** PostgreSQL's details of a broken constraint, and MySQL's: the values of the columns that they name. */
const KEY_DETAIL = /\bKey \(([^\n]{1,300}?)\)=\(/g;
/** Where the values end; on a line that was cut off, the line. */
const KEY_VALUES_END = /\)(?= (?:already|is|conflicts|still)|[.'"]|\s|$)|\n|$/g;
const ROW_DETAIL = /(\bFailing row contains \()[^\n]*?(\)(?=[.'"]|\s*(?:\n|$))|(?=\n)|$)/g;
const DUPLICATE = /(\bDuplicate entry ')([^\n]{0,2000}?)(' for key '([^'\n]{1,200})')/g;

/** What ORMs print of the data that went with a statement. */
const PARAMETERS = /\b(?:parameters|PARAMETERS|bindings)\b["']?: ?\[/g;
const MAY_HAVE_PARAMETERS = /Sequelize|QueryFailedError|PARAMETERS: \[/;

function redactParameters(text: string, replacement: string): string {
  if (!MAY_HAVE_PARAMETERS.test(text) && !STATEMENT.test(text)) return text;
  let result = '';
  let copied = 0;
  PARAMETERS.lastIndex = 0;
  for (let match = PARAMETERS.exec(text); match !== null; match = PARAMETERS.exec(text)) {
    const start = PARAMETERS.lastIndex - 1;
    const end = bracketEnd(text, start);
    result += `${text.slice(copied, start)}["${replacement}"]`;
    copied = end;
    PARAMETERS.lastIndex = end;
  }
  return result + text.slice(copied);
}

export function redactDetails(given: string, isSecret: (name: string) => boolean, replacement: string): string {
  const text = /parameters|PARAMETERS|bindings/.test(given) ? redactParameters(given, replacement) : given;
  if (!/Key \(|Failing row|Duplicate entry/.test(text)) return text;
  const named = (names: string) => (names.match(/[\w$]+/g) ?? []).some(isSecret);
  return redactKeyDetails(text, named, replacement)
    .replace(ROW_DETAIL, `$1${replacement}$2`)
    .replace(DUPLICATE, (whole, before: string, _value, after: string, key: string) =>
      named(key) ? before + replacement + after : whole,
    );
}

function redactKeyDetails(text: string, isSecret: (names: string) => boolean, replacement: string): string {
  let result = '';
  let copied = 0;
  KEY_DETAIL.lastIndex = 0;
  for (let match = KEY_DETAIL.exec(text); match !== null; match = KEY_DETAIL.exec(text)) {
    const start = KEY_DETAIL.lastIndex;
    if (!isSecret(match[1] ?? '')) continue;
    KEY_VALUES_END.lastIndex = start;
    const end = KEY_VALUES_END.exec(text)?.index ?? text.length;
    result += text.slice(copied, start) + replacement;
    copied = end;
    KEY_DETAIL.lastIndex = end;
  }
  return result + text.slice(copied);
}
