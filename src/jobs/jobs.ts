import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  type Histogram,
  type Link,
  type Meter,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  type TextMapGetter,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { withOwnFrames } from '../limits/own-frames.js';
import { JOB_NAME, jobRun, MESSAGING_DESTINATION, type Work, type WorkMetric } from './work.js';
import { WorkNames } from './work-names.js';

export interface JobsOptions {
  tracer(): Tracer;
  meter(): Meter;
  /** Reports a failure in the context that runs at the call. Never throws. */
  capture(error: unknown, mechanism: string): void;
  /** The name and the message of an error without secrets. Never throws. */
  describe(error: unknown): { readonly name: string; readonly message: string };
  /** A clock that never goes back, in milliseconds. */
  now(): number;
  /** One line for the operator. */
  onProblem(text: string): void;
}

const RUNNING = createContextKey('@org/monitoring work');
const SECOND = 1000;
/** Of ours and of the context manager, between the code that starts a run and the run itself. */
const OWN_FRAMES = 12;
const UNNAMED = 'unnamed';
const DESCRIPTIONS: Record<WorkMetric, string> = {
  'monitoring.job.duration': 'Duration of the runs of a job.',
  'messaging.process.duration': 'Duration of processing operation.',
};
const HEADERS: TextMapGetter<Readonly<Record<string, unknown>>> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, key) => headerText(headers[key]),
};

/** The attributes of the work that the code with this context, by default the running code, is part of. */
export function currentWork(ctx: Context = context.active()): Attributes | undefined {
  return runningIn(ctx)?.attributes;
}

/** Runs work that no request starts: each run has a root span by the sampler, an exact duration, and an event when it fails. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #names: WorkNames;
  readonly #durations = new Map<WorkMetric, Histogram>();

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#names = new WorkNames((name) =>
      options.onProblem(`more than 200 names of jobs and queues: "${name}" and further ones are measured as _OTHER`),
    );
  }

  /** One run of the job `name`, as the application asks for it. */
  runJob<T>(name: string, run: () => T): T {
    const isNamed = typeof name === 'string' && name !== '';
    if (!isNamed) this.#options.onProblem(`runJob: the name of a job must be a text: measured as "${UNNAMED}"`);
    return this.run(jobRun(isNamed ? name : UNNAMED, 'runJob'), run);
  }

  /**
   * Calls `run` once and returns what it returns; what it throws or rejects with goes on to the caller. A failure of ours costs the
   * telemetry and nothing else.
   */
  run<T>(work: Work, run: () => T): T {
    const running = this.#begin(work);
    if (running === undefined) return run();
    let result: T;
    try {
      result = withOwnFrames(() => context.with(running.context, run), OWN_FRAMES);
    } catch (error) {
      running.end({ error });
      throw error;
    }
    if (!isThenable(result)) {
      running.end();
      return result;
    }
    return result.then(
      (value) => {
        running.end();
        return value;
      },
      (error) => {
        running.end({ error });
        throw error;
      },
    ) as T;
  }

  /** Ends the work that the running code is part of, as the process dies of `error`: the event tells the death itself. */
  fail(error: unknown): void {
    runningIn(context.active())?.end({ error, isReported: true });
  }

  #begin(work: Work): RunningWork | undefined {
    try {
      const measured = this.#boundNames(work.measured);
      const attributes = { ...measured, ...work.told };
      const { tracer } = this.#options;
      const hasSpan = work.hasSpan === true || work.isInstrumented === true;
      const outer = hasSpan ? context.active() : extracted(work.headers);
      const span = hasSpan ? undefined : startSpan(tracer(), work, attributes, outer);
      const inner = span === undefined ? outer : trace.setSpan(outer, span);
      const duration = work.isInstrumented ? undefined : this.#duration(work.metric);
      return new RunningWork(this.#options, duration, { work, measured, attributes, span, inner });
    } catch (failure) {
      this.#options.onProblem(`a run of ${work.spanName} is not measured: ${this.#options.describe(failure).message}`);
      return undefined;
    }
  }

  #boundNames(measured: Attributes): Attributes {
    const key = JOB_NAME in measured ? JOB_NAME : MESSAGING_DESTINATION;
    return { ...measured, [key]: this.#names.bounded(String(measured[key])) };
  }

  #duration(metric: WorkMetric): Histogram {
    let duration = this.#durations.get(metric);
    if (duration === undefined) {
      duration = this.#options.meter().createHistogram(metric, { description: DESCRIPTIONS[metric], unit: 's' });
      this.#durations.set(metric, duration);
    }
    return duration;
  }
}

interface Parts {
  readonly work: Work;
  readonly measured: Attributes;
  readonly attributes: Attributes;
  readonly span: Span | undefined;
  readonly inner: Context;
}

interface Failure {
  readonly error: unknown;
  readonly isReported?: boolean;
}

class RunningWork {
  readonly context: Context;
  readonly attributes: Attributes;
  readonly #options: JobsOptions;
  readonly #duration: Histogram | undefined;
  readonly #parts: Parts;
  readonly #startedAt: number;
  #hasEnded = false;

  constructor(options: JobsOptions, duration: Histogram | undefined, parts: Parts) {
    this.#options = options;
    this.#duration = duration;
    this.#parts = parts;
    this.attributes = parts.attributes;
    this.context = parts.inner.setValue(RUNNING, this);
    this.#startedAt = options.now();
  }

  /** Never throws. */
  end(failure?: Failure): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const seconds = (this.#options.now() - this.#startedAt) / SECOND;
    try {
      this.#end(seconds, failure);
    } catch (error) {
      this.#options.onProblem(
        `the end of ${this.#parts.work.spanName} is not told: ${this.#options.describe(error).message}`,
      );
    }
  }

  #end(seconds: number, failure: Failure | undefined): void {
    const { work, measured, span } = this.#parts;
    if (failure === undefined) {
      this.#duration?.record(seconds, measured);
    } else {
      const error = work.failureOf ? work.failureOf(failure.error) : failure.error;
      const { name, message } = this.#options.describe(error);
      this.#duration?.record(seconds, { ...measured, 'error.type': name });
      if (!failure.isReported) context.with(this.context, () => this.#options.capture(error, work.mechanism));
      span?.setAttribute('error.type', name);
      span?.setStatus({ code: SpanStatusCode.ERROR, message });
    }
    span?.end();
  }
}

function runningIn(ctx: Context): RunningWork | undefined {
  return ctx.getValue(RUNNING) as RunningWork | undefined;
}

/** What the headers of a message say: the baggage, and the producer's span. */
function extracted(headers: Work['headers']): Context {
  return headers === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, headers, HEADERS);
}

/** A root span, with links to the producer's span and to the span that is active at the call. */
function startSpan(tracer: Tracer, { spanName, spanKind }: Work, attributes: Attributes, outer: Context): Span {
  const linked = [trace.getSpanContext(outer), trace.getSpanContext(context.active())];
  const links = linked.flatMap((linkedContext): Link[] =>
    linkedContext && trace.isSpanContextValid(linkedContext) ? [{ context: linkedContext }] : [],
  );
  const options = { root: true, kind: spanKind, attributes, ...(links.length > 0 && { links }) };
  return tracer.startSpan(spanName, options, trace.deleteSpan(outer));
}

/** Message brokers give headers as text or as bytes. */
function headerText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined;
}

function isThenable<T>(value: T): value is T & PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
