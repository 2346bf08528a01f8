import { type Context, type Span, SpanKind, trace } from '@opentelemetry/api';
import type { ReadableSpan, SamplingResult } from '@opentelemetry/sdk-trace';
import type { TraceBounds } from '../../config/trace-budget.js';
import { decisionIn } from '../decided-sampler.js';
import { NOT_SAMPLED } from '../reservoir-sampler.js';
import { withoutThreshold } from './probability.js';
import { SpanBudget, TraceAccount } from './span-budget.js';

/** `parents_ceiling`: a parent samples more than the second ceiling lets through. `trace_growth`: a trace grows for ever. */
export type BoundReached = 'parents_ceiling' | 'trace_growth';

export interface TraceBudgetOptions extends TraceBounds {
  /** Called for each span that is not made because of a bound although its parent is sampled. */
  onLost: (reason: BoundReached) => void;
  /** Called for each trace that begins here and that the sampler would take. */
  onDecided?: (isAdmitted: boolean) => void;
  /** A clock that never goes back, in milliseconds. */
  now: () => number;
  /** A number from 0 up to 1, 1 excluded. */
  random: () => number;
}

/** What AWS bills of a span beside its own texts: the resource, and the names of an event in a log. Bytes, about. */
const BILLED_BESIDE = 700;

const ACCOUNT = Symbol('@org/monitoring account of the trace');
const BEGINS_TRACE = Symbol('@org/monitoring begins the trace');

interface CountedSpan {
  /** Of the trace that the span belongs to. */
  [ACCOUNT]?: TraceAccount;
  /** Whether the trace began in this process with the span. */
  [BEGINS_TRACE]?: boolean;
}

/**
 * What bounds the traces of a process (docs/decisions/0048-trace-budget.md): a budget for traces that are decided here, and a higher one
 * for traces that a parent has decided to sample. Samplers ask it; what ends is charged to it.
 */
export class TraceBudget {
  readonly #own: SpanBudget;
  readonly #parents: SpanBudget;
  readonly #onLost: (reason: BoundReached) => void;
  readonly #onDecided: TraceBudgetOptions['onDecided'];
  /** The account of the trace that was admitted last: the SDK starts its first span at once, and passes on no decision. */
  #admitted: TraceAccount | undefined;

  constructor({ own, parents, onLost, onDecided, now, random }: TraceBudgetOptions) {
    this.#own = new SpanBudget({ ...own, now, random });
    this.#parents = new SpanBudget({ ...parents, now, random });
    this.#onLost = onLost;
    this.#onDecided = onDecided;
  }

  /** Decides on a trace that begins here and that the sampler would take. */
  admit(spanKind: SpanKind): SamplingResult {
    const account = this.#admit(this.#own, spanKind);
    this.#onDecided?.(account !== undefined);
    return account ?? NOT_SAMPLED;
  }

  /** Decides on a trace whose parent, in another process, is sampled. */
  follow(context: Context, spanKind: SpanKind): SamplingResult {
    const account = this.#admit(this.#parents, spanKind);
    if (account !== undefined) return account;
    this.#onLost('parents_ceiling');
    const traceState = trace.getSpanContext(context)?.traceState;
    return traceState === undefined ? NOT_SAMPLED : { ...NOT_SAMPLED, traceState: withoutThreshold(traceState) };
  }

  /** Decides on a span whose parent, in this process, is sampled. */
  grow(context: Context, spanKind: SpanKind): SamplingResult {
    const account = accountOf(trace.getSpan(context));
    // The parent is of another tracer provider, or was made of ids alone.
    if (account === undefined) return this.follow(context, spanKind);
    if (account.admitSpan()) return account;
    this.#onLost('trace_growth');
    return NOT_SAMPLED;
  }

  /** Notes which trace a span of the SDK belongs to. */
  spanStarted(span: Span, parent: Context): void {
    const counted = span as CountedSpan;
    const decision = decisionIn(parent);
    const account = decision instanceof TraceAccount ? decision : accountOf(trace.getSpan(parent));
    const belongsTo = account ?? this.#admitted;
    if (belongsTo === undefined) return;
    counted[ACCOUNT] = belongsTo;
    counted[BEGINS_TRACE] = account === undefined || account === decision;
  }

  /** @param bytes of the span by itself, about */
  spanEnded(span: ReadableSpan, bytes: number): void {
    const { [ACCOUNT]: account, [BEGINS_TRACE]: beginsTrace } = span as CountedSpan;
    account?.spanEnded(bytes + BILLED_BESIDE);
    if (beginsTrace) account?.traceEnded();
  }

  /** Notes which trace a span of the request layer belongs to. */
  requestStarted(span: Span, decision: SamplingResult): void {
    if (decision instanceof TraceAccount) (span as CountedSpan)[ACCOUNT] = decision;
  }

  /** @param bytes that the request's span is billed as, about */
  requestEnded(decision: SamplingResult, bytes: number): void {
    if (!(decision instanceof TraceAccount)) return;
    decision.spanEnded(bytes);
    decision.traceEnded();
  }

  #admit(budget: SpanBudget, spanKind: SpanKind): TraceAccount | undefined {
    const account = budget.admit(spanKind === SpanKind.SERVER);
    if (account !== undefined) this.#admitted = account;
    return account;
  }
}

function accountOf(span: Span | undefined): TraceAccount | undefined {
  return (span as CountedSpan | undefined)?.[ACCOUNT];
}
