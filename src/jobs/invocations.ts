import {
  type Context,
  type Counter,
  context,
  type Histogram,
  type Meter,
  ROOT_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api';

export interface InvocationsOptions {
  meter(): Meter;
  /** Reports a failure in the context that runs at the call. Never throws. */
  capture(error: unknown): void;
  /** A clock that never goes back, in milliseconds. */
  now(): number;
  /** Milliseconds by the same clock, when the process started. */
  processStart: number;
  /** Whether the environment was started before there was an event for it: no caller has waited for the start. */
  isProvisioned: boolean;
}

interface Instruments {
  readonly duration: Histogram;
  readonly initDuration: Histogram;
  readonly coldStarts: Counter;
  readonly errors: Counter;
}

const SECOND = 1000;

/** The invocations of a Lambda function: measured by semantic conventions (FaaS metrics), each failure an event. */
export class Invocations {
  readonly #options: InvocationsOptions;
  readonly #begun = new WeakMap<Span, number>();
  #instruments: Instruments | undefined;

  constructor(options: InvocationsOptions) {
    this.#options = options;
  }

  /** @param span the invocation's, sampled or not */
  begin(span: Span): void {
    const now = this.#options.now();
    this.#begun.set(span, now);
    if (this.#instruments !== undefined) return;
    this.#instruments = createInstruments(this.#options.meter());
    if (this.#options.isProvisioned) return;
    this.#instruments.coldStarts.add(1);
    this.#instruments.initDuration.record((now - this.#options.processStart) / SECOND);
  }

  /** @param error what the handler failed with; undefined or null: it succeeded */
  end(span: Span, error: unknown): void {
    const begun = this.#begun.get(span);
    this.#begun.delete(span);
    if (begun === undefined || this.#instruments === undefined) return;
    this.#instruments.duration.record((this.#options.now() - begun) / SECOND);
    if (error === undefined || error === null) return;
    this.#instruments.errors.add(1);
    context.with(contextOf(span), () => this.#options.capture(error));
  }
}

function createInstruments(meter: Meter): Instruments {
  return {
    duration: meter.createHistogram('faas.invoke_duration', {
      description: 'Measures the duration of the function’s logic execution.',
      unit: 's',
    }),
    initDuration: meter.createHistogram('faas.init_duration', {
      description: 'Measures the duration of the function’s initialization, such as a cold start.',
      unit: 's',
    }),
    coldStarts: meter.createCounter('faas.coldstarts', {
      description: 'Number of invocation cold starts.',
      unit: '{coldstart}',
    }),
    errors: meter.createCounter('faas.errors', { description: 'Number of invocation errors.', unit: '{error}' }),
  };
}

function contextOf(span: Span): Context {
  return trace.setSpan(ROOT_CONTEXT, span);
}
