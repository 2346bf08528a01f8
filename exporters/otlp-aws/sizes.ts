import type { Attributes } from '@opentelemetry/api';
import type { DataPoint, MetricData } from '@opentelemetry/sdk-metrics';

/** Times and flags of a data point at their longest, bytes. */
const POINT = 96;
/** A number or a boolean with its tag, at its longest: a varint of ten bytes. */
const SCALAR = 11;
/** One bucket of a histogram: a fixed64, or a varint that is rarely longer. */
const BUCKET = 8;

/** What a data point weighs in an OTLP request, in bytes, nearly; without its metric's name, unit and description. */
export function pointBytes(point: DataPoint<unknown>): number {
  return field(POINT + attributeBytes(point.attributes) + valueBytes(point.value));
}

/** A metric's own fields, bytes. */
export function metricBytes({ descriptor }: MetricData): number {
  return field(SCALAR + textBytes(descriptor.name) + textBytes(descriptor.description) + textBytes(descriptor.unit));
}

interface Buckets {
  readonly buckets?: { readonly counts: readonly number[]; readonly boundaries?: readonly number[] };
  readonly positive?: { readonly bucketCounts: readonly number[] };
  readonly negative?: { readonly bucketCounts: readonly number[] };
}

function valueBytes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const { buckets, positive, negative } = value as Buckets;
  const counts = (buckets?.counts.length ?? 0) + (buckets?.boundaries?.length ?? 0);
  return BUCKET * (counts + (positive?.bucketCounts.length ?? 0) + (negative?.bucketCounts.length ?? 0));
}

export function attributeBytes(attributes: Attributes | undefined): number {
  let bytes = 0;
  for (const key in attributes) bytes += pairBytes(key, attributes[key], 0);
  return bytes;
}

/** Deeper values are not measured; they are found when the request is written. */
const MAX_DEPTH = 20;

function pairBytes(key: string, value: unknown, depth: number): number {
  return field(textBytes(key) + field(anyBytes(value, depth)));
}

function anyBytes(value: unknown, depth: number): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return SCALAR;
  if (value instanceof Uint8Array) return field(value.byteLength);
  let bytes = 0;
  if (Array.isArray(value)) for (const element of value) bytes += field(anyBytes(element, depth + 1));
  else for (const [key, element] of Object.entries(value)) bytes += pairBytes(key, element, depth + 1);
  return field(bytes);
}

function textBytes(text: string | undefined): number {
  return text === undefined ? 0 : field(Buffer.byteLength(text));
}

/** `bytes` with the tag and the length before them: varints of seven bits a byte. */
function field(bytes: number): number {
  if (bytes < 0x80) return bytes + 2;
  return bytes + (bytes < 0x4000 ? 3 : bytes < 0x20_0000 ? 4 : 5);
}
