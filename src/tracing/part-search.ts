/** Bits of a word of the automaton's state. */
const WORD = 32;
const ASCII = 128;
/** The slot of characters that the part does not have. */
const OTHER = ASCII;

/**
 * Finds a part of a pattern in a text, in time that grows with the text alone, whatever both look like: Shift-And (Baeza-Yates and Gonnet,
 * 1992). Each bit of the state says whether the text up to here ends with so many first characters of the part.
 */
export class PartSearch {
  readonly #length: number;
  readonly #words: number;
  /** By slot of a character: at which places of the part it may stand. */
  readonly #places: Uint32Array;
  readonly #slots = new Map<number, number>();

  /** @param part not empty; `?` in it stands for any character */
  constructor(part: string) {
    this.#length = part.length;
    this.#words = Math.ceil(part.length / WORD);
    const codes = Array.from({ length: part.length }, (_, index) => part.charCodeAt(index));
    for (const code of codes)
      if (code >= ASCII && !this.#slots.has(code)) this.#slots.set(code, OTHER + 1 + this.#slots.size);
    const slots = OTHER + 1 + this.#slots.size;
    this.#places = new Uint32Array(slots * this.#words);
    for (const [place, code] of codes.entries()) {
      if (code !== ANY_CHARACTER) this.#allow(this.#slotOf(code), place);
      else for (let slot = 0; slot < slots; slot++) this.#allow(slot, place);
    }
  }

  /** Where the part begins in `text`, at or after `from`; -1: nowhere. */
  find(text: string, from: number): number {
    const words = this.#words;
    const places = this.#places;
    const state = new Uint32Array(words);
    const lastBit = 1 << ((this.#length - 1) % WORD);
    for (let at = from; at < text.length; at++) {
      const row = this.#slotOf(text.charCodeAt(at)) * words;
      let carry = 1;
      for (let word = 0; word < words; word++) {
        const before = state[word] as number;
        state[word] = ((before << 1) | carry) & (places[row + word] as number);
        carry = before >>> (WORD - 1);
      }
      if (((state[words - 1] as number) & lastBit) !== 0) return at - this.#length + 1;
    }
    return -1;
  }

  #slotOf(code: number): number {
    return code < ASCII ? code : (this.#slots.get(code) ?? OTHER);
  }

  #allow(slot: number, place: number): void {
    const index = slot * this.#words + Math.floor(place / WORD);
    this.#places[index] = (this.#places[index] as number) | (1 << (place % WORD));
  }
}

export const ANY_CHARACTER = '?'.charCodeAt(0);
