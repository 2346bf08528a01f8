/** Longer texts match nothing but `*`: no path that Node takes is longer, and no text may cost more than it is worth. UTF-16 units. */
export const MAX_TEXT = 16_384;

/** A part of a pattern between two `*`. */
interface Part {
  readonly text: string;
  /** Whether some of its characters are `?`. */
  readonly open: boolean;
}

/**
 * A pattern of a sampling rule, made once: `*` stands for any text, `?` for one character, case does not count.
 *
 * Each part between two `*` is looked for once, from where the one before ended: no text makes it go back, as it would a regular
 * expression.
 */
export class Wildcard {
  /** Whether it matches everything, also where there is nothing to match. */
  readonly any: boolean;
  readonly #literal: string | undefined;
  readonly #parts: Part[];
  readonly #shortest: number;

  constructor(pattern: string) {
    const lower = pattern.toLowerCase().replace(/\*+/g, '*');
    this.any = lower === '*';
    this.#literal = /[*?]/.test(lower) ? undefined : lower;
    this.#parts = lower.split('*').map((text) => ({ text, open: text.includes('?') }));
    this.#shortest = this.#parts.reduce((length, { text }) => length + text.length, 0);
  }

  /** @param text in lower case; undefined matches only `*` */
  matches(text: string | undefined): boolean {
    if (this.any) return true;
    if (text === undefined || text.length > MAX_TEXT) return false;
    if (this.#literal !== undefined) return text === this.#literal;
    return text.length >= this.#shortest && this.#matchesParts(text);
  }

  #matchesParts(text: string): boolean {
    const parts = this.#parts;
    const first = parts[0] as Part;
    const last = parts[parts.length - 1] as Part;
    if (!isAt(text, 0, first)) return false;
    if (parts.length === 1) return text.length === first.text.length;
    const end = text.length - last.text.length;
    if (!isAt(text, end, last)) return false;
    let from = first.text.length;
    for (let i = 1; i < parts.length - 1; i++) {
      const part = parts[i] as Part;
      const found = find(text, from, part);
      if (found === -1 || found + part.text.length > end) return false;
      from = found + part.text.length;
    }
    return from <= end;
  }
}

function find(text: string, from: number, part: Part): number {
  if (!part.open) return text.indexOf(part.text, from);
  const last = text.length - part.text.length;
  for (let at = from; at <= last; at++) if (isAt(text, at, part)) return at;
  return -1;
}

function isAt(text: string, at: number, { text: part, open }: Part): boolean {
  if (!open) return text.startsWith(part, at);
  for (let i = 0; i < part.length; i++) {
    const code = part.charCodeAt(i);
    if (code !== ANY_CHARACTER && code !== text.charCodeAt(at + i)) return false;
  }
  return true;
}

const ANY_CHARACTER = '?'.charCodeAt(0);
