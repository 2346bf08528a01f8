import type { ValueType } from './value-types.js';

const MAX_ITEM_LENGTH = 200;

/**
 * Keys and `/patterns/`, separated by commas; a comma inside a pattern is part of it. What is no pattern is left out. No entry is ever
 * shown: who hides a certain word writes that word.
 */
export function redactionList(): ValueType<string[]> {
  const expected = 'keys and /patterns/ (regular expressions), separated by commas';
  return {
    expected,
    parse(given) {
      const items = split(given);
      const value = items.filter(isUsable);
      if (value.length === items.length && items.length > 0) return { value };
      const flaw = items.length === 0 ? expected : `${expected}; entry ${places(items)} is neither`;
      return value.length > 0 ? { value, flaw } : { flaw };
    },
    format: (value) => (value.length === 0 ? 'nothing more' : `${value.length} of your own`),
  };
}

/** Which entries can't be used, counted from one. */
function places(items: readonly string[]): string {
  return items.flatMap((item, index) => (isUsable(item) ? [] : [index + 1])).join(', ');
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
