/** Items in the order in which they came, what they stand for and what they weigh together. */

export interface Waiting {
  /** Grows with each item that comes, by what it stands for. */
  readonly sequence: number;
  /** How many of what is counted it stands for. */
  readonly count: number;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly bytes: number;
}

/** An item as two: one of the first `count` of what it stands for, and one of the rest. */
export type Divide<I> = (item: I, count: number) => readonly [I, I];

export class WaitingList<I extends Waiting> {
  readonly #divide: Divide<I>;
  #items: I[] = [];
  #count = 0;
  #bytes = 0;

  constructor(divide: Divide<I>) {
    this.#divide = divide;
  }

  get items(): readonly I[] {
    return this.#items;
  }

  /** Of what the items stand for. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds items, new ones or such as were taken before, each at its place. */
  add(items: readonly I[]): void {
    const last = this.#items.at(-1);
    const first = items[0];
    this.#items = this.#items.concat(items);
    for (const { count, bytes } of items) {
      this.#count += count;
      this.#bytes += bytes;
    }
    if (last === undefined || first === undefined || last.sequence < first.sequence) return;
    // Of two batches that come back, the later one may be first.
    this.#items.sort((a, b) => a.sequence - b.sequence);
  }

  /** Takes the first `count` out. */
  take(count: number): I[] {
    const [taken, kept] = splitAt(this.#items, count, this.#divide);
    return this.#remove(taken, kept);
  }

  /** Takes the last `count` out. */
  takeLast(count: number): I[] {
    const [kept, taken] = splitAt(this.#items, this.#count - count, this.#divide);
    return this.#remove(taken, kept);
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
    for (const { count, bytes } of taken) {
      this.#count -= count;
      this.#bytes -= bytes;
    }
    return taken;
  }
}

/** The items that stand for the first `count`, and the others; one that stands on both sides is divided. */
export function splitAt<I extends Waiting>(items: readonly I[], count: number, divide: Divide<I>): [I[], I[]] {
  let left = count;
  let whole = 0;
  for (const item of items) {
    if (item.count > left) break;
    left -= item.count;
    whole += 1;
  }
  const [first, rest] = [items.slice(0, whole), items.slice(whole)];
  const both = rest[0];
  if (left > 0 && both !== undefined) {
    const [before, after] = divide(both, left);
    first.push(before);
    rest[0] = after;
  }
  return [first, rest];
}

export function countOf(items: readonly Waiting[]): number {
  return items.reduce((sum, { count }) => sum + count, 0);
}
