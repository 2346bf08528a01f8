/** What a SEARCH expression or a Metrics Insights query looks for, as far as it is plain to see. */
export interface MetricSearch {
  /** Absent: none is named. */
  readonly namespace?: string;
  /** Exactly these dimensions; absent: any. */
  readonly dimensions?: readonly string[];
  /** Exact names; empty: none is named exactly. */
  readonly metrics: readonly string[];
  /** Exact values of dimensions, several where any will do. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

const SEARCH = /\bSEARCH\s*\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)")/gi;

/** Every search in an expression. */
export function searchesIn(expression: string): MetricSearch[] {
  const searches = Array.from(expression.matchAll(SEARCH), ([, single, double]) =>
    // Only the quote around it is unescaped: a quote inside belongs to the name that it is in.
    readSearch(single?.replaceAll("\\'", "'") ?? double?.replaceAll('\\"', '"') ?? ''),
  );
  const query = readQuery(expression);
  return query === undefined ? searches : [...searches, query];
}

/** The text between the quotes of `SEARCH('…')`, or the `search` of a variable. */
export function readSearch(text: string): MetricSearch {
  const tokens = tokensOf(text);
  let position = 0;
  const take = (): Token | undefined => tokens[position++];
  const peek = (offset = 0): Token | undefined => tokens[position + offset];
  const schema: string[] = [];
  const metrics: string[] = [];
  const values: Record<string, string[]> = {};

  if (peek()?.mark === '{') {
    take();
    for (let token = take(); token && token.mark !== '}'; token = take())
      if (token.mark === undefined) schema.push(token.text);
  }
  for (let token = take(); token; token = take()) {
    // `NOT name="value"` excludes; what is left is not said.
    if (token.mark === undefined && !token.quoted && /^NOT$/i.test(token.text)) {
      skipTerm();
      continue;
    }
    if (token.mark !== undefined || peek()?.mark !== '=') continue;
    take();
    const exact = takeValues();
    if (exact.length === 0) continue;
    if (token.text === 'MetricName') metrics.push(...exact);
    else if (token.text === 'Namespace') schema.unshift(...exact.slice(0, 1));
    else values[token.text] = exact;
  }
  const [namespace, ...dimensions] = schema;
  const braced = /^\s*\{/.test(text);
  return { ...(namespace !== undefined && { namespace }), ...(braced && { dimensions }), metrics, values };

  function takeValues(): string[] {
    const exact: string[] = [];
    if (peek()?.mark !== '(') {
      const value = take();
      return value?.quoted ? [value.text] : [];
    }
    for (let token = take(); token && token.mark !== ')'; token = take()) if (token.quoted) exact.push(token.text);
    return exact;
  }

  function skipTerm(): void {
    take();
    if (peek()?.mark !== '=') return;
    take();
    takeValues();
  }
}

interface Token {
  readonly text: string;
  readonly quoted?: true;
  /** One of `{ } ( ) = ,` */
  readonly mark?: string;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [, mark, quoted, word] of text.matchAll(/([{}()=,])|"((?:\\.|[^"\\])*)"|([^\s{}()=,"]+)/g)) {
    if (mark === ',') continue;
    if (mark !== undefined) tokens.push({ text: mark, mark });
    else if (quoted !== undefined) tokens.push({ text: quoted.replace(/\\(.)/g, '$1'), quoted: true });
    else if (word !== undefined) tokens.push({ text: word });
  }
  return tokens;
}

/** `SELECT AVG("metric") FROM SCHEMA("namespace", Dimension, …) …`, Metrics Insights. */
function readQuery(expression: string): MetricSearch | undefined {
  const found = /^\s*SELECT\s+\w+\s*\(\s*("?)([^")]+)\1\s*\)\s+FROM\s+SCHEMA\s*\(([^)]*)\)/i.exec(expression);
  if (found === null) return undefined;
  const [, , metric = '', schema = ''] = found;
  const [namespace, ...dimensions] = tokensOf(schema).map(({ text }) => text);
  return { ...(namespace !== undefined && { namespace }), dimensions, metrics: [metric], values: {} };
}
