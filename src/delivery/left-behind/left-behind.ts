import type { AnyValue, Attributes, HrTime } from '@opentelemetry/api';
import type { IdentifiedConfiguration } from '../../config/configuration.js';
import type { PlainLogRecord, PlainScope, PlainSpanContext } from '../../wire/messages.js';

/** What a run leaves behind on disk, as text and back. Whoever reads it trusts none of it. */

/** Errors that were not yet known to be delivered. */
export interface SpooledErrors extends Origin {
  kind: 'errors';
  records: PlainLogRecord[];
}

/** Stands on disk while a process runs; one that is found without its process tells of an end that nothing else told of. */
export interface BootMarker extends Origin {
  kind: 'run';
  pid: number;
  /** Epoch milliseconds. */
  startedAt: number;
  /** The last time that memory came near its limit. */
  nearLimit?: MemoryNearLimit;
  /** Epoch milliseconds since when the event loop has not turned, if it did not. */
  blockedSince?: number;
}

export interface MemoryNearLimit {
  /** Epoch milliseconds. */
  at: number;
  what: 'container' | 'heap';
  /** Bytes. */
  used: number;
  limit: number;
}

export interface Origin {
  /** Only a process that sends to the same place on behalf of the same service takes it up; see {@link serviceKey}. */
  service: string;
  host: string;
  /** What of the resource tells this run from others of the service. */
  resource: Attributes;
}

export type LeftBehind = SpooledErrors | BootMarker;

const VERSION = 1;
const MAX_RECORDS = 1000;

/** Resource attributes that are the run's own, or its place's. */
const OF_A_RUN =
  /^(process\.pid|process\.runtime\.version|service\.version|service\.instance\.id|host\..*|container\..*|cloud\..*|aws\..*|k8s\..*|faas\..*)$/;

export function serviceKey(configuration: IdentifiedConfiguration, resource: Attributes): string {
  const { logs, aws, otlp } = configuration;
  const parts = [
    ...['service.name', 'service.namespace', 'deployment.environment.name'].map((name) => resource[name] ?? null),
    logs.exporters,
    logs.group,
    aws.region ?? null,
    aws.endpoints.cloudwatchLogs ?? null,
    logs.exporters.includes('otlp') ? otlp.logs.url : null,
  ];
  // Loading it takes milliseconds that no start has to pay: only the worker needs the key, and a process that dies.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** The part of a resource that is worth keeping: what is said here is the run's own, not that of who finds it. */
export function resourceOfRun(resource: Attributes): Attributes {
  return Object.fromEntries(Object.entries(resource).filter(([key]) => OF_A_RUN.test(key)));
}

/** The resource of what was found: the finder's, but for what tells runs and places apart. */
export function resourceOf(found: Origin, finder: Attributes, finderHost: string): Attributes {
  const samePlace = found.host === finderHost;
  const shared = Object.entries(finder).filter(
    ([key]) => !OF_A_RUN.test(key) || (samePlace && /^(host|cloud)\./.test(key)),
  );
  return { ...Object.fromEntries(shared), ...found.resource };
}

export function writeLeftBehind(content: LeftBehind): string {
  return JSON.stringify({ version: VERSION, ...content }, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : ArrayBuffer.isView(value) ? '[bytes]' : value,
  );
}

/**
 * Undefined: it is for another version of this package, which may run beside this one.
 *
 * @throws Error that says in a few words what is wrong with it
 */
export function readLeftBehind(text: string): LeftBehind | undefined {
  const content = parse(text);
  if (numberOf(content.version) !== VERSION) return undefined;
  const { kind, service, host } = content;
  if (typeof service !== 'string' || typeof host !== 'string') throw new Error('of unknown origin');
  const origin: Origin = { service, host, resource: attributesOf(content.resource) };
  if (kind === 'run') return { ...origin, ...markerOf(content) };
  if (kind !== 'errors') throw new Error('of unknown kind');
  const { records } = content;
  if (!Array.isArray(records) || records.length > MAX_RECORDS) throw new Error('without a list of records');
  return { ...origin, kind, records: records.map(recordOf) };
}

function parse(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    throw new Error('not JSON');
  }
}

type Fields = Record<string, unknown>;

function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('not an object');
  return value as Fields;
}

function markerOf(content: Fields): Omit<BootMarker, keyof Origin> {
  const { nearLimit } = content;
  return {
    kind: 'run',
    pid: numberOf(content.pid),
    startedAt: timeOf(content.startedAt),
    ...(nearLimit !== undefined && { nearLimit: nearLimitOf(fieldsOf(nearLimit)) }),
    ...(content.blockedSince !== undefined && { blockedSince: timeOf(content.blockedSince) }),
  };
}

function nearLimitOf({ at, what, used, limit }: Fields): MemoryNearLimit {
  return {
    at: timeOf(at),
    what: what === 'heap' ? 'heap' : 'container',
    used: numberOf(used),
    limit: numberOf(limit),
  };
}

function recordOf(value: unknown): PlainLogRecord {
  const record = fieldsOf(value);
  const { context, severityText, severityNumber, body, eventName, droppedAttributesCount } = record;
  return {
    hrTime: hrTimeOf(record.hrTime),
    hrTimeObserved: hrTimeOf(record.hrTimeObserved),
    attributes: attributesOf(record.attributes),
    scope: scopeOf(fieldsOf(record.scope)),
    droppedAttributesCount: typeof droppedAttributesCount === 'number' ? droppedAttributesCount : 0,
    ...(context !== undefined && { context: contextOf(fieldsOf(context)) }),
    ...(typeof severityText === 'string' && { severityText }),
    ...(typeof severityNumber === 'number' && { severityNumber }),
    ...(body !== undefined && body !== null && { body: body as AnyValue }),
    ...(typeof eventName === 'string' && { eventName }),
  };
}

function contextOf({ traceId, spanId, traceFlags, isRemote, traceState }: Fields): PlainSpanContext {
  if (typeof traceId !== 'string' || typeof spanId !== 'string') throw new Error('with a trace that is none');
  return {
    traceId,
    spanId,
    traceFlags: typeof traceFlags === 'number' ? traceFlags : 0,
    ...(isRemote === true && { isRemote }),
    ...(typeof traceState === 'string' && { traceState }),
  };
}

function scopeOf({ name, version, schemaUrl }: Fields): PlainScope {
  if (typeof name !== 'string') throw new Error('with a scope that is none');
  return {
    name,
    ...(typeof version === 'string' && { version }),
    ...(typeof schemaUrl === 'string' && { schemaUrl }),
  };
}

function attributesOf(value: unknown): Attributes {
  return fieldsOf(value) as Attributes;
}

function hrTimeOf(value: unknown): HrTime {
  if (!Array.isArray(value) || value.length !== 2) throw new Error('with a time that is none');
  return [numberOf(value[0]), numberOf(value[1])];
}

/** The largest epoch milliseconds that a `Date` can hold. */
const MAX_DATE = 8.64e15;

function timeOf(value: unknown): number {
  const time = numberOf(value);
  if (Math.abs(time) > MAX_DATE) throw new Error('with a time that is none');
  return time;
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error('with a number that is none');
  return value;
}
