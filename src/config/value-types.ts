import { masked, REDACTED } from '../redaction/shown.js';
import { perhaps } from './nearest-name.js';

/** The types that a setting can have: what is accepted, how its text is read, how its value is written. */
export interface ValueType<T> {
  /** What is accepted, as problems and the documentation put it: `a whole number from 1 to 100000`. */
  readonly expected: string;
  parse(text: string): Parsed<T>;
  /** The value as text: for a person, secrets masked. */
  format(value: T): string;
}

/** A value, perhaps mended; or none. `flaw` says what was expected instead of the text that was given. */
export type Parsed<T> = { value: T; flaw?: string } | { value?: undefined; flaw: string };

export function text(expected: string, { pattern = /^/, maxLength = 1024 } = {}): ValueType<string> {
  return {
    expected,
    parse: (given) => (pattern.test(given) && given.length <= maxLength ? { value: given } : { flaw: expected }),
    format: masked,
  };
}

/** `true` or `false`, in any case: OpenTelemetry's rule. */
export function flag(): ValueType<boolean> {
  const expected = 'true or false';
  return {
    expected,
    parse(given) {
      const lower = given.toLowerCase();
      if (lower === 'true') return { value: true };
      return lower === 'false' ? { value: false } : { flaw: expected };
    },
    format: String,
  };
}

export function wholeNumber(least: number, most: number): ValueType<number> {
  const expected = `a whole number from ${least} to ${most}`;
  return {
    expected,
    parse(given) {
      const value = Number(given);
      return /^\d+$/.test(given) && value >= least && value <= most ? { value } : { flaw: expected };
    },
    format: String,
  };
}

const NO_LIMIT = 'no limit';

/** Infinity is `no limit`. */
export function unlimited(type: ValueType<number>): ValueType<number> {
  const expected = `${type.expected}, or ${NO_LIMIT}`;
  return {
    expected,
    parse(given) {
      if (given.toLowerCase() === NO_LIMIT) return { value: Number.POSITIVE_INFINITY };
      const { value } = type.parse(given);
      return value === undefined ? { flaw: expected } : { value };
    },
    format: (value) => (value === Number.POSITIVE_INFINITY ? NO_LIMIT : type.format(value)),
  };
}

const MILLISECONDS_PER: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

export function milliseconds(least: number, most: number): ValueType<number> {
  const number = wholeNumber(least, most);
  const expected = `a whole number of milliseconds from ${least} to ${most}`;
  return {
    expected,
    parse(given) {
      const parsed = number.parse(given);
      return parsed.value === undefined ? { flaw: expected + withoutUnit(given) } : parsed;
    },
    format: number.format,
  };
}

function withoutUnit(given: string): string {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?(ms|s|min|m|h)$/i.exec(given) ?? [];
  const factor = MILLISECONDS_PER[unit.toLowerCase()];
  return amount && factor ? `, without a unit (${Math.round(Number(amount) * factor)})` : '';
}

export function fraction(): ValueType<number> {
  const expected = 'a number from 0 to 1';
  return {
    expected,
    parse(given) {
      const value = Number(given);
      if (/^(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(given) && value <= 1) return { value };
      const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(given) ?? [];
      return {
        flaw: percent && Number(percent) <= 100 ? `${expected} (${given} is ${Number(percent) / 100})` : expected,
      };
    },
    format: String,
  };
}

/** One of the names, in any case. */
export function oneOf<const Name extends string>(
  names: readonly Name[],
  hints: Record<string, string> = {},
): ValueType<Name> {
  const expected = `one of ${names.join(', ')}`;
  return {
    expected,
    parse(given) {
      const name = given.toLowerCase();
      const value = names.find((known) => known === name);
      if (value !== undefined) return { value };
      return { flaw: expected + (Object.hasOwn(hints, name) ? ` (${hints[name]})` : perhaps(name, names)) };
    },
    format: String,
  };
}

/** A comma-separated list of names, each taken once; unknown ones are left out. With `none`, that word alone is the empty list. */
export function namesOf<const Name extends string>(
  names: readonly Name[],
  options: { none?: boolean; expected?: string } = {},
): ValueType<Name[]> {
  const { none = false } = options;
  const expected = options.expected ?? `a list of ${names.join(', ')}${none ? '; or none' : ''}`;
  return {
    expected,
    parse(given) {
      const items = splitList(given.toLowerCase());
      const known = [...new Set(items)].filter((item): item is Name => names.some((name) => name === item));
      const unknown = items.find((item) => !names.some((name) => name === item) && !(none && item === 'none'));
      if (unknown !== undefined) {
        const flaw = `${expected} (not ${masked(unknown)}${perhaps(unknown, names)})`;
        return known.length > 0 ? { value: known, flaw } : { flaw };
      }
      if (items.length === 0) return { flaw: expected };
      if (items.includes('none') && known.length > 0) return { value: known, flaw: `${expected}; none only by itself` };
      return { value: known };
    },
    format: (value) => (value.length === 0 ? 'none' : value.join(',')),
  };
}

/** An absolute HTTP URL. A bare `host:port` is mended by `http://`. */
export function url(): ValueType<string> {
  const expected = 'an http:// or https:// URL';
  return {
    expected,
    parse(given) {
      if (isHttpUrl(given)) return { value: given };
      return isHostAndPort(given) ? { value: `http://${given}`, flaw: expected } : { flaw: expected };
    },
    format: masked,
  };
}

/** Where OTLP goes: an absolute HTTP URL, or for gRPC `host:port`, whose scheme other settings decide. */
export function otlpUrl(): ValueType<string> {
  const expected = 'an http:// or https:// URL, or for gRPC host:port';
  return {
    expected,
    parse: (given) => (isHttpUrl(given) || isHostAndPort(given) ? { value: given } : { flaw: expected }),
    format: masked,
  };
}

/** `collector:4317`, `[::1]:4317`, or with a path behind it. */
function isHostAndPort(given: string): boolean {
  return /^(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}(\/\S*)?$/i.test(given) && URL.canParse(`http://${given}`);
}

function isHttpUrl(given: string): boolean {
  return /^https?:\/\/[^\s/]+/i.test(given) && URL.canParse(given);
}

/** Comma-separated `name=value` pairs, percent-encoded (W3C Baggage). One bad pair and none is taken, as the specification says. */
export function attributePairs(): ValueType<Record<string, string>> {
  const expected = 'name=value pairs, separated by commas, commas and = in them percent-encoded';
  return {
    expected,
    parse(given) {
      const pairs = splitList(given).map(decodePair);
      if (!pairs.every((pair) => pair !== undefined)) return { flaw: expected };
      return { value: Object.fromEntries(pairs) };
    },
    format: (value) => masked(formatPairs(value, (item) => item)) || 'none',
  };
}

function decodePair(item: string): [string, string] | undefined {
  const parts = item.split('=');
  const [name, value] = parts.map((part) => decoded(part.trim()));
  return parts.length === 2 && name && value !== undefined ? [name, value] : undefined;
}

/** HTTP headers as `name=value` pairs. Bad ones are left out. Written with their names only. */
export function headerPairs(): ValueType<Record<string, string>> {
  const expected = 'name=value pairs, separated by commas';
  return {
    expected,
    parse(given) {
      const items = splitList(given);
      const pairs = items.map(decodeHeader).filter((pair) => pair !== undefined);
      const value = Object.fromEntries(pairs);
      if (pairs.length === items.length) return { value };
      return pairs.length > 0 ? { value, flaw: expected } : { flaw: expected };
    },
    format: (value) => formatPairs(value, () => REDACTED) || 'none',
  };
}

function decodeHeader(item: string): [string, string] | undefined {
  const equals = item.indexOf('=');
  const name = decoded(item.slice(0, Math.max(equals, 0)).trim());
  const value = decoded(item.slice(equals + 1).trim());
  const usable = /^[\w!#$%&'*+.^`|~-]+$/.test(name ?? '') && /^[\t\x20-\x7e\x80-\xff]*$/.test(value ?? '\0');
  return usable && name && value !== undefined ? [name.toLowerCase(), value] : undefined;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function formatPairs(value: Record<string, string>, format: (item: string) => string): string {
  return Object.entries(value)
    .map(([name, item]) => `${name}=${format(item)}`)
    .join(',');
}

/** Retention periods that CloudWatch Logs knows (PutRetentionPolicy). A number between two of them becomes the longer one. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export function retentionDays(): ValueType<number> {
  const expected = `one of ${RETENTION_DAYS.join(', ')}`;
  const longest = RETENTION_DAYS[RETENTION_DAYS.length - 1];
  return {
    expected,
    parse(given) {
      const days = Number(given);
      if (!/^\d+$/.test(given) || days === 0) return { flaw: expected };
      const value = RETENTION_DAYS.find((known) => known >= days) ?? longest;
      if (value === undefined) return { flaw: expected };
      return value === days ? { value } : { value, flaw: expected };
    },
    format: String,
  };
}

export function splitList(given: string): string[] {
  return given
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
