import type { Refusal } from '../aws/item.js';

/** What an OTLP answer says about a request that was accepted in part. */
export interface PartialSuccess {
  readonly rejected: number;
  /** Empty when nothing was said. */
  readonly message: string;
}

/**
 * The service says how many it rejected, not which: as many of the first as it counted.
 * @param positions in the batch, of the items that were sent
 * @param counts how many things each of those is; default 1
 */
export function rejections(
  { rejected }: PartialSuccess,
  positions: readonly number[],
  counts: readonly number[] = [],
): Refusal[] {
  const refusals: Refusal[] = [];
  let left = rejected;
  for (let place = 0; place < positions.length && left > 0; place += 1) {
    const count = Math.min(left, counts[place] ?? 1);
    refusals.push({ index: positions[place] ?? 0, reason: 'rejected', count });
    left -= count;
  }
  return refusals;
}

/** Reads an answer with `parse`; an answer that is not the protobuf message asked for says nothing. */
export function readPartialSuccess(body: Uint8Array, parse: (body: Uint8Array) => PartialSuccess): PartialSuccess {
  try {
    return parse(body);
  } catch {
    return { rejected: 0, message: '' };
  }
}
