/** From an error that was seen somewhere to at most one event. */

import { type Attributes, diag, type Logger, type LogRecord, type Span, SpanStatusCode } from '@opentelemetry/api';
import { OnceAMinute } from '../limits/once-a-minute.js';
import type { Redactor } from '../redaction/redactor.js';
import type { Captured, CapturesErrors, FailedRequest } from './captured.js';
import type { Description } from './describe.js';
import {
  type ErrorEvent,
  EXCEPTION,
  type KindName,
  PROCESS_FATAL,
  toFatalRecord,
  toLogRecord,
  toSummaryRecord,
} from './event.js';
import { EventBuilder, type Occasion, type ProcessReadings, spanContextOf } from './event-builder.js';
import { fingerprintOf, Grouping } from './fingerprint.js';
import { HeldEvents } from './held-events.js';
import type { ErrorLimiter } from './limit.js';
import { type Sighting, Sightings } from './sightings.js';
import { isReported, needsAnswer } from './verdict.js';

export interface ReporterOptions extends ProcessReadings {
  logger(): Logger;
  /** The request of the current context. */
  currentRequest(): FailedRequest | undefined;
  activeSpan(): Span | undefined;
  /** The attributes of the job or message that the current context works on. */
  currentWork?(): Attributes | undefined;
  redactor: Redactor;
  limiter: ErrorLimiter<KindName>;
  /** Epoch milliseconds. */
  now(): number;
  /** An id that no other event has, of any process. */
  drawId(): string;
  /** Directory of the application; fingerprints name its files from there. */
  root: string;
  /** Where our own code is: its frames are no part of an application's stack. */
  ownFolder?: string;
  /** Calls back after `ms` milliseconds, without keeping the process alive. Absent: no event waits for the answer to its request. */
  after?: (ms: number, callback: () => void) => void;
}

export interface ErrorReporter extends CapturesErrors {
  /**
   * Emits the counts of what was limited and not told yet: on a timer, and before the process ends.
   * Returns how many summaries went out.
   */
  flushSummaries(): number;
  /** The response to `request` has ended: what waited for its status is told, or is no failure. */
  answered(request: FailedRequest): void;
  /** Tells what waits for answers as it is: before the process ends. */
  releaseHeld(): void;
  /** What may be told of anything that was thrown: without secrets, bounded. Never throws, and reports nothing. */
  redacted(error: unknown): RedactedError;
}

/** Fits `Span.recordException`. */
export interface RedactedError {
  name: string;
  message: string;
  stack?: string;
}

const UNREADABLE: RedactedError = { name: 'Error', message: '[unreadable]' };

export function createErrorReporter(options: ReporterOptions): ErrorReporter {
  return new Reporter(options);
}

class Reporter implements ErrorReporter {
  readonly #options: ReporterOptions;
  readonly #sightings: Sightings;
  readonly #grouping: Grouping;
  readonly #events: EventBuilder;
  /** Undefined: nothing is held. */
  readonly #held: HeldEvents | undefined;
  readonly #warn: (message: string) => void;
  #busy = false;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#grouping = new Grouping(options.root);
    const pace = new OnceAMinute(options.now);
    this.#warn = (message) => {
      if (pace.admit('report') !== undefined) diag.warn(message);
    };
    this.#events = new EventBuilder(options.redactor, options, this.#warn, options.ownFolder);
    const { after } = options;
    this.#sightings = new Sightings(after);
    this.#held = after && this.#holding(after);
  }

  capture(error: unknown, how: Captured): boolean {
    return this.#guarded(() => this.#capture(error, how)) ?? false;
  }

  flushSummaries(): number {
    return this.#guarded(() => this.#flushSummaries()) ?? 0;
  }

  answered(request: FailedRequest): void {
    this.#guarded(() => this.#held?.release(request));
  }

  releaseHeld(): void {
    this.#guarded(() => this.#held?.releaseAll());
  }

  redacted(error: unknown): RedactedError {
    try {
      return this.#redacted(this.#events.texts.describe(error));
    } catch {
      return { ...UNREADABLE };
    }
  }

  #holding(after: (ms: number, callback: () => void) => void): HeldEvents {
    return new HeldEvents({
      now: this.#options.now,
      after: (ms, callback) => after(ms, () => this.#guarded(callback)),
    });
  }

  #redacted(raw: Description): RedactedError {
    const { type, message, stack } = this.#events.texts.redact(raw);
    return stack === undefined ? { name: type, message } : { name: type, message, stack };
  }

  /** An error that is seen while one is being reported comes from the reporting itself. */
  #guarded<T>(action: () => T): T | undefined {
    if (this.#busy) return undefined;
    this.#busy = true;
    try {
      return action();
    } catch (failure) {
      const { name, message } = this.redacted(failure);
      this.#warn(`an error could not be reported: ${name}: ${message}`);
      return undefined;
    } finally {
      this.#busy = false;
    }
  }

  #capture(error: unknown, how: Captured): boolean {
    // What comes first is told first, also when nothing can come after it.
    if (how.dying === true) this.#held?.releaseAll();
    const now = this.#options.now();
    const request = how.request ?? this.#guardedPart(() => this.#options.currentRequest());
    if (request !== undefined && how.severity !== 'warn') request.error ??= error ?? String(error);
    // What kills the process is told in full even if an error in it was told before.
    const known =
      how.dying === true
        ? this.#sightings.findSame(error, request, how.mechanism, now)
        : this.#sightings.find(error, request, how.mechanism, now);
    if (known === undefined) return this.#captureFirst(this.#occasion(error, how, request, now));
    if (how.dying === true) return this.#captureDeath(this.#occasion(error, how, request ?? known.request, now), known);
    if (how.always === true) {
      if (known.isDropped) return this.#captureFirst(this.#occasion(error, how, request, now));
      known.always = true;
    }
    if (isOtherRequest(known, request)) this.#captureAgain(this.#occasion(error, how, request, now), known);
    return false;
  }

  /** The event; where some part of it can't be had, the error by its texts alone. */
  #build(occasion: Occasion, suppressed: number): ErrorEvent {
    try {
      return this.#events.build(occasion, suppressed);
    } catch (failure) {
      const { name, message } = this.redacted(failure);
      this.#warn(`an error is reported by its texts alone: ${name}: ${message}`);
      return this.#events.bare(occasion, suppressed);
    }
  }

  #captureFirst(occasion: UnnamedOccasion): boolean {
    const { error, how, request, now } = occasion;
    const sighting: Sighting = {
      request,
      mechanism: how.mechanism,
      at: now,
      key: undefined,
      suppressedIn: undefined,
      isDropped: false,
      always: how.always === true,
    };
    this.#sightings.add(error, sighting);
    this.#recordOnSpan(occasion);
    return this.#whenAnswered(occasion, () => this.#judge(occasion, sighting));
  }

  /**
   * An error that the application deals with within a request has an answer, which is known soon. Returns what `tell` returns; true when
   * `tell` has to wait.
   */
  #whenAnswered({ error, how, request }: UnnamedOccasion, tell: () => boolean): boolean {
    const hasAnswer = how.handled && how.dying !== true && request !== undefined && request.statusCode === undefined;
    if (!hasAnswer || !this.#held) return tell();
    this.#held.hold({ request, tell, needsAnswer: () => needsAnswer(error, how) });
    return true;
  }

  #judge(occasion: UnnamedOccasion, sighting: Sighting): boolean {
    const { error, how, request } = occasion;
    const { always } = sighting;
    sighting.isDropped = !isReported(error, { ...how, always }, request);
    return !sighting.isDropped && this.#tellOrCount(occasion, sighting);
  }

  /** What was told of another request in the meantime is counted. */
  #tellOrCount(occasion: UnnamedOccasion, sighting: Sighting): boolean {
    const { key } = sighting;
    if (key === undefined) return this.#tell(occasion, sighting);
    this.#options.limiter.count(key, () => this.#events.kindName(occasion.raw, fingerprintOf(key)));
    return false;
  }

  #tell(occasion: UnnamedOccasion, sighting: Sighting): boolean {
    const { limiter } = this.#options;
    const { raw, how } = occasion;
    const key = this.#keyOf(occasion);
    const kindName = () => this.#events.kindName(raw, fingerprintOf(key));
    const suppressed = how.dying === true ? limiter.force(key) : limiter.admit(key, kindName);
    sighting.key = key;
    sighting.suppressedIn = suppressed === undefined ? limiter.untold(key) : undefined;
    if (suppressed === undefined) return false;
    const event = this.#build({ ...occasion, fingerprint: fingerprintOf(key) }, suppressed);
    this.#emit(toLogRecord(event, this.#options.drawId()));
    return true;
  }

  /** Without a route, messages are no help: they tell what the client asked for. */
  #keyOf({ raw, how, request }: UnnamedOccasion): string {
    const isRefused = (key: string) => how.dying !== true && this.#options.limiter.refuses(key);
    const groupsByPlace = request !== undefined && request.route === undefined;
    return this.#grouping.keyOf(raw, isRefused, groupsByPlace);
  }

  /** The process dies of what was an error like others when it was seen first. */
  #captureDeath(occasion: UnnamedOccasion, known: Sighting): boolean {
    const { raw, how, now } = occasion;
    if (known.key === undefined) return this.#captureFirst(occasion);
    if (known.suppressedIn === undefined) {
      const kind = this.#events.kindName(raw, fingerprintOf(known.key));
      const seen = { timestamp: now, mechanism: how.mechanism, spanContext: spanContextOf(occasion) };
      this.#emit(toFatalRecord(kind, seen, this.#options.drawId()));
      return false;
    }
    const { limiter } = this.#options;
    // Counted already in a summary, it must not count as an event again.
    const eventName = limiter.giveBack(known.suppressedIn) ? EXCEPTION : PROCESS_FATAL;
    known.suppressedIn = undefined;
    const suppressed = limiter.force(known.key);
    const event = this.#build({ ...occasion, fingerprint: fingerprintOf(known.key) }, suppressed);
    this.#emit(toLogRecord(event, this.#options.drawId(), eventName));
    return true;
  }

  /** One error object that fails another request: no second event, and not lost from the counts either. */
  #captureAgain(occasion: UnnamedOccasion, known: Sighting): void {
    const { error, how, request } = occasion;
    known.request = request;
    this.#recordOnSpan(occasion);
    this.#whenAnswered(occasion, () => isReported(error, how, request) && this.#tellOrCount(occasion, known));
  }

  #occasion(error: unknown, how: Captured, request: FailedRequest | undefined, now: number): UnnamedOccasion {
    const raw = this.#events.texts.describe(error);
    const span = this.#guardedPart(() => this.#options.activeSpan());
    const work = this.#guardedPart(() => this.#options.currentWork?.());
    return { error, raw, how, request, span, work, now };
  }

  /** The status of a request's own span comes with the answer. */
  #recordOnSpan({ span, raw, how, request }: UnnamedOccasion): void {
    if (span === undefined || how.severity === 'warn') return;
    this.#guardedPart(() => {
      if (!span.isRecording()) return;
      const told = this.#redacted(raw);
      span.recordException(told);
      if (request?.spanContext.spanId === span.spanContext().spanId) return;
      span.setStatus({ code: SpanStatusCode.ERROR, message: told.message });
    });
  }

  /** A part of the report that fails costs that part, not the report. */
  #guardedPart<T>(part: () => T): T | undefined {
    try {
      return part();
    } catch (failure) {
      const { name, message } = this.redacted(failure);
      this.#warn(`part of the report of an error failed: ${name}: ${message}`);
      return undefined;
    }
  }

  #flushSummaries(): number {
    const summaries = this.#options.limiter.drain();
    const timestamp = this.#options.now();
    for (const { sample, suppressed, since } of summaries) {
      this.#emit(toSummaryRecord({ timestamp, kind: sample, suppressed, since }, this.#options.drawId()));
    }
    return summaries.length;
  }

  #emit(record: LogRecord): void {
    this.#options.logger().emit(record);
  }
}

/** An occasion whose fingerprint is not worked out: most of a storm never needs it. */
type UnnamedOccasion = Omit<Occasion, 'fingerprint'>;

function isOtherRequest(known: Sighting, request: FailedRequest | undefined): boolean {
  return request !== undefined && known.request !== undefined && known.request !== request;
}
