import type { Span } from '../otlp-model.js';
import { Fifo } from './fifo.js';
import type { Ledger, Owner } from './ledger.js';
import { weigh } from './weigh.js';

const TRACE_BYTES = 400;

/** Transaction Search stores each span as a structured log event with its resource: the size of that event as JSON. */
function billedBytes({ receiver, arrived, ...span }: Span): number {
  return Buffer.byteLength(JSON.stringify(span));
}

export class Trace implements Owner {
  /** In order of arrival. */
  readonly spans = new Fifo<Span>();
  /** Of the spans held, as Transaction Search bills them. */
  bytes = 0;

  constructor(
    readonly traceId: string,
    private readonly onEmpty: (trace: Trace) => void,
  ) {}

  push(span: Span): void {
    this.spans.push(span);
    this.bytes += billedBytes(span);
  }

  dropOldest(): void {
    const span = this.spans.shift();
    if (span !== undefined) this.bytes -= billedBytes(span);
    if (this.spans.length === 0) this.onEmpty(this);
  }
}

export class TraceStore {
  readonly #traces = new Map<string, Trace>();

  constructor(readonly ledger: Ledger) {}

  get size(): number {
    return this.#traces.size;
  }

  add(span: Span): void {
    const trace = this.#traces.get(span.traceId) ?? this.#begin(span.traceId);
    trace.push(span);
    this.ledger.add('spans', weigh(span), trace);
  }

  find(traceId: string): Trace | undefined {
    return this.#traces.get(traceId);
  }

  /** In order of first arrival. */
  list(): Trace[] {
    return [...this.#traces.values()];
  }

  spans(): Span[] {
    return this.list().flatMap((trace) => trace.spans.toArray());
  }

  clear(): void {
    for (const trace of this.list()) this.#end(trace);
  }

  #begin(traceId: string): Trace {
    const trace = new Trace(traceId, (empty) => this.#end(empty));
    this.#traces.set(traceId, trace);
    this.ledger.stand(TRACE_BYTES);
    return trace;
  }

  #end(trace: Trace): void {
    if (this.#traces.delete(trace.traceId)) this.ledger.stand(-TRACE_BYTES);
  }
}
