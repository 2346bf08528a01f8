import type { SamplingDecision, SamplingResult } from '@opentelemetry/sdk-trace';
import type { TraceFlow } from '../../config/trace-budget.js';
import { Pacer } from '../../limits/pacer.js';
import { SAMPLED } from '../reservoir-sampler.js';

/** The part of a budget that background work has even where requests would take all of it. */
const BACKGROUND_SHARE = 0.05;

/** Spans of one trace that this process adds without asking: a page of many spans stays whole. */
export const MAX_SPANS_UNASKED = 1000;

/** Spans that a trace is expected to have before the first one has ended: a request, a query and a call. */
const FIRST_EXPECTATION = 3;
/** How much one trace changes what the next one is expected to cost. */
const LEARNING = 1 / 8;

export interface SpanBudgetOptions extends TraceFlow {
  /** A clock that never goes back, in milliseconds. */
  now: () => number;
  /** A number from 0 up to 1, 1 excluded. */
  random: () => number;
}

/**
 * An upper bound of the spans, and of their bytes, that a process makes a second. A span costs 1, or more if it has more bytes than
 * a span may have where both bounds are reached together. The budget admits whole traces before their cost is
 * known: it charges what a trace is expected to cost, and corrects the charge by what the spans that end really cost.
 *
 * Requests come first. Background work gets what they leave, and a twentieth in any case.
 */
export class SpanBudget {
  readonly #now: () => number;
  readonly #bytesPerSpan: number;
  readonly #requests: Line;
  readonly #background: Line;

  constructor({ spansPerSecond: perSecond, bytesPerSecond, now, random }: SpanBudgetOptions) {
    this.#now = now;
    this.#bytesPerSpan = bytesPerSecond / perSecond;
    const requests = new Pacer(random);
    const background = new Pacer(random);
    const share = perSecond * BACKGROUND_SHARE;
    this.#requests = new Line(requests, (time) => perSecond - Math.min(background.offered(time), share));
    this.#background = new Line(background, (time) => Math.max(share, perSecond - requests.offered(time)));
  }

  /** The decision to sample a trace that begins in this process; undefined: the budget has no room for the trace. */
  admit(isRequest: boolean): TraceAccount | undefined {
    const line = isRequest ? this.#requests : this.#background;
    const prepaid = line.take(this.#now());
    return prepaid === undefined ? undefined : new TraceAccount(this, line, prepaid);
  }

  /** Whether there is room for one more span of a trace that grows for ever: it takes from what background work may take. */
  admitOne(): boolean {
    return this.#background.takeOne(this.#now());
  }

  costOf(bytes: number): number {
    return Math.max(1, bytes / this.#bytesPerSpan);
  }

  /** @param cost negative: so much goes back */
  charge(line: Line, cost: number): void {
    line.charge(cost, this.#now());
  }
}

/** Requests, or background work: their pacer, and what one of their traces is expected to cost. */
class Line {
  readonly #pacer: Pacer;
  readonly #rate: (now: number) => number;
  #expected = FIRST_EXPECTATION;

  /** @param rate units a second at a time */
  constructor(pacer: Pacer, rate: (now: number) => number) {
    this.#pacer = pacer;
    this.#rate = rate;
  }

  /** What the trace has paid, in units; undefined: there is no room for it. */
  take(now: number): number | undefined {
    return this.#pacer.take(this.#expected, this.#rate(now), now) ? this.#expected : undefined;
  }

  takeOne(now: number): boolean {
    return this.#pacer.take(1, this.#rate(now), now);
  }

  charge(units: number, now: number): void {
    this.#pacer.charge(units, this.#rate(now), now);
  }

  learn(cost: number): void {
    this.#expected += (cost - this.#expected) * LEARNING;
  }
}

/** What one trace costs in this process, and the decision to sample it. */
export class TraceAccount implements SamplingResult {
  readonly decision: SamplingDecision = SAMPLED.decision;
  readonly #budget: SpanBudget;
  readonly #line: Line;
  #prepaid: number;
  #cost = 0;
  #started = 0;

  constructor(budget: SpanBudget, line: Line, prepaid: number) {
    this.#budget = budget;
    this.#line = line;
    this.#prepaid = prepaid;
  }

  /** Counts a span below another one of this process, if there is room for it. */
  admitSpan(): boolean {
    if (this.#started >= MAX_SPANS_UNASKED) {
      if (!this.#budget.admitOne()) return false;
      this.#prepaid += 1;
    }
    this.#started += 1;
    return true;
  }

  /** @param bytes that the span is billed as, about */
  spanEnded(bytes: number): void {
    const cost = this.#budget.costOf(bytes);
    const paid = Math.min(cost, this.#prepaid);
    this.#cost += cost;
    this.#prepaid -= paid;
    if (cost > paid) this.#budget.charge(this.#line, cost - paid);
  }

  /** The span that began the trace in this process has ended: what the trace did not use goes back. Spans that end later are charged. */
  traceEnded(): void {
    if (this.#prepaid > 0) this.#budget.charge(this.#line, -this.#prepaid);
    this.#prepaid = 0;
    this.#line.learn(this.#cost);
  }
}
