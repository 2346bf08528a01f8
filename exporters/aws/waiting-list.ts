/** Items in the order in which they came, and what they weigh together. */

export interface Waiting {
  /** Grows with each item that comes. */
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly bytes: number;
}

export class WaitingList<I extends Waiting> {
  #items: I[] = [];
  #bytes = 0;

  get items(): readonly I[] {
    return this.#items;
  }

  get length(): number {
    return this.#items.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds items, new ones or such as were taken before, each at its place. */
  add(items: readonly I[]): void {
    const last = this.#items.at(-1);
    const first = items[0];
    this.#items = this.#items.concat(items);
    for (const item of items) this.#bytes += item.bytes;
    if (last === undefined || first === undefined || last.sequence < first.sequence) return;
    // Of two batches that come back, the later one may be first.
    this.#items.sort((a, b) => a.sequence - b.sequence);
  }

  /** Takes the first `count` items out. */
  take(count: number): I[] {
    return this.#remove(this.#items.slice(0, count), this.#items.slice(count));
  }

  /** Takes the last `count` items out. */
  takeLast(count: number): I[] {
    const kept = this.#items.length - count;
    return this.#remove(this.#items.slice(kept), this.#items.slice(0, kept));
  }

  /** Takes out what is older than `oldest`, epoch milliseconds. */
  takeOlder(oldest: number): I[] {
    if (!this.#items.some((item) => item.time < oldest)) return [];
    return this.#remove(
      this.#items.filter((item) => item.time < oldest),
      this.#items.filter((item) => item.time >= oldest),
    );
  }

  #remove(taken: I[], kept: I[]): I[] {
    this.#items = kept;
    for (const item of taken) this.#bytes -= item.bytes;
    return taken;
  }
}
