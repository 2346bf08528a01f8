import {
  type Context,
  createContextKey,
  isSpanContextValid,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { formatXRayHeader, parseXRayHeader, type XRayHeader } from './xray-header.js';

const HEADER = 'x-amzn-trace-id';

const LINEAGE = createContextKey('@org/monitoring X-Ray lineage');
/** The parent that leaves the decision to us. Another propagator may have put a parent over it, of which this says nothing. */
const UNDECIDED_PARENT = createContextKey('@org/monitoring X-Ray parent without a decision');
const ROOT = createContextKey('@org/monitoring X-Ray root');

/** What a header without a parent says. */
type Root = Pick<XRayHeader, 'traceId' | 'sampled'>;

/** The trace id that a load balancer gave to a request that has no parent: its access log names the request by it. */
export function rootTraceId(context: Context): string | undefined {
  return (context.getValue(ROOT) as Root | undefined)?.traceId;
}

/** The sampling decision that came with that trace id; undefined: it is left to us. */
export function rootDecision(context: Context): boolean | undefined {
  return (context.getValue(ROOT) as Root | undefined)?.sampled;
}

/** Whether the parent of what starts in this context has left the sampling decision to it. */
export function leavesDecision(context: Context): boolean {
  const undecided = context.getValue(UNDECIDED_PARENT);
  return undecided !== undefined && undecided === trace.getSpanContext(context);
}

/** `X-Amzn-Trace-Id`, in and out, with its lineage. */
export class XRayPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = trace.getSpanContext(context);
    if (span === undefined || !isSpanContextValid(span)) return;
    const { traceId, spanId: parentId, traceFlags } = span;
    const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    const lineage = context.getValue(LINEAGE) as string | undefined;
    setter.set(carrier, HEADER, formatXRayHeader({ traceId, parentId, sampled, lineage }));
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const header = headerOf(carrier, getter);
    if (header === undefined) return context;
    const parsed = parseXRayHeader(header);
    const parent = withParent(context, parsed);
    return parsed.lineage === undefined ? parent : parent.setValue(LINEAGE, parsed.lineage);
  }

  fields(): string[] {
    return [HEADER];
  }
}

function withParent(context: Context, { traceId, parentId, sampled }: XRayHeader): Context {
  if (traceId === undefined) return context;
  if (parentId === undefined)
    return context.setValue(ROOT, { traceId, ...(sampled !== undefined && { sampled }) } satisfies Root);
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const parent: SpanContext = { traceId, spanId: parentId, traceFlags, isRemote: true };
  const child = trace.setSpanContext(context, parent);
  return sampled === undefined ? child.setValue(UNDECIDED_PARENT, parent) : child;
}

function headerOf(carrier: unknown, getter: TextMapGetter): string | undefined {
  const value = getter.get(carrier, HEADER) ?? inAnyCase(carrier, getter);
  const first = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

/** Carriers other than the headers of Node's requests keep the case in which a header was written. */
function inAnyCase(carrier: unknown, getter: TextMapGetter): undefined | string | string[] {
  const key = getter.keys(carrier).find((name) => name.toLowerCase() === HEADER);
  return key === undefined ? undefined : getter.get(carrier, key);
}
