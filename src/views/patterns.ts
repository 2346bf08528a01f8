import type { AttributeKeys } from '../config/metric-views.js';

/** Whether a name is one of those, or matches a pattern among them: `*` stands for any characters, `?` for one. */
export function matcherOf(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !isPattern(pattern)));
  const expressions = patterns.filter(isPattern).map(expressionOf);
  return (name) => names.has(name) || expressions.some((expression) => expression.test(name));
}

/** Whether a view keeps the attribute of that name. */
export function keeperOf({ included, excluded = [] }: AttributeKeys): (name: string) => boolean {
  const isIncluded = included ? matcherOf(included) : () => true;
  const isExcluded = matcherOf(excluded);
  return (name) => isIncluded(name) && !isExcluded(name);
}

function isPattern(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
