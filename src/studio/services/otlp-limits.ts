import type { MetricPoint, Span } from '../otlp-model.js';
import type { Encoding, Node, ReadGroup, Signal } from './otlp-decode.js';
import { encodeMessage } from './otlp-schema.js';

/** What the AWS OTLP endpoints refuse: CloudWatch user guide, "OTLP Endpoints", limits and restrictions. */

/** Bytes of a request after decompression. */
export const MAX_REQUEST_BYTES: Readonly<Record<Signal, number>> = {
  traces: 5 * 1024 * 1024,
  metrics: 1024 * 1024,
  logs: 1024 * 1024,
};
export const MAX_SPANS = 10_000;
export const MAX_RECORDS = 10_000;
export const MAX_POINTS = 1000;
/** Bytes. */
export const MAX_SPAN_BYTES = 200 * 1024;
/** Bytes of a resource and its scope, in traces and logs. */
export const MAX_RESOURCE_SCOPE_BYTES = 16 * 1024;
/** Labels of a data point: of the resource, the scope and the point together. */
export const MAX_LABELS = 150;
export const MAX_LABEL_VALUE_LENGTH = 1024;
/** Milliseconds. */
export const MAX_AGE = 14 * 24 * 3600 * 1000;
/** Milliseconds. */
export const MAX_AHEAD: Readonly<Record<Signal, number>> = {
  traces: 2 * 3600 * 1000,
  metrics: 10 * 60 * 1000,
  logs: 2 * 3600 * 1000,
};
/** Milliseconds between the first and the last item of a request of traces or logs. */
export const MAX_SPREAD = 24 * 3600 * 1000;

export interface Body {
  readonly encoding: Encoding;
  /** Uncompressed. */
  readonly bytes: number;
}

export const toMillis = (nanos: string): number => Number(BigInt(nanos) / 1_000_000n);

const countItems = (groups: readonly ReadGroup<unknown>[]): number =>
  groups.reduce((sum, group) => sum + group.items.length, 0);

const tooMany = (what: string, most: number, count: number): string =>
  `Too many ${what} in the request: ${count}, at most ${most} are accepted.`;

/** Why the whole request is refused, if so. */
export function checkTraces(groups: readonly ReadGroup<Span>[], body: Body, now: number): string | undefined {
  const count = countItems(groups);
  if (count > MAX_SPANS) return tooMany('spans', MAX_SPANS, count);
  for (const group of groups) {
    const heavy = checkResource(group, body);
    if (heavy !== undefined) return heavy;
    if (group.items.some(({ node }) => exceeds(MAX_SPAN_BYTES, { Span: node }, body))) {
      return `A span is larger than ${MAX_SPAN_BYTES} bytes.`;
    }
  }
  return checkTimes(
    groups.flatMap(({ items }) => items.map(({ item }) => toMillis(item.startTimeUnixNano))),
    'traces',
    now,
  );
}

export function checkRecords(groups: readonly ReadGroup<unknown>[], body: Body): string | undefined {
  const count = countItems(groups);
  if (count > MAX_RECORDS) return tooMany('log records', MAX_RECORDS, count);
  for (const group of groups) {
    const heavy = checkResource(group, body);
    if (heavy !== undefined) return heavy;
  }
  return undefined;
}

export function checkPointCount(groups: readonly ReadGroup<MetricPoint>[]): string | undefined {
  const count = countItems(groups);
  return count > MAX_POINTS ? tooMany('data points', MAX_POINTS, count) : undefined;
}

/** Why this data point is refused, if so; the others of the request are taken. */
export function checkPoint({ attributes, origin, point }: MetricPoint, now: number): string | undefined {
  const labels = [attributes, origin.resource, origin.scope.attributes].flatMap((map) => Object.values(map));
  if (labels.length > MAX_LABELS) return `Maximum number of attributes exceeded: ${MAX_LABELS}`;
  if (labels.some((value) => typeof value === 'string' && value.length > MAX_LABEL_VALUE_LENGTH)) {
    return `Attribute value longer than ${MAX_LABEL_VALUE_LENGTH} characters`;
  }
  return checkTimes([toMillis(point.timeUnixNano)], 'metrics', now);
}

function checkTimes(times: readonly number[], signal: Signal, now: number): string | undefined {
  if (times.length === 0) return undefined;
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  if (first < now - MAX_AGE) return 'The timestamp is older than 14 days';
  if (last > now + MAX_AHEAD[signal]) return 'The timestamp is too far in the future';
  return last - first > MAX_SPREAD ? 'The timestamps in the request span more than 24 hours' : undefined;
}

const checkResource = (group: ReadGroup<unknown>, body: Body): string | undefined =>
  exceeds(MAX_RESOURCE_SCOPE_BYTES, { Resource: group.resource, InstrumentationScope: group.scope }, body)
    ? `Resource and scope are larger than ${MAX_RESOURCE_SCOPE_BYTES} bytes.`
    : undefined;

/** Whether parts of the body exceed a limit together; measured only where the whole body does. */
const exceeds = (most: number, parts: Readonly<Record<string, Node>>, body: Body): boolean =>
  body.bytes > most &&
  Object.entries(parts).reduce((sum, [message, node]) => sum + bytesOf(message, node, body.encoding), 0) > most;

const bytesOf = (message: string, node: Node, encoding: Encoding): number =>
  encoding === 'json' ? Buffer.byteLength(JSON.stringify(node.members)) : encodeMessage(message, node.members).length;
