import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { PlainSpan } from './protocol.js';
import { firstPart, remoteCall } from './remote-service.js';

/**
 * What X-Ray's map of services and Application Signals read of spans: who served and who was called. As ADOT and the CloudWatch agent
 * name it: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Application-Signals.html
 */

const UNKNOWN_OPERATION = 'UnknownOperation';
/** Of spans that no request and no message caused. */
const INTERNAL_OPERATION = 'InternalOperation';
/** Spans between a call and the request that caused it; a cycle ends there. */
const MAX_DEPTH = 100;

/** The spans with those attributes. What a span says of itself already stays. */
export function withApplicationSignals(spans: readonly PlainSpan[], resource: Attributes): PlainSpan[] {
  const byId = new Map(spans.map((span) => [span.context.spanId, span]));
  const local: Attributes = {
    'aws.local.service': resource['service.name'],
    'aws.local.environment': resource['deployment.environment.name'],
  };
  return spans.map((span) => {
    const own = {
      ...local,
      'aws.local.operation': localOperation(span, byId),
      'aws.span.kind': kindOf(span),
      ...remoteOf(span),
    };
    return { ...span, attributes: { ...present(own), ...span.attributes } };
  });
}

function remoteOf({ kind, attributes }: PlainSpan): Attributes {
  const call = remoteCall(kind, attributes);
  if (call === undefined) return {};
  return {
    'aws.remote.service': call.service,
    'aws.remote.operation': call.operation,
    'aws.remote.resource.type': call.resource?.type,
    'aws.remote.resource.identifier': call.resource?.identifier,
  };
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
function operationOf({ name, kind, attributes }: PlainSpan): string {
  if (kind !== SpanKind.SERVER && kind !== SpanKind.CONSUMER) return INTERNAL_OPERATION;
  const method = attributes['http.request.method'] ?? attributes['http.method'];
  if (name !== '' && name !== method && name !== 'HTTP') return name;
  if (typeof method !== 'string') return name || UNKNOWN_OPERATION;
  return `${method} ${firstPart(pathOf(attributes))}`;
}

function pathOf(attributes: Attributes): string | undefined {
  const path = attributes['url.path'] ?? attributes['http.target'];
  return typeof path === 'string' ? path.split('?')[0] : undefined;
}

function present(attributes: Attributes): Attributes {
  const result: Attributes = {};
  for (const key in attributes) if (attributes[key] !== undefined) result[key] = attributes[key];
  return result;
}
