import { Fifo } from './fifo.js';

/** The last `capacity` items; how many went before them is counted. */
export class Ring<T> {
  #items = new Fifo<T>();
  #dropped = 0;

  constructor(readonly capacity: number) {}

  get length(): number {
    return this.#items.length;
  }

  /** Items that were pushed out by newer ones. */
  get dropped(): number {
    return this.#dropped;
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length <= this.capacity) return;
    this.#items.shift();
    this.#dropped += 1;
  }

  /** Oldest first. */
  list(): T[] {
    return this.#items.toArray();
  }

  clear(): void {
    this.#items = new Fifo();
    this.#dropped = 0;
  }
}
