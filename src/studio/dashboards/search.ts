import { ExpressionError } from '../../cloudwatch/expression-syntax.js';
import type { HeldSeries } from './time-series.js';

/** SEARCH: user guide, "CloudWatch search expression syntax". */

/** Characters of a search that CloudWatch takes. */
export const MAX_SEARCH_LENGTH = 1024;
/** Metrics that one search finds. */
export const MAX_FOUND = 500;

type Matches = (series: HeldSeries) => boolean;

/** Those of `held` that the query finds, by name and dimensions. @throws ExpressionError */
export function searchMetrics<S extends HeldSeries>(query: string, held: readonly S[]): S[] {
  const matches = parseSearch(query);
  const key = ({ name, dimensions }: S): string => `${name} ${dimensions.map(({ value }) => value).join(' ')}`;
  return held
    .filter(matches)
    .map((series) => ({ series, key: key(series) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .slice(0, MAX_FOUND)
    .map(({ series }) => series);
}

/** @throws ExpressionError */
export function parseSearch(query: string): Matches {
  if (query.length > MAX_SEARCH_LENGTH)
    throw new ExpressionError(`a search is longer than ${MAX_SEARCH_LENGTH} characters`);
  const [, schema, rest = ''] = /^\s*(?:\{((?:"(?:[^"\\]|\\.)*"|[^"}])*)\})?([\s\S]*)$/.exec(query) ?? [];
  const bySchema = schema === undefined ? () => true : schemaMatches(schema);
  const terms = new Terms(tokenise(rest));
  const byTerms = terms.all();
  return (series) => bySchema(series) && byTerms(series);
}

/** `{Namespace, dimension, …}`: exactly these dimensions. */
function schemaMatches(schema: string): Matches {
  const names = [...schema.matchAll(/"((?:[^"\\]|\\.)*)"|([^",\s][^",]*)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '').trim() : quoted.replace(/\\(.)/g, '$1'),
  );
  const [namespace, ...dimensions] = names;
  if (namespace === undefined) throw new ExpressionError('a search schema names a namespace');
  const wanted = [...dimensions].sort().join('\0');
  return (series) =>
    series.namespace === namespace &&
    series.dimensions
      .map(({ name }) => name)
      .sort()
      .join('\0') === wanted;
}

type Token = { readonly kind: 'word' | 'quoted' | 'sign'; readonly text: string };

function tokenise(text: string): Token[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|([()=])|([^\s()="]+)/g)].map(([, quoted, sign, word]): Token => {
    if (quoted !== undefined) return { kind: 'quoted', text: quoted.replace(/\\(.)/g, '$1') };
    return sign === undefined ? { kind: 'word', text: word ?? '' } : { kind: 'sign', text: sign };
  });
}

const MAX_NESTING = 50;

class Terms {
  #at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  all(): Matches {
    if (this.tokens.length === 0) return () => true;
    const matches = this.#either(undefined, 0);
    if (this.#at < this.tokens.length)
      throw new ExpressionError(`a search has ${this.tokens[this.#at]?.text} where it is not expected`);
    return matches;
  }

  #is(kind: Token['kind'], text: string): boolean {
    const token = this.tokens[this.#at];
    return token?.kind === kind && token.text === text;
  }

  #either(property: string | undefined, depth: number): Matches {
    if (depth > MAX_NESTING) throw new ExpressionError('a search is nested too deeply');
    const parts = [this.#both(property, depth)];
    while (this.#is('word', 'OR')) {
      this.#at += 1;
      parts.push(this.#both(property, depth));
    }
    return parts.length === 1 ? (parts[0] as Matches) : (series) => parts.some((part) => part(series));
  }

  #both(property: string | undefined, depth: number): Matches {
    const parts = [this.#not(property, depth)];
    for (;;) {
      if (this.#is('word', 'AND')) this.#at += 1;
      else if (this.#at >= this.tokens.length || this.#is('sign', ')') || this.#is('word', 'OR')) break;
      parts.push(this.#not(property, depth));
    }
    return parts.length === 1 ? (parts[0] as Matches) : (series) => parts.every((part) => part(series));
  }

  #not(property: string | undefined, depth: number): Matches {
    if (!this.#is('word', 'NOT')) return this.#term(property, depth);
    this.#at += 1;
    const matches = this.#not(property, depth + 1);
    return (series) => !matches(series);
  }

  #term(property: string | undefined, depth: number): Matches {
    const token = this.tokens[this.#at];
    this.#at += 1;
    if (token === undefined) throw new ExpressionError('a search ends too soon');
    if (token.kind === 'sign') {
      if (token.text !== '(') throw new ExpressionError(`a search has ${token.text} where it is not expected`);
      const inner = this.#either(property, depth + 1);
      if (!this.#is('sign', ')')) throw new ExpressionError('a search lacks a )');
      this.#at += 1;
      return inner;
    }
    if (property === undefined && this.#is('sign', '=')) {
      this.#at += 1;
      return this.#term(token.text, depth + 1);
    }
    return textMatches(property, token);
  }
}

/** Quoted: the whole text. Otherwise its words, wherever and however they are capitalised. */
function textMatches(property: string | undefined, { kind, text }: Token): Matches {
  if (kind === 'quoted') return (series) => textsOf(series, property).includes(text);
  const wanted = wordsOf(text);
  return (series) =>
    textsOf(series, property).some((candidate) => {
      const words = wordsOf(candidate);
      return candidate.toLowerCase() === text.toLowerCase() || wanted.every((word) => words.includes(word));
    });
}

function textsOf({ namespace, name, dimensions }: HeldSeries, property: string | undefined): string[] {
  if (property === undefined) return [namespace, name, ...dimensions.flatMap((one) => [one.name, one.value])];
  if (property === 'MetricName') return [name];
  if (property === 'Namespace') return [namespace];
  return dimensions.filter((one) => one.name === property).map(({ value }) => value);
}

/** `nodejs.eventLoopDelay` has the words nodejs, event, loop, delay. */
const wordsOf = (text: string): string[] =>
  text
    .replace(/([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])/g, '$1$3 $2$4')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
