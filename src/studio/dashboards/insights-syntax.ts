/** The part of Logs Insights' query language that dashboards use: CloudWatch Logs user guide, "CloudWatch Logs Insights language query syntax". */

export class QueryError extends Error {
  override readonly name = 'QueryError';
}

export type Operand =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'pattern'; readonly pattern: RegExp }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'list'; readonly items: readonly Operand[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Operand[] }
  | { readonly kind: 'not'; readonly operand: Operand }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Operand; readonly right: Operand };

/** An expression and the name of its column. */
export interface Column {
  readonly name: string;
  readonly operand: Operand;
}

export type Command =
  | { readonly kind: 'fields' | 'display'; readonly columns: readonly Column[] }
  | { readonly kind: 'filter'; readonly operand: Operand }
  | { readonly kind: 'stats'; readonly columns: readonly Column[]; readonly by: readonly Column[] }
  | { readonly kind: 'sort'; readonly by: readonly { readonly operand: Operand; readonly descending: boolean }[] }
  | { readonly kind: 'limit'; readonly count: number }
  | { readonly kind: 'dedup'; readonly columns: readonly Column[] }
  | { readonly kind: 'parse'; readonly field: Operand; readonly pattern: RegExp; readonly names: readonly string[] };

export interface Query {
  /** Log groups. */
  readonly sources: readonly string[];
  readonly commands: readonly Command[];
}

/** Characters of a query: StartQuery. */
const MAX_QUERY_LENGTH = 10_000;
const MAX_DEPTH = 60;

interface Token {
  readonly kind: 'text' | 'number' | 'pattern' | 'field' | 'word' | 'sign';
  readonly text: string;
  /** Where it stands in the query. */
  readonly start: number;
  readonly end: number;
}

const TOKEN =
  /\s*(?:#[^\n]*(?:\n|$))*\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`([^`]+)`|(\d+(?:\.\d+)?(?![\w.@]))|([@A-Za-z_][\w.@:-]*|\d+[a-z]+)|(=~|!=|<=|>=|[-+*/%^=<>(),|[\]]))/y;
/** After these a `/` begins a pattern. */
const BEFORE_PATTERN = /^(like|=~|parse)$/i;

function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    const pattern = /^\s*\/((?:[^/\\\n]|\\.)+)\//.exec(text.slice(at));
    const before = tokens.at(-1);
    const inParse = tokens.length > 1 && /^parse$/i.test(tokens.at(-2)?.text ?? '');
    if (pattern !== null && before !== undefined && (BEFORE_PATTERN.test(before.text) || inParse)) {
      tokens.push({ kind: 'pattern', text: pattern[1] ?? '', start: at, end: at + pattern[0].length });
      at += pattern[0].length;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      if (/^\s*#[^\n]*$/.test(text.slice(at))) break;
      throw new QueryError(`not understood from: ${text.slice(at, at + 40).trim()}`);
    }
    tokens.push({ ...classify(match), start: at, end: TOKEN.lastIndex });
    at = TOKEN.lastIndex;
  }
  return tokens;
}

function classify([, double, single, field, number, word, sign]: RegExpExecArray): Pick<Token, 'kind' | 'text'> {
  if (double !== undefined || single !== undefined)
    return { kind: 'text', text: (double ?? single ?? '').replace(/\\(["'\\])/g, '$1') };
  if (field !== undefined) return { kind: 'field', text: field };
  if (number !== undefined) return { kind: 'number', text: number };
  return word === undefined ? { kind: 'sign', text: sign ?? '' } : { kind: 'word', text: word };
}

/** @throws QueryError */
export function parseQuery(text: string): Query {
  if (text.length > MAX_QUERY_LENGTH) throw new QueryError(`longer than ${MAX_QUERY_LENGTH} characters`);
  const tokens = tokenise(text);
  const sources: string[] = [];
  const commands: Command[] = [];
  for (const part of split(tokens)) {
    const parser = new Parser(part, text);
    if (parser.takesWord('SOURCE')) sources.push(...parser.sources());
    else commands.push(parser.command());
    parser.end();
  }
  return { sources, commands };
}

function split(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'sign' && token.text === '|') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter(({ length }) => length > 0);
}

const COMPARISONS = new Set(['=', '!=', '<', '<=', '>', '>=', '=~']);

class Parser {
  #at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly text: string,
  ) {}

  end(): void {
    const left = this.#peek();
    if (left !== undefined) throw new QueryError(`not expected here: ${left.text}`);
  }

  sources(): string[] {
    const names = [this.#text('a log group')];
    while (this.#takesSign(',')) names.push(this.#text('a log group'));
    return names;
  }

  command(): Command {
    const word = this.#next('a command').text.toLowerCase();
    switch (word) {
      case 'fields':
      case 'display':
        return { kind: word, columns: this.#columns() };
      case 'filter':
        return { kind: 'filter', operand: this.operand() };
      case 'stats':
        return this.#stats();
      case 'sort':
        return this.#sort();
      case 'limit':
      case 'head':
        return { kind: 'limit', count: Number(this.#next('a number').text) };
      case 'dedup':
        return { kind: 'dedup', columns: this.#columns() };
      case 'parse':
        return this.#parse();
      default:
        throw new QueryError(`the command ${word} is not evaluated here`);
    }
  }

  operand(depth = 0): Operand {
    if (depth > MAX_DEPTH) throw new QueryError('nested too deeply');
    let left = this.#both(depth);
    while (this.takesWord('or')) left = { kind: 'binary', operator: 'or', left, right: this.#both(depth) };
    return left;
  }

  takesWord(word: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word.toLowerCase()) return false;
    this.#at += 1;
    return true;
  }

  #peek(): Token | undefined {
    return this.tokens[this.#at];
  }

  #next(what: string): Token {
    const token = this.tokens[this.#at];
    if (token === undefined) throw new QueryError(`${what} is missing`);
    this.#at += 1;
    return token;
  }

  #text(what: string): string {
    const token = this.#next(what);
    if (token.kind !== 'text' && token.kind !== 'field')
      throw new QueryError(`${what} in quotes is expected, not ${token.text}`);
    return token.text;
  }

  #takesSign(sign: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#at += 1;
    return true;
  }

  #columns(): Column[] {
    const columns = [this.#column()];
    while (this.#takesSign(',')) columns.push(this.#column());
    return columns;
  }

  /** Without `as`, a column is called what it is written as. */
  #column(): Column {
    const first = this.#peek();
    const operand = this.operand();
    const written = this.text
      .slice(first?.start, this.tokens[this.#at - 1]?.end)
      .trim()
      .replace(/^`([^`]*)`$/, '$1');
    return { operand, name: this.takesWord('as') ? this.#next('a name').text : written };
  }

  #stats(): Command {
    const columns = this.#columns();
    return { kind: 'stats', columns, by: this.takesWord('by') ? this.#columns() : [] };
  }

  #sort(): Command {
    const by: { operand: Operand; descending: boolean }[] = [];
    do {
      const operand = this.operand();
      const descending = this.takesWord('desc');
      if (!descending) this.takesWord('asc');
      by.push({ operand, descending });
    } while (this.#takesSign(','));
    return { kind: 'sort', by };
  }

  /** `parse @message "user=*, ip=*" as user, ip`, or a pattern with named groups. */
  #parse(): Command {
    const token = this.#peek();
    const field =
      token?.kind === 'text' || token?.kind === 'pattern'
        ? ({ kind: 'field', name: '@message' } as const)
        : this.#primary(0);
    const how = this.#next('a pattern');
    if (how.kind === 'pattern') {
      const pattern = compile(how.text);
      return {
        kind: 'parse',
        field,
        pattern,
        names: [...how.text.matchAll(/\(\?<([A-Za-z_]\w*)>/g)].map(([, name]) => name ?? ''),
      };
    }
    if (how.kind !== 'text') throw new QueryError('parse needs a text with * or a pattern');
    if (!this.takesWord('as')) throw new QueryError('parse needs names: as …');
    const names = [this.#next('a name').text];
    while (this.#takesSign(',')) names.push(this.#next('a name').text);
    const globs = how.text.split('*').map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return {
      kind: 'parse',
      field,
      pattern: compile(
        globs.map((piece, index) => (index === globs.length - 1 && piece === '' ? `${piece}` : piece)).join('(.*?)') +
          (how.text.endsWith('*') ? '$' : ''),
      ),
      names,
    };
  }

  #both(depth: number): Operand {
    let left = this.#not(depth);
    while (this.takesWord('and')) left = { kind: 'binary', operator: 'and', left, right: this.#not(depth) };
    return left;
  }

  #not(depth: number): Operand {
    if (this.takesWord('not')) return { kind: 'not', operand: this.#not(depth + 1) };
    return this.#comparison(depth);
  }

  #comparison(depth: number): Operand {
    const left = this.#sum(depth);
    const token = this.#peek();
    if (token?.kind === 'sign' && COMPARISONS.has(token.text)) {
      this.#at += 1;
      return { kind: 'binary', operator: token.text, left, right: this.#sum(depth) };
    }
    const negated = token?.kind === 'word' && token.text.toLowerCase() === 'not' && this.takesWord('not');
    if (this.takesWord('like'))
      return negate({ kind: 'binary', operator: 'like', left, right: this.#sum(depth) }, negated);
    if (this.takesWord('in')) return negate({ kind: 'binary', operator: 'in', left, right: this.#sum(depth) }, negated);
    if (negated) throw new QueryError('after not, like or in is expected');
    return left;
  }

  #sum(depth: number): Operand {
    return this.#chain(['+', '-'], () =>
      this.#chain(['*', '/', '%'], () => this.#chain(['^'], () => this.#primary(depth))),
    );
  }

  #chain(operators: readonly string[], part: () => Operand): Operand {
    let left = part();
    for (;;) {
      const operator = operators.find((sign) => this.#takesSign(sign));
      if (operator === undefined) return left;
      left = { kind: 'binary', operator, left, right: part() };
    }
  }

  #primary(depth: number): Operand {
    if (depth > MAX_DEPTH) throw new QueryError('nested too deeply');
    const token = this.#next('a value');
    if (token.kind === 'text') return { kind: 'literal', value: token.text };
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) };
    if (token.kind === 'pattern') return { kind: 'pattern', pattern: compile(token.text) };
    if (token.kind === 'field') return { kind: 'field', name: token.text };
    if (token.kind === 'word') return this.#word(token.text, depth);
    if (token.text === '(') return this.#closed(')', () => this.operand(depth + 1));
    if (token.text === '[') return { kind: 'list', items: this.#items(']', depth) };
    if (token.text === '-') {
      return { kind: 'binary', operator: '-', left: { kind: 'literal', value: 0 }, right: this.#primary(depth + 1) };
    }
    if (token.text === '*') return { kind: 'field', name: '*' };
    throw new QueryError(`not expected here: ${token.text}`);
  }

  #word(word: string, depth: number): Operand {
    if (/^(true|false)$/i.test(word)) return { kind: 'literal', value: word.toLowerCase() === 'true' };
    if (/^\d+[a-z]+$/.test(word)) return { kind: 'literal', value: word };
    if (!this.#takesSign('(')) return { kind: 'field', name: word };
    return { kind: 'call', name: word.toLowerCase(), args: this.#items(')', depth) };
  }

  #items(close: string, depth: number): Operand[] {
    const items: Operand[] = [];
    if (this.#takesSign(close)) return items;
    return this.#closed(close, () => {
      do items.push(this.operand(depth + 1));
      while (this.#takesSign(','));
      return items;
    });
  }

  #closed<T>(close: string, read: () => T): T {
    const value = read();
    if (!this.#takesSign(close)) throw new QueryError(`${close} is missing`);
    return value;
  }
}

const negate = (operand: Operand, negated: boolean): Operand => (negated ? { kind: 'not', operand } : operand);

function compile(pattern: string): RegExp {
  const flags = pattern.startsWith('(?i)') ? 'i' : '';
  try {
    return new RegExp(pattern.replace(/^\(\?i\)/, ''), flags);
  } catch {
    throw new QueryError(`not a pattern: /${pattern.slice(0, 80)}/`);
  }
}
