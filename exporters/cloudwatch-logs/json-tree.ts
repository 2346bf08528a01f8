/** What JSON can hold. Objects have no prototype, so that no key of a record reaches one. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Deeper values are written as `[Object]`: nothing queries them, and the writer of JSON is recursive. */
const MAX_DEPTH = 12;
/** Values looked at per record value: a small graph of shared objects can spell out to an endless tree. */
const MAX_NODES = 5000;

/**
 * A value of a log record as JSON: bytes as base64, numbers that JSON lacks as text, lone surrogates as U+FFFD. Cycles, what is
 * deeper than 12 levels and what comes after 5000 values are named, not spelt out.
 */
export function toJson(value: unknown): JsonValue {
  return new JsonCopy().copy(value, 0);
}

class JsonCopy {
  #nodes = 0;
  readonly #ancestors = new Set<object>();

  copy(value: unknown, depth: number): JsonValue {
    this.#nodes += 1;
    switch (typeof value) {
      case 'string':
        return wellFormed(value);
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'object':
        return value === null ? null : this.#object(value, depth);
      default:
        return value === undefined ? null : wellFormed(String(value));
    }
  }

  #object(value: object, depth: number): JsonValue {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
    if (this.#ancestors.has(value)) return '[Circular]';
    if (depth >= MAX_DEPTH || this.#nodes >= MAX_NODES) return Array.isArray(value) ? '[Array]' : '[Object]';
    this.#ancestors.add(value);
    const result = Array.isArray(value) ? this.#array(value, depth) : this.#record(value, depth);
    this.#ancestors.delete(value);
    return result;
  }

  #array(value: readonly unknown[], depth: number): JsonValue[] {
    const result: JsonValue[] = [];
    for (const element of value) {
      if (this.#nodes >= MAX_NODES) break;
      result.push(this.copy(element, depth + 1));
    }
    return result;
  }

  #record(value: object, depth: number): JsonObject {
    const result: JsonObject = Object.create(null);
    for (const [key, element] of Object.entries(value)) {
      if (this.#nodes >= MAX_NODES) break;
      if (element !== undefined && typeof element !== 'function')
        result[wellFormed(key)] = this.copy(element, depth + 1);
    }
    return result;
  }
}

const ANY_SURROGATE = /[\ud800-\udfff]/;

/** Text that UTF-8 can hold: a lone surrogate becomes U+FFFD. */
export function wellFormed(text: string): string {
  return ANY_SURROGATE.test(text) ? Buffer.from(text, 'utf8').toString('utf8') : text;
}

/** A value as one field: what is not a scalar is written as its JSON text. */
export function leaf(value: unknown): string | number | boolean | null {
  const json = toJson(value);
  return json !== null && typeof json === 'object' ? JSON.stringify(json) : json;
}

/** Fields that Logs Insights would discover in `value`: an empty object or array counts as one. */
export function countLeaves(value: JsonValue): number {
  if (value === null || typeof value !== 'object') return 1;
  let count = 0;
  for (const element of Object.values(value)) count += countLeaves(element);
  return Math.max(count, 1);
}

/** Counts the leaf fields of one event down from a maximum. */
export class LeafBudget {
  constructor(public left: number) {}

  take(count: number): void {
    this.left -= count;
  }

  /** Sets one scalar field; nothing is set for undefined. */
  put(target: JsonObject, key: string, value: string | number | boolean | null | undefined): void {
    if (value === undefined) return;
    target[key] = typeof value === 'string' ? wellFormed(value) : value;
    this.left -= 1;
  }

  /** The value as JSON if its leaves fit and are at most `max`, else as one field of JSON text: nothing is lost. */
  fit(value: unknown, max: number): JsonValue {
    const json = toJson(value);
    const count = countLeaves(json);
    if (count === 1 || count <= Math.min(this.left, max)) {
      this.left -= count;
      return json;
    }
    this.left -= 1;
    return JSON.stringify(json);
  }
}

/** Keys with more dots are kept whole from this part on: no key makes a tree of its length. */
const MAX_KEY_PARTS = 12;

/**
 * Sets `a.b.c` as `{a: {b: {c}}}`. Where a part is taken by a scalar (`a` and `a.b` both set) the rest of the key stays
 * dotted beside it: Logs Insights reads both forms as the same field name.
 */
export function nest(target: JsonObject, dottedKey: string, value: JsonValue): void {
  const parts = wellFormed(dottedKey).split('.');
  if (parts.some((part) => part === '')) {
    setUnlessTaken(target, parts.join('.'), value);
    return;
  }
  let node = target;
  let index = 0;
  for (; index < Math.min(parts.length, MAX_KEY_PARTS) - 1; index += 1) {
    const part = parts[index] as string;
    const next = node[part];
    if (next === undefined) {
      const child: JsonObject = Object.create(null);
      node[part] = child;
      node = child;
    } else if (isObject(next)) node = next;
    else break;
  }
  setUnlessTaken(node, parts.slice(index).join('.'), value);
}

/** A scalar whose name is already an object stands under `name.` rather than replacing it. */
function setUnlessTaken(node: JsonObject, key: string, value: JsonValue): void {
  const present = node[key];
  if (present === undefined) node[key] = value;
  else if (isObject(present) && isObject(value)) for (const [k, v] of Object.entries(value)) nest(present, k, v);
  else setUnlessTaken(node, `${key}.`, value);
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
