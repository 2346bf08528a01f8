import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { PlainSpan } from '../wire/messages.js';
import { firstPart, type RemoteCall, remoteCall } from './remote-service.js';

/**
 * What X-Ray's map of services and Application Signals read of spans: who served and who was called. As ADOT and the CloudWatch agent
 * name it: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Application-Signals.html
 */

const UNKNOWN_OPERATION = 'UnknownOperation';
/** Of spans that no request and no message caused. */
const INTERNAL_OPERATION = 'InternalOperation';
/** Spans between a call and the request that caused it; a cycle ends there. */
const MAX_DEPTH = 100;
const NO_SPANS: ReadonlyMap<string, PlainSpan> = new Map();

/**
 * Gives the span those attributes. What it says of itself already stays.
 *
 * @param spans those among which the request is that it is part of
 */
export function addApplicationSignals(
  span: PlainSpan,
  resource: Attributes,
  spans: ReadonlyMap<string, PlainSpan> = NO_SPANS,
): void {
  const { sharedAttributes } = span;
  // Spans that share attributes share these, too.
  if (sharedAttributes?.['aws.span.kind'] !== undefined) return;
  const attributes = sharedAttributes ?? span.attributes;
  const service = resource['service.name'];
  const environment = resource['deployment.environment.name'];
  const operation = localOperation(span, spans);
  const call = remoteCall(span.kind, told(span));
  if (service !== undefined) attributes['aws.local.service'] ??= service;
  if (environment !== undefined) attributes['aws.local.environment'] ??= environment;
  if (operation !== undefined) attributes['aws.local.operation'] ??= operation;
  attributes['aws.span.kind'] ??= kindOf(span);
  if (call !== undefined) addCall(attributes, call);
}

/** Gives each of the spans those attributes, one by one; of an array, which may hold the request of each, with its operation. */
export function* withApplicationSignals(spans: Iterable<PlainSpan>, resource: Attributes): Generator<PlainSpan> {
  const byId = Array.isArray(spans) ? spansById(spans) : undefined;
  for (const span of spans) {
    addApplicationSignals(span, resource, byId);
    yield span;
  }
}

/** By their ids. */
export function spansById(spans: readonly PlainSpan[]): ReadonlyMap<string, PlainSpan> {
  return new Map(spans.map((span) => [span.context.spanId, span]));
}

function addCall(attributes: Attributes, { service, operation, resource }: RemoteCall): void {
  attributes['aws.remote.service'] ??= service;
  attributes['aws.remote.operation'] ??= operation;
  if (resource === undefined) return;
  attributes['aws.remote.resource.type'] ??= resource.type;
  attributes['aws.remote.resource.identifier'] ??= resource.identifier;
}

function kindOf(span: PlainSpan): string {
  return isLocalRoot(span) ? 'LOCAL_ROOT' : SpanKind[span.kind];
}

/** Whether what caused it is in another process, or nothing did. */
function isLocalRoot({ parent }: PlainSpan): boolean {
  return parent === undefined || parent.isRemote === true;
}

/**
 * What the service was asked to do when it did this. Children end before the request that they are of; where it is not among the spans
 * at hand, nothing is said.
 */
function localOperation(span: PlainSpan, byId: ReadonlyMap<string, PlainSpan>): string | undefined {
  let at: PlainSpan | undefined = span;
  for (let depth = 0; at !== undefined && depth < MAX_DEPTH; depth++) {
    if (isLocalRoot(at) || at.kind === SpanKind.SERVER) return operationOf(at);
    at = byId.get(at.parent?.spanId ?? '');
  }
  return undefined;
}

/** The span's name where it is one of a route or a message; a method alone says less than the path does. */
function operationOf(span: PlainSpan): string {
  const { name, kind } = span;
  const attributes = told(span);
  if (kind !== SpanKind.SERVER && kind !== SpanKind.CONSUMER) return INTERNAL_OPERATION;
  const method = attributes['http.request.method'] ?? attributes['http.method'];
  if (name !== '' && name !== method && name !== 'HTTP') return name;
  if (typeof method !== 'string') return name || UNKNOWN_OPERATION;
  return `${method} ${firstPart(pathOf(attributes))}`;
}

function told({ attributes, sharedAttributes }: PlainSpan): Attributes {
  return sharedAttributes === undefined ? attributes : { ...sharedAttributes, ...attributes };
}

function pathOf(attributes: Attributes): string | undefined {
  const path = attributes['url.path'] ?? attributes['http.target'];
  return typeof path === 'string' ? path.split('?')[0] : undefined;
}
