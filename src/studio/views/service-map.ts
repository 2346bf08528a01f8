import type { Span } from '../otlp-model.js';
import type { Store } from '../store/store.js';
import { isWithin, type TimeRange } from '../time-range.js';

/** A service that sent spans, or what one of them called: a database, a queue, a host. */
export interface MapNode {
  readonly name: string;
  readonly kind: 'service' | 'database' | 'messaging' | 'remote' | 'client';
  /** Spans that stand for work done by it, or calls to it. */
  readonly count: number;
  readonly faults: number;
}

export interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly faults: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface ServiceMap {
  /** It is drawn from so many traces: those that were sampled and are held. */
  readonly traces: number;
  /** Milliseconds from the first span to the last. */
  readonly duration: number;
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const MAX_NODES = 60;

interface Edge {
  from: string;
  to: string;
  durations: number[];
  faults: number;
}

export function describeServiceMap(store: Store, range: TimeRange): ServiceMap {
  const nodes = new Map<string, { kind: MapNode['kind']; count: number; faults: number }>();
  const edges = new Map<string, Edge>();
  let [first, last, traces] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const trace of store.traces.list()) {
    const spans = trace.spans.toArray();
    const start = Number(BigInt(spans[0]?.startTimeUnixNano ?? 0) / 1_000_000n);
    if (!isWithin(start, range)) continue;
    traces += 1;
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const called = new Set(spans.map((span) => span.parentSpanId));
    for (const span of spans) {
      const hop = hopOf(span, byId, called);
      if (hop === undefined) continue;
      const at = Number(BigInt(span.startTimeUnixNano) / 1_000_000n);
      first = Math.min(first, at);
      last = Math.max(last, at);
      touch(nodes, hop.from, 'client', false, 0);
      touch(nodes, hop.to, hop.kind, isFault(span), 1);
      enter(edges, hop, span);
    }
  }
  return {
    traces,
    duration: Math.max(last - first, 0),
    nodes: [...nodes].map(([name, node]) => ({ name, ...node })).slice(0, MAX_NODES),
    edges: [...edges.values()].map(toEdge).sort((a, b) => b.count - a.count),
  };
}

interface Hop {
  readonly from: string;
  readonly to: string;
  readonly kind: MapNode['kind'];
}

/** What calls what by this span. Undefined: work inside a service, or a call whose other side tells it. */
function hopOf(span: Span, byId: ReadonlyMap<string, Span>, called: ReadonlySet<string | undefined>): Hop | undefined {
  const service = serviceOf(span);
  if (span.kind === SERVER || span.kind === CONSUMER) {
    const caller = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId);
    return { from: caller === undefined ? 'clients' : serviceOf(caller), to: service, kind: 'service' };
  }
  if ((span.kind !== CLIENT && span.kind !== PRODUCER) || called.has(span.spanId)) return undefined;
  const database = text(span, 'db.system.name') ?? text(span, 'db.system');
  const messaging = text(span, 'messaging.system');
  if (database !== undefined) return { from: service, to: database, kind: 'database' };
  if (messaging !== undefined) return { from: service, to: messaging, kind: 'messaging' };
  const host = text(span, 'peer.service') ?? text(span, 'rpc.service') ?? text(span, 'server.address');
  return host === undefined ? undefined : { from: service, to: host, kind: 'remote' };
}

const serviceOf = (span: Span): string => text({ attributes: span.resource }, 'service.name') ?? 'unknown_service';

function text(span: Pick<Span, 'attributes'>, name: string): string | undefined {
  const value = span.attributes[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const isFault = (span: Span): boolean => span.status.code === 2;

function touch(
  nodes: Map<string, { kind: MapNode['kind']; count: number; faults: number }>,
  name: string,
  kind: MapNode['kind'],
  fault: boolean,
  count: number,
): void {
  const node = nodes.get(name) ?? { kind, count: 0, faults: 0 };
  if (node.kind === 'client') node.kind = kind;
  node.count += count;
  node.faults += fault ? 1 : 0;
  nodes.set(name, node);
}

function enter(edges: Map<string, Edge>, { from, to }: Hop, span: Span): void {
  const key = JSON.stringify([from, to]);
  const edge = edges.get(key) ?? { from, to, durations: [], faults: 0 };
  edge.durations.push(Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6);
  if (isFault(span)) edge.faults += 1;
  edges.set(key, edge);
}

function toEdge({ from, to, durations, faults }: Edge): MapEdge {
  durations.sort((a, b) => a - b);
  const at = (rank: number): number =>
    durations[Math.min(Math.ceil(rank * durations.length), durations.length) - 1] ?? 0;
  return { from, to, count: durations.length, faults, p50: at(0.5), p99: at(0.99) };
}
