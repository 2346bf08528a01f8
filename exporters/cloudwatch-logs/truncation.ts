import { isObject, type JsonObject, type JsonValue } from './json-tree.js';

export interface Written {
  /** JSON text. */
  readonly message: string;
  /** Of `message` in UTF-8. */
  readonly bytes: number;
  /** True when something was cut or left out to fit. */
  readonly truncated: boolean;
}

/** What a stack trace, a body and an attribute are cut down to at first, in bytes; only then does the next one give way. */
const STACK_FLOOR = 4096;
const BODY_FLOOR = 2048;
const ATTRIBUTE_FLOOR = 256;

/**
 * The fields as JSON text of at most `maxBytes` in UTF-8. What does not fit gives way in this order: the tail of stack
 * traces, the body, the longest attributes, then whole attributes; the text stays valid JSON and says `"truncated":true`.
 * The fields are changed in place.
 *
 * @returns undefined when not even the ids and the time fit
 */
export function writeWithin(fields: JsonObject, maxBytes: number): Written | undefined {
  const whole = JSON.stringify(fields);
  const bytes = Buffer.byteLength(whole);
  if (bytes <= maxBytes) return { message: whole, bytes, truncated: false };

  fields.truncated = true;
  const cut = new Cut(fields, maxBytes);
  const done =
    cut.shorten(stackTraces(fields), STACK_FLOOR) ||
    cut.shorten(textsOf(fields, 'body'), BODY_FLOOR) ||
    cut.shorten(textsOf(fields, 'attributes'), ATTRIBUTE_FLOOR) ||
    cut.drop(textsOf(fields, 'attributes')) ||
    cut.remove('attributes') ||
    cut.remove('resource') ||
    cut.remove('scope') ||
    cut.flattenBody() ||
    cut.shorten(textsOf(fields, 'body'), 0) ||
    cut.shorten(textsOf(fields, 'eventName'), 0);
  if (!done) return undefined;
  const message = JSON.stringify(fields);
  return { message, bytes: Buffer.byteLength(message), truncated: true };
}

/** Where a text stands in the tree, so that it can be replaced or removed. */
interface Place {
  readonly parent: JsonObject | JsonValue[];
  readonly key: string;
  /** Bytes of the text as JSON in UTF-8, quotes included. */
  readonly bytes: number;
}

class Cut {
  readonly #fields: JsonObject;
  readonly #maxBytes: number;
  #excess: number;

  constructor(fields: JsonObject, maxBytes: number) {
    this.#fields = fields;
    this.#maxBytes = maxBytes;
    this.#excess = this.#measure();
  }

  /** Cuts the longest of the places first, none below `floor` bytes. @returns true when the event fits */
  shorten(places: Place[], floor: number): boolean {
    for (const place of longestFirst(places)) {
      if (this.#excess <= 0) return true;
      const target = Math.max(place.bytes - this.#excess, floor, 2);
      if (target >= place.bytes) continue;
      const text = read(place);
      if (typeof text !== 'string') continue;
      const shorter = cutToJsonBytes(text, target);
      write(place, shorter);
      this.#excess -= place.bytes - jsonBytes(shorter);
    }
    return this.#excess <= 0;
  }

  /** Leaves out whole texts, the longest first. */
  drop(places: Place[]): boolean {
    for (const place of longestFirst(places)) {
      if (this.#excess <= 0) break;
      if (Array.isArray(place.parent)) write(place, '');
      else delete place.parent[place.key];
      this.#excess -= place.bytes - 2;
    }
    this.#excess = this.#measure();
    return this.#excess <= 0;
  }

  remove(key: string): boolean {
    delete this.#fields[key];
    this.#excess = this.#measure();
    return this.#excess <= 0;
  }

  /** A structured body whose texts are short but many: its JSON text can be cut, its structure cannot. */
  flattenBody(): boolean {
    const body = this.#fields.body;
    if (typeof body === 'object' && body !== null) this.#fields.body = JSON.stringify(body);
    this.#excess = this.#measure();
    return this.#excess <= 0;
  }

  #measure(): number {
    return Buffer.byteLength(JSON.stringify(this.#fields)) - this.#maxBytes;
  }
}

const STACK_KEY = /stack(_?trace)?$/i;

function stackTraces(fields: JsonObject): Place[] {
  return textsOf(fields, 'attributes').filter((place) => STACK_KEY.test(place.key));
}

function textsOf(fields: JsonObject, key: string): Place[] {
  const value = fields[key];
  if (typeof value === 'string') return [{ parent: fields, key, bytes: jsonBytes(value) }];
  const places: Place[] = [];
  if (typeof value === 'object' && value !== null) collect(value, places);
  return places;
}

function collect(node: JsonObject | JsonValue[], places: Place[]): void {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value === 'string') places.push({ parent: node, key, bytes: jsonBytes(value) });
    else if (Array.isArray(value) || isObject(value)) collect(value, places);
  }
}

function longestFirst(places: Place[]): Place[] {
  return [...places].sort((a, b) => b.bytes - a.bytes);
}

function read(place: Place): JsonValue | undefined {
  return Array.isArray(place.parent) ? place.parent[Number(place.key)] : place.parent[place.key];
}

function write(place: Place, text: string): void {
  if (Array.isArray(place.parent)) place.parent[Number(place.key)] = text;
  else place.parent[place.key] = text;
}

/** Bytes of a text as a JSON string in UTF-8, quotes and escapes included. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/**
 * The longest beginning of `text` that as a JSON string takes at most `maxBytes` (≥ 2, the quotes) in UTF-8. Never ends inside a
 * character.
 */
export function cutToJsonBytes(text: string, maxBytes: number): string {
  let bytes = 2;
  let end = 0;
  while (end < text.length) {
    const code = text.codePointAt(end) ?? 0;
    bytes += jsonBytesOf(code);
    if (bytes > maxBytes) break;
    end += code > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

const SHORT_ESCAPES = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x22, 0x5c]);

/** Bytes that `JSON.stringify` writes for one code point, in UTF-8. */
function jsonBytesOf(code: number): number {
  if (SHORT_ESCAPES.has(code)) return 2;
  if (code < 0x20) return 6;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  // A lone surrogate is escaped.
  if (code >= 0xd800 && code <= 0xdfff) return 6;
  return code < 0x10000 ? 3 : 4;
}
