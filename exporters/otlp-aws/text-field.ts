import type { PbfWriter } from 'pbf';

const SURROGATES = /[\ud800-\udfff]/;

/** Appends a field of text. pbf 5.1 writes some characters beyond U+1FFFF as others, so Node writes what has surrogates. */
export function writeText(field: number, text: string, writer: PbfWriter): void {
  if (SURROGATES.test(text)) writer.writeBytesField(field, Buffer.from(text));
  else writer.writeStringField(field, text);
}
