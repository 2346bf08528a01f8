import type { AnyValue } from '@opentelemetry/api';
import { PbfWriter } from 'pbf';
import { writeText } from './text-field.js';

/** Pairs that are remembered, and UTF-16 units of one that is. */
const MAX_PAIRS = 2000;
const MAX_REMEMBERED = 256;
const MAX_INT64 = 2 ** 63;

/** Attributes in protobuf, as OTLP's `KeyValue`s. Most come again and again: they are written once, and copied from then on. */
export class KeyValues {
  readonly #known = new Map<string, Map<AnyValue, Uint8Array>>();
  readonly #scratch = new PbfWriter();
  #size = 0;

  /** Appends one field for each attribute that has a value. */
  write(field: number, attributes: Readonly<Record<string, AnyValue>> | undefined, writer: PbfWriter): void {
    for (const key in attributes) {
      const value = attributes[key];
      if (value === undefined) continue;
      if (isRemembered(key, value))
        writer.writeBytesField(field, this.#known.get(key)?.get(value) ?? this.#learn(key, value));
      else writer.writeMessage(field, writePair, [key, value]);
    }
  }

  #learn(key: string, value: AnyValue): Uint8Array {
    const scratch = this.#scratch;
    scratch.pos = 0;
    writePair([key, value], scratch);
    const content = scratch.buf.slice(0, scratch.pos);
    if (this.#size >= MAX_PAIRS) {
      this.#known.clear();
      this.#size = 0;
    }
    this.#size += 1;
    const values = this.#known.get(key);
    // A short text may be a part of a long one, which it would keep.
    const kept = typeof value === 'string' ? Buffer.from(value).toString() : value;
    if (values === undefined) this.#known.set(key, new Map([[kept, content]]));
    else values.set(kept, content);
    return content;
  }
}

function isRemembered(key: string, value: AnyValue): boolean {
  if (typeof value === 'string') return key.length + value.length <= MAX_REMEMBERED;
  return key.length <= MAX_REMEMBERED && (typeof value === 'boolean' || Number.isInteger(value));
}

function writePair([key, value]: readonly [string, AnyValue], writer: PbfWriter): void {
  writeText(1, key, writer);
  writer.writeMessage(2, writeValue, value);
}

/** Nothing for null: an `AnyValue` without a value. */
function writeValue(value: AnyValue, writer: PbfWriter): void {
  if (typeof value === 'string') writeText(1, value, writer);
  else if (typeof value === 'boolean') writer.writeBooleanField(2, value);
  else if (typeof value === 'number') writeNumber(value, writer);
  else if (value instanceof Uint8Array) writer.writeBytesField(7, value);
  else if (Array.isArray(value)) writer.writeMessage(5, writeItems, value);
  else if (typeof value === 'object' && value !== null) writer.writeMessage(6, writeEntries, value);
}

function writeNumber(value: number, writer: PbfWriter): void {
  const isInt64 = Number.isInteger(value) && value >= -MAX_INT64 && value < MAX_INT64;
  if (isInt64) writer.writeVarintField(3, value);
  else writer.writeDoubleField(4, value);
}

function writeItems(items: readonly AnyValue[], writer: PbfWriter): void {
  for (const item of items) writer.writeMessage(1, writeValue, item);
}

function writeEntries(entries: object, writer: PbfWriter): void {
  for (const entry of Object.entries(entries)) writer.writeMessage(1, writePair, entry);
}
