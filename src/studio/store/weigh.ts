const OBJECT_BYTES = 48;
const ENTRY_BYTES = 16;
const STRING_BYTES = 24;
const NUMBER_BYTES = 12;

/** About what a plain value (no cycles) takes of the heap, in bytes; errs on the high side. */
export function weigh(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return STRING_BYTES + Buffer.byteLength(value);
    case 'number':
      return NUMBER_BYTES;
    case 'object':
      return value === null ? 0 : weighObject(value);
    default:
      return 8;
  }
}

function weighObject(value: object): number {
  let bytes = OBJECT_BYTES;
  if (Array.isArray(value)) {
    for (const item of value) bytes += weigh(item);
    return bytes;
  }
  for (const item of Object.values(value)) bytes += ENTRY_BYTES + weigh(item);
  return bytes;
}
