/** Which attributes become CloudWatch dimensions, and how they are written. Every distinct set of dimensions is billed as a metric. */

import { MAX_DIMENSION_VALUE_LENGTH, MAX_DIMENSIONS, MAX_NAME_LENGTH } from './limits.js';

export interface Dimension {
  readonly Name: string;
  readonly Value: string;
}

/**
 * - `lite`: one series per metric and service.
 * - `standard`: curated sets for the instruments of the HTTP, database and runtime conventions; all attributes of any other.
 * - `full`: the curated sets, and all attributes of every instrument as one more set.
 */
export type DimensionPreset = 'lite' | 'standard' | 'full';

/**
 * Attribute names per metric, each set one or more series; `Service` and `Environment` belong to every set and are not named. `[]`
 * is the service as a whole. A key may end in `*`. Metrics without a key are treated as in `standard`.
 */
export type DimensionSets = Readonly<Record<string, readonly (readonly string[])[]>>;

/** The attributes whose values make a set's dimensions; `all` stands for whatever attributes a point has. */
export type AttributeSet = readonly string[] | 'all';

/** The attribute that marks what did not fit under a limit, here and in the OpenTelemetry SDK. */
export const OVERFLOW_ATTRIBUTE = 'otel.metric.overflow';

/** Stands for the route of a request that matched none: a path would make a series per URL. */
const UNMATCHED_ROUTE = 'unmatched';

const SERVICE: AttributeSet = [];
const ROUTE: AttributeSet = ['http.route', 'http.request.method'];

const CURATED: Readonly<Record<string, readonly AttributeSet[]>> = {
  'http.server.request.duration': [SERVICE, ROUTE],
  'http.server.fault': [SERVICE, ROUTE],
  'http.client.request.duration': [SERVICE, ['server.address']],
  'db.client.operation.duration': [SERVICE, ['db.system.name']],
  'db.client.*': ['all'],
  'monitoring.job.*': [SERVICE, ['monitoring.job.name']],
  'messaging.process.*': [SERVICE, ['messaging.destination.name']],
  // The conventions have a method with its service only, which would be a series a method.
  'rpc.client.call.duration': [SERVICE, ['rpc.service']],
  // Four metrics for each route would cost more than all others together.
  'monitoring.request.process_cpu.time': [SERVICE, ['http.route']],
  'monitoring.request.*': [SERVICE],
  'monitoring.exporter.*': [['signal', 'reason']],
  'faas.*': [SERVICE],
  'http.*': [SERVICE],
  'container.*': [SERVICE],
  'process.*': [SERVICE],
  'nodejs.*': [SERVICE],
  'v8js.*': [SERVICE],
  'monitoring.heap.*': [SERVICE],
  'monitoring.pressure.*': [SERVICE],
};

/** The sets of attributes under which `metric` is published. */
export function attributeSets(
  metric: string,
  dimensions: DimensionPreset | DimensionSets = 'standard',
): readonly AttributeSet[] {
  const curated = lookUp(CURATED, metric);
  if (dimensions === 'lite') return [SERVICE];
  if (dimensions === 'full') return curated === undefined || curated[0] === 'all' ? ['all'] : [...curated, 'all'];
  return (dimensions === 'standard' ? undefined : lookUp(dimensions, metric)) ?? curated ?? ['all'];
}

/** Whose series come first when places are short, after those of the service as a whole: 0 before 1 before 2. */
export function precedenceOf(metric: string): 0 | 1 | 2 {
  if (metric.startsWith('http.server.')) return 0;
  return metric.startsWith('monitoring.request.') || lookUp(CURATED, metric) === undefined ? 2 : 1;
}

function lookUp<S>(table: Readonly<Record<string, S>>, metric: string): S | undefined {
  if (Object.hasOwn(table, metric)) return table[metric];
  const prefixes = Object.keys(table).filter((key) => key.endsWith('*') && metric.startsWith(key.slice(0, -1)));
  const longest = prefixes.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : table[longest];
}

/**
 * The dimensions of a point in one set: `common` first, then the set in its order, `all` alphabetically. Valid for PutMetricData:
 * sanitised, distinct names, at most 30.
 * @param common the dimensions of every series (`Service`, `Environment`); an attribute of the same name takes its place
 */
export function dimensionsOf(
  attributes: Readonly<Record<string, unknown>>,
  set: AttributeSet,
  common: readonly Dimension[],
  onExcess: (count: number) => void = () => {},
): Dimension[] {
  const names = set === 'all' ? Object.keys(attributes).sort() : set;
  const dimensions = new Map(common.map(({ Name, Value }) => [Name, Value]));
  for (const name of names) {
    const value = sanitiseValue(attributeOf(attributes, name));
    if (value !== '') dimensions.set(sanitiseName(name), value);
  }
  const all = Array.from(dimensions, ([Name, Value]) => ({ Name, Value }));
  if (all.length > MAX_DIMENSIONS) onExcess(all.length);
  return all.slice(0, MAX_DIMENSIONS);
}

function attributeOf(attributes: Readonly<Record<string, unknown>>, name: string): unknown {
  return attributes[name] ?? (name === 'http.route' ? UNMATCHED_ROUTE : undefined);
}

/** Whether a point is the SDK's own overflow: it has lost its attributes already. */
export function isOverflow(attributes: Readonly<Record<string, unknown>>): boolean {
  return attributes[OVERFLOW_ATTRIBUTE] === true;
}

const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** A dimension's name: printable ASCII, not starting with a colon, 1 to 255 characters. */
export function sanitiseName(name: string): string {
  const text = printable(name).replace(/^:/, '_');
  return text === '' ? '_' : shortened(text, MAX_NAME_LENGTH);
}

/** A dimension's value: printable ASCII, at most 1024 characters; empty when the dimension is to be left out. */
export function sanitiseValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  return shortened(printable(textOf(value)), MAX_DIMENSION_VALUE_LENGTH);
}

function textOf(value: unknown): string {
  if (typeof value !== 'object') return String(value);
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // Circular, or with a bigint inside: not a value that an attribute may have.
    return '';
  }
}

/** A namespace that PutMetricData takes; `undefined` when nothing of it is left. */
export function sanitiseNamespace(namespace: string): string | undefined {
  const text = printable(withoutAccents(namespace))
    .replace(/[^0-9A-Za-z.\-_/#: ]/g, '_')
    // Reserved for the services themselves.
    .replace(/^AWS\//i, 'AWS-')
    .replace(/^:+/, '');
  return text === '' ? undefined : shortened(text, MAX_NAME_LENGTH);
}

/** ASCII without control characters, trimmed. What has no ASCII form is percent-encoded: different texts stay different series. */
function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .normalize('NFC')
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, percentEncoded)
    .trim();
}

/** A namespace can have no percent sign, and is one for a service: there a letter without its accent reads best. */
function withoutAccents(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '');
}

function percentEncoded(character: string): string {
  return Array.from(
    Buffer.from(character, 'utf8'),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}

/** What is cut off is told apart by a hash of the whole. */
function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 9)}-${fnv1a(text)}`;
}

/** FNV-1a, 32 bit, as eight hexadecimal digits. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
