/** Copies of the application's data that are safe to send: bounded, without secrets, without running its code. */

import { types } from 'node:util';

import { isErrorLike, isInstance, readString } from './safe-read.js';
import type { SensitiveKeys } from './sensitive-keys.js';

const MAX_DEPTH = 5;
const MAX_ENTRIES = 30;
/** Leaves of one copy; an event stays below the 100 fields that are indexed of it. */
const MAX_LEAVES = 40;
const MAX_STRING = 2048;
const MAX_KEY = 128;

export interface CopyRules {
  text(value: string, limit?: number): string;
  sensitive: Pick<SensitiveKeys, 'has'>;
  replacement: string;
}

interface Progress {
  rules: CopyRules;
  leaves: number;
  /** The objects above the one that is being copied. */
  path: object[];
}

export function boundedCopy(value: unknown, rules: CopyRules): unknown {
  return copyGuarded(value, { rules, leaves: 0, path: [] });
}

function copyGuarded(value: unknown, progress: Progress): unknown {
  try {
    return copy(value, progress);
  } catch {
    return '[unreadable]';
  }
}

function copy(value: unknown, progress: Progress): unknown {
  if (typeof value !== 'object' || value === null) return leaf(value, progress);
  const text = asText(value, progress.rules);
  if (text !== undefined) return leaf(text, progress);
  if (progress.path.includes(value)) return leaf('[circular]', progress);
  if (progress.path.length >= MAX_DEPTH) return leaf('[…]', progress);
  progress.path.push(value);
  try {
    return copyContainer(value, progress);
  } finally {
    progress.path.pop();
  }
}

function leaf(value: unknown, progress: Progress): unknown {
  progress.leaves += 1;
  switch (typeof value) {
    case 'string':
      return progress.rules.text(value, MAX_STRING);
    case 'number':
      return Number.isFinite(value) ? numberOrCard(value, progress.rules) : String(value);
    case 'boolean':
      return value;
    case 'function':
      return '[function]';
    case 'object':
      return null;
    default:
      return progress.rules.text(String(value), MAX_STRING);
  }
}

function numberOrCard(value: number, rules: CopyRules): number | string {
  const text = String(value);
  // JSON has no -0.
  return rules.text(text) === text ? value + 0 : rules.replacement;
}

/** Objects that are better told in a word. */
function asText(value: object, rules: CopyRules): string | undefined {
  if (types.isProxy(value)) return '[proxy]';
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (isInstance(value, URL)) return String(value);
  if (types.isRegExp(value)) return String(value);
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `[${value.byteLength} bytes]`;
  if (types.isPromise(value)) return '[promise]';
  if (isErrorLike(value)) {
    const message = rules.text(readString(value, 'message') ?? '', MAX_STRING);
    return `${readString(value, 'name') ?? 'Error'}: ${message}`;
  }
  return undefined;
}

function copyContainer(value: object, progress: Progress): unknown {
  if (types.isSet(value)) return copyArray([...value].slice(0, MAX_ENTRIES + 1), value.size, progress);
  if (Array.isArray(value)) return copyArray(value.slice(0, MAX_ENTRIES + 1), value.length, progress);
  if (types.isMap(value))
    return copyEntries(
      [...value].map(([key, held]) => [String(key), held]),
      progress,
    );
  return copyEntries(ownEntries(value), progress);
}

/** Raw header lists alternate names and values. */
function copyArray(items: unknown[], length: number, progress: Progress): unknown[] {
  const copies: unknown[] = [];
  for (const [index, item] of items.slice(0, MAX_ENTRIES).entries()) {
    if (progress.leaves >= MAX_LEAVES) break;
    const name = index > 0 ? items[index - 1] : undefined;
    const named = typeof name === 'string' && typeof item === 'string' && progress.rules.sensitive.has(name);
    copies.push(named ? redactedLeaf(progress) : copyGuarded(item, progress));
  }
  if (length > copies.length) copies.push(`[${length - copies.length} more]`);
  return copies;
}

function copyEntries(entries: [string, unknown][], progress: Progress): Record<string, unknown> {
  const { sensitive } = progress.rules;
  // { name: 'password', value: '…' } holds a secret as { password: '…' } does.
  const label = entries.find(([key, held]) => /^(?:name|key|header)$/i.test(key) && typeof held === 'string')?.[1];
  const labelled = typeof label === 'string' && sensitive.has(label);
  const copies: [string, unknown][] = [];
  for (const [key, held] of entries.slice(0, MAX_ENTRIES)) {
    if (progress.leaves >= MAX_LEAVES) break;
    const secret = isSecret(key, held, sensitive) || (labelled && /^values?$/i.test(key));
    copies.push([progress.rules.text(key, MAX_KEY), secret ? redactedLeaf(progress) : copyGuarded(held, progress)]);
  }
  if (entries.length > copies.length) copies.push(['…', `[${entries.length - copies.length} more]`]);
  return Object.fromEntries(copies);
}

function isSecret(key: string, held: unknown, sensitive: CopyRules['sensitive']): boolean {
  if (held === null || held === undefined || typeof held === 'boolean') return false;
  return sensitive.has(key, typeof held === 'number' ? held : undefined);
}

function redactedLeaf(progress: Progress): string {
  progress.leaves += 1;
  return progress.rules.replacement;
}

/** Own enumerable properties; getters are named, not run. */
function ownEntries(value: object): [string, unknown][] {
  const entries: [string, unknown][] = [];
  for (const key of Object.keys(value)) {
    const descriptor = Object.getOwnPropertyDescriptor(value, key);
    if (descriptor?.value === undefined && descriptor?.get === undefined) continue;
    entries.push([key, descriptor.get === undefined ? descriptor.value : '[getter]']);
  }
  return entries;
}
