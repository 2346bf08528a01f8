import type { Refusal } from '../aws/item.js';

export interface Screened<T> {
  readonly kept: T[];
  /** For each of `kept`, its position in the batch. */
  readonly positions: number[];
  readonly refused: Refusal[];
}

/** Sets aside the items that the service would refuse, so that they do not cost the others. */
export function screen<T>(batch: readonly T[], reasonOf: (item: T) => string | undefined): Screened<T> {
  const kept: T[] = [];
  const positions: number[] = [];
  const refused: Refusal[] = [];
  for (const [index, item] of batch.entries()) {
    const reason = reasonOf(item);
    if (reason === undefined) {
      kept.push(item);
      positions.push(index);
    } else refused.push({ index, reason });
  }
  return { kept, positions, refused };
}
