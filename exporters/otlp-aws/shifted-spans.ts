import { PbfReader } from 'pbf';

const NANOSECONDS = 1_000_000;
/** Fields of `Span` and of its `Event`. */
const START_TIME = 7;
const END_TIME = 8;
const EVENT = 11;
const TIME_OF_EVENT = 1;

/**
 * The field `spans` of `ScopeSpans`, once for each span, with all times moved. A copy: what waits keeps the host's time, so that it can be
 * sent again with another offset.
 *
 * @param offset milliseconds
 */
export function shiftedSpans(fields: Uint8Array, offset: number): Uint8Array {
  const bytes = fields.slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nanoseconds = BigInt(Math.round(offset * NANOSECONDS));
  const reader = new PbfReader(bytes);
  const move = () => {
    view.setBigUint64(reader.pos, BigInt.asUintN(64, view.getBigUint64(reader.pos, true) + nanoseconds), true);
  };
  while (reader.pos < bytes.byteLength) {
    reader.readVarint();
    const end = reader.readVarint() + reader.pos;
    while (reader.pos < end) {
      const tag = reader.readVarint();
      const field = tag >> 3;
      if (field === START_TIME || field === END_TIME) move();
      if (field === EVENT) moveEvent(reader, move);
      else reader.skip(tag);
    }
  }
  return bytes;
}

function moveEvent(reader: PbfReader, move: () => void): void {
  const end = reader.readVarint() + reader.pos;
  while (reader.pos < end) {
    const tag = reader.readVarint();
    if (tag >> 3 === TIME_OF_EVENT) move();
    reader.skip(tag);
  }
}
