import type { Span } from '../otlp-model.js';
import { Fifo } from './fifo.js';
import type { Ledger, Owner } from './ledger.js';
import { weigh } from './weigh.js';

const TRACE_BYTES = 400;

export class Trace implements Owner {
  /** In order of arrival. */
  readonly spans = new Fifo<Span>();

  constructor(
    readonly traceId: string,
    private readonly onEmpty: (trace: Trace) => void,
  ) {}

  dropOldest(): void {
    this.spans.shift();
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
    trace.spans.push(span);
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
