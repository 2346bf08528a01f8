import { ANY_CHARACTER, PartSearch } from './part-search.js';

/** Longer texts match nothing but `*`: Node takes no longer path. UTF-16 units. */
export const MAX_TEXT = 16_384;

/**
 * A pattern of a sampling rule, made once: `*` stands for any text, `?` for one character, case does not count.
 *
 * What is before the first `*` and after the last one is compared at its place; each part in between is looked for once, from where the one
 * before ended. No text makes it go back, as it would a regular expression.
 */
export class Wildcard {
  /** Whether it matches everything, also where there is nothing to match. */
  readonly any: boolean;
  readonly #start: string;
  readonly #middle: { search: PartSearch; length: number }[];
  /** Undefined: without a `*`, the whole pattern is its start. */
  readonly #end: string | undefined;
  readonly #shortest: number;

  constructor(pattern: string) {
    const parts = pattern.toLowerCase().replace(/\*+/g, '*').split('*');
    this.any = parts.length === 2 && parts.every((part) => part === '');
    this.#start = parts[0] ?? '';
    this.#end = parts.length > 1 ? parts[parts.length - 1] : undefined;
    this.#middle = parts.slice(1, -1).map((part) => ({ search: new PartSearch(part), length: part.length }));
    this.#shortest = parts.reduce((length, part) => length + part.length, 0);
  }

  /** @param text in lower case; undefined matches only `*` */
  matches(text: string | undefined): boolean {
    if (this.any) return true;
    if (text === undefined || text.length > MAX_TEXT || text.length < this.#shortest) return false;
    if (!isAt(text, 0, this.#start)) return false;
    const end = this.#end;
    if (end === undefined) return text.length === this.#start.length;
    return isAt(text, text.length - end.length, end) && this.#hasMiddle(text, text.length - end.length);
  }

  #hasMiddle(text: string, end: number): boolean {
    let from = this.#start.length;
    for (const { search, length } of this.#middle) {
      const found = search.find(text, from);
      if (found === -1) return false;
      from = found + length;
    }
    return from <= end;
  }
}

function isAt(text: string, at: number, part: string): boolean {
  for (let i = 0; i < part.length; i++) {
    const code = part.charCodeAt(i);
    if (code !== text.charCodeAt(at + i) && code !== ANY_CHARACTER) return false;
  }
  return true;
}
