import type { Span } from '../otlp-model.js';
import type { Trace } from '../store/traces.js';
import { describeTrace, type TraceSummary } from '../trace-report.js';

/** One line of a waterfall. Names are short: a trace has up to tens of thousands. */
export interface WaterfallRow {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly kind: number;
  /** 0: a root or an orphan. */
  readonly depth: number;
  /** Rows below it that belong to it. */
  readonly below: number;
  /** Milliseconds since the trace began. */
  readonly at: number;
  readonly ms: number;
  readonly error: boolean;
  /** Its parent is named but not here: not sampled, not yet arrived, or evicted. */
  readonly orphan: boolean;
}

export interface Waterfall extends TraceSummary {
  readonly orphans: number;
  /** Parents before their children, siblings by start. */
  readonly rows: readonly WaterfallRow[];
}

/** Depth after which spans are drawn no further in. */
const MAX_DEPTH = 200;

export function describeWaterfall(trace: Trace): Waterfall {
  const { spans, ...summary } = describeTrace(trace);
  const origin = BigInt(spans[0]?.startTimeUnixNano ?? 0);
  const rows = arrange(spans).map(({ span, depth, below, orphan }) => ({
    id: span.spanId,
    name: span.name,
    service: String(span.resource['service.name'] ?? ''),
    kind: span.kind,
    depth,
    below,
    at: millis(BigInt(span.startTimeUnixNano) - origin),
    ms: Math.max(millis(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)), 0),
    error: span.status.code === 2,
    orphan,
  }));
  return { ...summary, spans: spans.length, orphans: rows.filter(({ orphan }) => orphan).length, rows };
}

const millis = (nanos: bigint): number => Number(nanos) / 1e6;

interface Placed {
  readonly span: Span;
  readonly depth: number;
  below: number;
  readonly orphan: boolean;
}

/** Depth first without recursion: a chain of ten thousand spans is deeper than the stack. What hangs in a cycle is a root of its own. */
function arrange(spans: readonly Span[]): Placed[] {
  const ids = new Set(spans.map((span) => span.spanId));
  const children = new Map<string, Span[]>();
  const roots: Span[] = [];
  for (const span of spans) {
    const parent = span.parentSpanId;
    const siblings = parent === undefined ? undefined : children.get(parent);
    if (parent === undefined || !ids.has(parent) || parent === span.spanId) roots.push(span);
    else if (siblings === undefined) children.set(parent, [span]);
    else siblings.push(span);
  }
  const placed: Placed[] = [];
  const seen = new Set<Span>();
  const place = (root: Span): void => {
    const stack = [{ span: root, depth: 0 }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { span, depth } = next;
      if (seen.has(span)) continue;
      seen.add(span);
      const orphan = span.parentSpanId !== undefined && !ids.has(span.parentSpanId);
      placed.push({ span, depth: Math.min(depth, MAX_DEPTH), below: 0, orphan });
      for (const child of (children.get(span.spanId) ?? []).toReversed()) stack.push({ span: child, depth: depth + 1 });
    }
  };
  for (const root of roots) place(root);
  for (const span of spans) if (!seen.has(span)) place(span);
  countBelow(placed);
  return placed;
}

function countBelow(placed: readonly Placed[]): void {
  const open: number[] = [];
  for (const [index, row] of placed.entries()) {
    while (open.length > 0 && (placed[open.at(-1) ?? 0]?.depth ?? 0) >= row.depth)
      close(placed, open.pop() ?? 0, index);
    open.push(index);
  }
  while (open.length > 0) close(placed, open.pop() ?? 0, placed.length);
}

function close(placed: readonly Placed[], index: number, end: number): void {
  const row = placed[index];
  if (row !== undefined) row.below = end - index - 1;
}
