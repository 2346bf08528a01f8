import { type HrTime, isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { type JsonObject, LeafBudget, leaf, nest } from './json-tree.js';
import { toXRayTraceId } from './xray-id.js';

/** One event before it is written out: the fields are this exporter's own copy and may be cut (truncation.ts). */
export interface LogEvent {
  /** Epoch milliseconds, an integer ≥ 0. */
  readonly timestamp: number;
  readonly fields: JsonObject;
}

/**
 * Leaf fields per event. Logs Insights discovers at least 100 fields of a JSON event; fields beyond its cap cannot be
 * queried by name.
 */
export const MAX_LEAF_FIELDS = 99;

/** Resource attributes that tell events apart; the rest is the same on every event and is left out to save its bytes. */
export const DEFAULT_RESOURCE_ATTRIBUTES: readonly string[] = [
  'service.name',
  'service.namespace',
  'service.version',
  'service.instance.id',
  'deployment.environment.name',
  'deployment.environment',
  'host.name',
  'host.id',
  'container.id',
  'cloud.region',
  'cloud.account.id',
  'aws.ecs.cluster.arn',
  'aws.ecs.task.arn',
  'aws.ecs.task.family',
  'aws.ecs.task.revision',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'faas.name',
  'faas.version',
  'faas.instance',
  'process.pid',
  'process.runtime.version',
];

/** Written before all other attributes, so that a cap on fields never costs what an error is searched by. */
const FIRST_ATTRIBUTES = ['exception.type', 'exception.message'];
/** Written after all other attributes: the longest, and the first to be cut. */
const LAST_ATTRIBUTES = ['exception.stacktrace'];

/**
 * One log record as the JSON event that Logs Insights and X-Ray's trace view can read: top-level `severityText`, `body`,
 * `traceId`, `spanId`, `xrayTraceId`, nested `attributes`, and a subset of the resource.
 *
 * @param record a record of OpenTelemetry 2.x or 3.x
 * @param now epoch milliseconds, the time of a record that has none
 * @param resourceKeys resource attributes to keep, in this order
 */
export function toEvent(
  record: ReadableLogRecord,
  now: number,
  resourceKeys: readonly string[] = DEFAULT_RESOURCE_ATTRIBUTES,
): LogEvent {
  const timestamp = timeOf(record, now);
  const budget = new LeafBudget(MAX_LEAF_FIELDS);
  const fields: JsonObject = Object.create(null);
  budget.put(fields, 'timestamp', new Date(timestamp).toISOString());
  budget.put(fields, 'severityText', severityText(record));
  budget.put(fields, 'severityNumber', record.severityNumber || undefined);
  // Holds the body's place; it is written once the rest has taken its fields.
  fields.body = null;
  budget.put(fields, 'eventName', record.eventName);
  putTrace(fields, record.spanContext, budget);

  const resource = resourceOf(record, resourceKeys, budget);
  const scope = scopeOf(record, budget);
  budget.take(RESERVED_FOR_NOTES);
  fields.body = bodyOf(record, budget);
  const { attributes, dropped } = attributesOf(record, budget);

  if (Object.keys(attributes).length > 0) fields.attributes = attributes;
  const droppedCount = (record.droppedAttributesCount || 0) + dropped;
  if (droppedCount > 0) fields.droppedAttributesCount = droppedCount;
  if (resource) fields.resource = { attributes: resource };
  if (scope) fields.scope = scope;
  return { timestamp, fields };
}

/** `droppedAttributesCount` and, should the event be cut, `truncated`. */
const RESERVED_FOR_NOTES = 2;

function timeOf(record: ReadableLogRecord, now: number): number {
  return milliseconds(record.hrTime) || milliseconds(record.hrTimeObserved) || now;
}

/** The largest epoch milliseconds that a `Date` can hold. */
const MAX_DATE = 8.64e15;

function milliseconds(time: HrTime | undefined): number {
  if (!Array.isArray(time)) return 0;
  const value = Math.floor(time[0] * 1000 + time[1] / 1e6);
  return value > 0 && value <= MAX_DATE ? value : 0;
}

const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

/** The record's own text, else the short name of its number's range (OpenTelemetry's log data model). */
function severityText(record: ReadableLogRecord): string | undefined {
  if (record.severityText) return record.severityText;
  const number = record.severityNumber;
  return number ? SEVERITIES[Math.floor((number - 1) / 4)] : undefined;
}

function putTrace(fields: JsonObject, span: SpanContext | undefined, budget: LeafBudget): void {
  if (!span || !isSpanContextValid(span)) return;
  budget.put(fields, 'traceId', span.traceId);
  budget.put(fields, 'spanId', span.spanId);
  budget.put(fields, 'flags', span.traceFlags);
  budget.put(fields, 'xrayTraceId', toXRayTraceId(span.traceId));
}

/** A body of more fields is written as JSON text: attributes are what errors are searched by. */
const MAX_BODY_FIELDS = 30;
/** An attribute of more fields is written as JSON text, so that one long array does not cost all other attributes. */
const MAX_ATTRIBUTE_FIELDS = 20;

function bodyOf(record: ReadableLogRecord, budget: LeafBudget): JsonObject[string] {
  const body = record.body;
  if (body === undefined || body === null || body === '') return record.eventName || severityText(record) || '';
  return budget.fit(body, MAX_BODY_FIELDS);
}

function attributesOf(record: ReadableLogRecord, budget: LeafBudget): { attributes: JsonObject; dropped: number } {
  const source = record.attributes ?? {};
  const attributes: JsonObject = Object.create(null);
  const lastPresent = LAST_ATTRIBUTES.filter((key) => source[key] !== undefined);
  budget.take(lastPresent.length);
  let dropped = 0;
  for (const key of inOrder(source)) {
    const value = source[key];
    if (value === undefined) continue;
    if (lastPresent.includes(key)) nest(attributes, key, leaf(value));
    else if (budget.left <= 0) dropped += 1;
    else nest(attributes, key, budget.fit(value, MAX_ATTRIBUTE_FIELDS));
  }
  return { attributes, dropped };
}

function inOrder(source: Record<string, unknown>): string[] {
  const special = new Set([...FIRST_ATTRIBUTES, ...LAST_ATTRIBUTES]);
  return [...FIRST_ATTRIBUTES, ...Object.keys(source).filter((key) => !special.has(key)), ...LAST_ATTRIBUTES];
}

function resourceOf(record: ReadableLogRecord, keys: readonly string[], budget: LeafBudget): JsonObject | undefined {
  const source = record.resource?.attributes ?? {};
  const kept: JsonObject = Object.create(null);
  let count = 0;
  for (const key of keys) {
    const value = source[key];
    if (value === undefined || value === null) continue;
    if (count >= MAX_RESOURCE_FIELDS) break;
    budget.put(kept, key, leaf(value));
    count += 1;
  }
  return count > 0 ? kept : undefined;
}

/** Leaves room for the attributes however long a list of resource attributes is asked for. */
const MAX_RESOURCE_FIELDS = 40;

function scopeOf(record: ReadableLogRecord, budget: LeafBudget): JsonObject | undefined {
  const { name, version } = record.instrumentationScope ?? {};
  if (!name) return undefined;
  const scope: JsonObject = Object.create(null);
  budget.put(scope, 'name', name);
  budget.put(scope, 'version', version || undefined);
  return scope;
}
