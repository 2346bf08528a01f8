/** The syntax of CloudWatch's metric math: user guide, "Using math expressions with CloudWatch metrics". */

export type Node =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  /** An id of another row (lower case), or a word such as `DESC` (upper case). */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'unary'; readonly operator: '-' | '!'; readonly operand: Node }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Node; readonly right: Node };

export type Operator = '+' | '-' | '*' | '/' | '^' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'AND' | 'OR';

/** What is wrong with an expression, or what of it is not evaluated here; shown in its place. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** Longest expression that CloudWatch takes (PutDashboard, GetMetricData), characters. */
export const MAX_EXPRESSION_LENGTH = 2048;
const MAX_DEPTH = 100;

type Token = { readonly kind: 'number' | 'text' | 'name' | 'operator'; readonly text: string };

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([A-Za-z_][A-Za-z0-9_]*)|(==|!=|<=|>=|&&|\|\||[-+*/^<>(),![\]]))/y;

function tokenise(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) {
      if (text.slice(at).trim() === '') break;
      throw new ExpressionError(`not understood from: ${text.slice(at, at + 40).trim()}`);
    }
    const [, number, single, double, name, operator] = match;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (single !== undefined || double !== undefined) {
      tokens.push({ kind: 'text', text: (single ?? double ?? '').replace(/\\(['"\\])/g, '$1') });
    } else if (name !== undefined) tokens.push({ kind: 'name', text: name });
    else tokens.push({ kind: 'operator', text: operator ?? '' });
  }
  return tokens;
}

const WORDS: Readonly<Record<string, Operator>> = { AND: 'AND', OR: 'OR', '&&': 'AND', '||': 'OR' };
const PRECEDENCE: Readonly<Record<Operator, number>> = {
  OR: 1,
  AND: 2,
  '==': 3,
  '!=': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '^': 8,
};
const UNARY_PRECEDENCE = 7;

/** @throws ExpressionError */
export function parseExpression(text: string): Node {
  if (text.length > MAX_EXPRESSION_LENGTH) throw new ExpressionError(`longer than ${MAX_EXPRESSION_LENGTH} characters`);
  if (/^\s*SELECT\s/i.test(text)) throw new ExpressionError('Metrics Insights (SELECT …) is not evaluated here');
  const parser = new Parser(tokenise(text));
  const node = parser.expression(0, 0);
  parser.end();
  return node;
}

class Parser {
  #at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  end(): void {
    const left = this.tokens[this.#at];
    if (left !== undefined) throw new ExpressionError(`not expected here: ${left.text}`);
  }

  expression(least: number, depth: number): Node {
    if (depth > MAX_DEPTH) throw new ExpressionError('nested too deeply');
    let left = this.#operand(depth);
    for (;;) {
      const operator = this.#operator();
      if (operator === undefined || PRECEDENCE[operator] < least) return left;
      this.#at += 1;
      const right = this.expression(operator === '^' ? PRECEDENCE[operator] : PRECEDENCE[operator] + 1, depth + 1);
      left = { kind: 'binary', operator, left, right };
    }
  }

  #operator(): Operator | undefined {
    const token = this.tokens[this.#at];
    if (token === undefined || token.kind === 'text' || token.kind === 'number') return undefined;
    const word = WORDS[token.text.toUpperCase()];
    if (word !== undefined) return word;
    return Object.hasOwn(PRECEDENCE, token.text) ? (token.text as Operator) : undefined;
  }

  #operand(depth: number): Node {
    const token = this.tokens[this.#at];
    this.#at += 1;
    if (token === undefined) throw new ExpressionError('ends too soon');
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'text') return { kind: 'text', value: token.text };
    if (token.kind === 'name') return this.#name(token.text, depth);
    if (token.text === '-' || token.text === '!') {
      return { kind: 'unary', operator: token.text, operand: this.expression(UNARY_PRECEDENCE, depth + 1) };
    }
    if (token.text === '(') {
      const inner = this.expression(0, depth + 1);
      this.#expect(')');
      return inner;
    }
    if (token.text === '[') return { kind: 'list', items: this.#list(']', depth) };
    throw new ExpressionError(`not expected here: ${token.text}`);
  }

  #name(name: string, depth: number): Node {
    if (this.tokens[this.#at]?.text !== '(' || this.tokens[this.#at]?.kind !== 'operator')
      return { kind: 'name', name };
    this.#at += 1;
    return { kind: 'call', name: name.toUpperCase(), args: this.#list(')', depth) };
  }

  #list(close: string, depth: number): Node[] {
    const items: Node[] = [];
    if (this.#takes(close)) return items;
    do items.push(this.expression(0, depth + 1));
    while (this.#takes(','));
    this.#expect(close);
    return items;
  }

  #takes(text: string): boolean {
    const token = this.tokens[this.#at];
    if (token?.kind !== 'operator' || token.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw new ExpressionError(`${text} is missing`);
  }
}

/** The ids of other rows that an expression names. */
export function namesIn(node: Node): string[] {
  switch (node.kind) {
    case 'number':
    case 'text':
      return [];
    case 'name':
      return /^[a-z]/.test(node.name) ? [node.name] : [];
    case 'call':
      return node.args.flatMap(namesIn);
    case 'list':
      return node.items.flatMap(namesIn);
    case 'unary':
      return namesIn(node.operand);
    case 'binary':
      return [...namesIn(node.left), ...namesIn(node.right)];
  }
}
