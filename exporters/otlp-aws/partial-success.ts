import type { Refusal } from '../aws/delivery-queue.js';

/** What an OTLP answer says about a request that was accepted in part. */
export interface PartialSuccess {
  readonly rejected: number;
  /** Empty when nothing was said. */
  readonly message: string;
}

/**
 * The service says how many items it rejected, not which: as many of `positions` as it counted.
 * @param positions in the batch, of the items that were sent
 */
export function rejections(partial: PartialSuccess, positions: readonly number[]): Refusal[] {
  return positions.slice(0, Math.max(0, partial.rejected)).map((index) => ({ index, reason: 'rejected' }));
}

/** Reads an answer with `parse`; an answer that is not the protobuf message asked for says nothing. */
export function readPartialSuccess(body: Uint8Array, parse: (body: Uint8Array) => PartialSuccess): PartialSuccess {
  try {
    return parse(body);
  } catch {
    return { rejected: 0, message: '' };
  }
}
