/** One thing to deliver, or several that wait as one. It keeps its own time however late it goes out. */
export interface Item<T> extends Part<T> {
  /** Epoch milliseconds; ages count from here. */
  readonly time: number;
  /** How many things it is; queue, limits and counters count these. Default 1. */
  readonly count?: number;
}

export interface Part<T> {
  readonly value: T;
  /** What it weighs on the wire, uncompressed. */
  readonly bytes: number;
}

/** An item of the batch that the service took the rest of without. */
export interface Refusal {
  /** Position in the batch. */
  readonly index: number;
  /** The reason under which it is counted as dropped. */
  readonly reason: string;
  /** How many of an item that is several; default: all. */
  readonly count?: number;
}

/**
 * How many leading items fit one request; at least one, so that an item that fits nowhere is refused by the service and counted.
 * @param overhead bytes the request weighs without items
 * @param separator bytes between two items
 */
export function prefixWithin(
  items: readonly Item<unknown>[],
  limits: { maxItems: number; maxBytes: number },
  overhead = 0,
  separator = 0,
): number {
  let bytes = overhead;
  let count = 0;
  for (const item of items) {
    bytes += item.bytes + (count > 0 ? separator : 0);
    if (count > 0 && (count >= limits.maxItems || bytes > limits.maxBytes)) break;
    count += 1;
  }
  return Math.max(1, count);
}
