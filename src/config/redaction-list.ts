import type { ValueType } from './value-types.js';

const MAX_ITEM_LENGTH = 200;

/** Keys and `/patterns/`, separated by commas; a comma inside a pattern is part of it. What is no pattern is left out. */
export function redactionList(): ValueType<string[]> {
  const expected = 'keys and /patterns/ (regular expressions), separated by commas';
  return {
    expected,
    parse(given) {
      const items = split(given);
      const value = items.filter(isUsable);
      if (value.length === items.length && items.length > 0) return { value };
      return value.length > 0 ? { value, flaw: expected } : { flaw: expected };
    },
    format: (value) => value.join(',') || 'nothing more',
  };
}

function split(given: string): string[] {
  const items = given.match(/\s*\/(?:\\.|[^/\\])+\/[a-z]*\s*(?=,|$)|[^,]+/g) ?? [];
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

function isUsable(item: string): boolean {
  if (item.length > MAX_ITEM_LENGTH) return false;
  const [, source, flags] = /^\/(.*)\/([a-z]*)$/.exec(item) ?? [];
  if (source === undefined) return !item.startsWith('/');
  try {
    return new RegExp(source, flags) instanceof RegExp;
  } catch {
    return false;
  }
}
