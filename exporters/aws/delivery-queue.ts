import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { backoff, MAX_DELAY } from './backoff.js';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';
import { DeadlinePassed, withDeadline } from './deadline.js';
import type { Failure } from './errors.js';
import { classify, MAX_RETRY_AFTER } from './errors.js';
import { Flight } from './flight.js';
import type { Item, Part, Refusal } from './item.js';
import { Notices } from './notices.js';
import { noteAttempts } from './observed-call.js';
import { REQUEST_TIMEOUT } from './request-limits.js';
import type { CounterName, SelfCounters, Signal } from './self-counters.js';
import type { Offered, Ticket } from './ticket.js';
import { close, openTicket, settle } from './ticket.js';
import { mayBeTaken } from './unanswered.js';
import type { Waiting } from './waiting-list.js';
import { countOf, splitAt, WaitingList } from './waiting-list.js';

export interface QueueLimits {
  /** Items held, waiting and in flight together. */
  readonly maxItems: number;
  /** Bytes held, waiting and in flight together. */
  readonly maxBytes: number;
  /** Milliseconds since an item's time after which it is no longer worth sending. */
  readonly maxAge: number;
}

export interface DeliveryQueueOptions<T> {
  readonly signal: Signal;
  readonly limits: QueueLimits;
  readonly counters: SelfCounters;
  /** How many things, from the first, make the next request; for items that are one each see {@link prefixWithin}. */
  cut(items: readonly Item<T>[]): number;
  /** An item that is several as two: its first `count`, and the rest. Without it, items are one each. */
  readonly divide?: (value: T, count: number) => readonly [Part<T>, Part<T>];
  /**
   * Makes one request. Rejects with whatever the client throws (it is classified); resolves when the service took the batch,
   * naming the items that it did not take, if any. Runs with tracing suppressed; must end soon after `signal` aborts. The transport
   * notes by `signal` whether the bytes were given to a connection (unanswered.ts).
   */
  send(batch: readonly T[], signal: AbortSignal): Promise<readonly Refusal[] | undefined>;
  /**
   * Resolves when the endpoint answers a request that changes nothing, whatever it answers. Asked while requests get no answer, so that
   * none is risked on an endpoint that hangs. Without it, the endpoint is taken to answer after each pause.
   */
  readonly probe?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Which items of a refused batch the error names, by position; none: they are found by halving. */
  culprits?(failure: Failure, batch: readonly T[]): readonly number[];
  /** Told of each item that the service took. */
  onAccept?(value: T): void;
  /** Told of each item lost, after it was counted. */
  onDrop?(value: T, reason: string): void;
  /** What goes first when the limits are reached. Default `oldest`. */
  readonly overflow?: 'oldest' | 'newest';
  /** Requests under way at the same time, without those that are overdue. Default 2. */
  readonly concurrency?: number;
  /** Milliseconds one request may take. Default 10 000. */
  readonly requestTimeout?: number | undefined;
  /** How often an item whose request got no answer is sent again: it may have been taken already. Default 1. */
  readonly unansweredRepeats?: number;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly notices?: Notices;
  readonly classify?: (error: unknown) => Failure;
}

export interface QueueStatus {
  readonly items: number;
  readonly bytes: number;
  readonly inFlight: number;
  /** Epoch milliseconds of the oldest item held. */
  readonly oldest?: number;
  /** Requests made since the start, retries included. */
  readonly requests: number;
  /** Failed attempts since the last success. */
  readonly failures: number;
  /** Epoch milliseconds before which nothing is sent. */
  readonly nextAttempt?: number;
  /** `name: message` of the failure that the queue waits for to pass. */
  readonly trouble?: string;
}

/** Requests spent on finding bad items in one batch; what is still suspect after that is dropped. */
export const MAX_ISOLATION_REQUESTS = 20;
/** Requests spent on finding bad items in a minute; a batch that is refused after that waits for the next minute. */
export const MAX_ISOLATION_REQUESTS_A_MINUTE = 60;
const MINUTE = 60_000;

/** Bytes. No service refuses a single item of less for its size: an endpoint that does refuses everything, until it is mended. */
export const SMALL_ITEM = 16_384;

/** Milliseconds without an answer after which a request does not hold up others, if the endpoint answers those who ask. */
export const OVERDUE_AFTER = 2000;
/** Overdue requests under way beside those that `concurrency` allows. */
export const MAX_OVERDUE = 2;
/** Milliseconds that the endpoint has to answer a probe, and between two probes at most. */
export const PROBE_TIMEOUT = 2000;
export const MAX_PROBE_DELAY = 10_000;

/** Milliseconds that a request has at least before a flush gives it up to send its items again. */
export const MIN_PATIENCE = 1000;

/** Milliseconds. */
const MAX_PAUSE = Math.max(MAX_DELAY, MAX_RETRY_AFTER);

/** A denied call is a person's to repair: said every five minutes, everything else every minute. */
const DENIED_NOTICE_INTERVAL = 300_000;

/**
 * A class, since V8 allocates what a literal makes among the old, once most of it has survived some collections: there it stays until the
 * next collection of them, as long as no memory is wanted.
 */
class Held<T> implements Item<T>, Waiting {
  readonly value: T;
  readonly bytes: number;

  constructor(
    { value, bytes }: Part<T>,
    readonly time: number,
    readonly count: number,
    readonly sequence: number,
    public ticket: Ticket | undefined,
    public unanswered = 0,
  ) {
    this.value = value;
    this.bytes = bytes;
  }
}

/**
 * A bounded queue between what is recorded and a service that may be slow, throttling, refusing or away.
 *
 * Sends as soon as something is offered, oldest first. A failure that may pass puts the batch back and pauses the queue with full
 * jitter; the first request after a pause goes alone. Items wait to their age limit while it is known that they were not taken. After
 * a request without an answer they may have been: the queue sends them again {@link DeliveryQueueOptions.unansweredRepeats} times, and
 * only when the endpoint answers a probe. docs/delivery.md states what arrives how often.
 *
 * Everything lost is counted under `dropped` with one of the reasons `overflow`, `expired`, `refused`, `too_large`, `unanswered`,
 * `permanent`, `shutdown`, `internal`, or the reason of a {@link Refusal}.
 *
 * Its timers never keep the process alive, except while {@link flush} or {@link shutdown} is being waited for.
 */
export class DeliveryQueue<T> {
  readonly #options: DeliveryQueueOptions<T>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #notices: Notices;
  readonly #divide = (item: Held<T>, count: number) => this.#divided(item, count);
  readonly #waiting = new WaitingList<Held<T>>(this.#divide);
  #sequence = 0;
  #inFlightItems = 0;
  #inFlightBytes = 0;
  readonly #flights = new Set<Flight>();
  #requestCount = 0;
  #failures = 0;
  #trouble: Failure | undefined;
  #notBefore = 0;
  /** A request got no answer, and nothing was answered since. */
  #isDoubtful = false;
  #probe: AbortController | undefined;
  #probeFailures = 0;
  #nextProbe = 0;
  #isolations = { since: Number.NEGATIVE_INFINITY, count: 0 };
  #cancelWake: (() => void) | undefined;
  /** Epoch milliseconds at which each flush that is waited for ends. */
  readonly #flushEnds = new Set<{ readonly end: number }>();
  #watchers = new Set<() => void>();
  #shutdown: Promise<boolean> | undefined;
  #closed = false;

  constructor(options: DeliveryQueueOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#notices = options.notices ?? new Notices(`exporter (${options.signal})`, () => this.#clock.now());
  }

  /** Takes items over. Resolves, never rejects, once each was accepted, dropped, or tried and kept for later. */
  offer(items: readonly Item<T>[]): Promise<Offered> {
    return new Promise((resolve) => {
      const ticket = openTicket(resolve);
      const held = items.map((item) => this.#hold(item, ticket));
      ticket.open = countOf(held);
      if (held.length === 0) return close(ticket);
      if (this.#shutdown !== undefined) return this.#dropAll(held, 'shutdown');
      this.#waiting.add(held);
      this.#enforceLimits();
      this.#pump();
    });
  }

  /** Resolves when there is room for more, or when waiting would bring none (the service is away). */
  async room(): Promise<void> {
    const { maxItems, maxBytes } = this.#options.limits;
    const crowded = () => this.#held() > maxItems / 2 || this.#heldBytes() > maxBytes / 2;
    const mayHelp = () => !this.#paused() && !this.#isDoubtful && !this.#closed && !this.#idle();
    while (crowded() && mayHelp()) await this.#change();
  }

  /**
   * Sends what is held, without waiting for a pause to end, until nothing is left (true), `deadline` milliseconds have passed, or
   * the next attempt would come after them (false). Where the endpoint can be probed, a request that gets no answer in half of that
   * time is given up, so that its items are sent again in the other half. Never rejects.
   */
  async flush(deadline: number): Promise<boolean> {
    const flush = { end: this.#clock.now() + deadline };
    let late = false;
    this.#flushEnds.add(flush);
    const expire = () => {
      late = true;
      this.#notify();
    };
    const cancels = [this.#clock.after(deadline, expire, true), ...this.#hasten(flush.end)];
    this.#notBefore = 0;
    this.#nextProbe = 0;
    this.#pump();
    while (!this.#idle() && !late && !this.#comesTooLate(flush.end)) await this.#change();
    for (const cancel of cancels) cancel();
    this.#flushEnds.delete(flush);
    this.#scheduleWake();
    return this.#idle();
  }

  /** Ends a pause after denied requests: there are other credentials. */
  retryDenied(): void {
    if (this.#trouble?.kind !== 'denied') return;
    this.#notBefore = 0;
    this.#pump();
  }

  /** Refuses new items, flushes, then drops and counts what is left. True when nothing was. The second call waits for the first. */
  shutdown(deadline: number): Promise<boolean> {
    this.#shutdown ??= this.#finish(deadline);
    return this.#shutdown;
  }

  status(): QueueStatus {
    const oldest = this.#waiting.items.reduce((time, item) => Math.min(time, item.time), Number.POSITIVE_INFINITY);
    return {
      items: this.#held(),
      bytes: this.#heldBytes(),
      inFlight: this.#flights.size,
      requests: this.#requestCount,
      failures: this.#failures,
      ...(Number.isFinite(oldest) ? { oldest } : {}),
      ...(this.#paused() ? { nextAttempt: this.#pauseEnd() } : {}),
      ...(this.#trouble === undefined ? {} : { trouble: `${this.#trouble.name}: ${this.#trouble.message}` }),
    };
  }

  async #finish(deadline: number): Promise<boolean> {
    // The promise is stored before the first await ends, so offers during the flush are already refused.
    const clean = await this.flush(deadline);
    this.#closed = true;
    this.#cancelWake?.();
    this.#probe?.abort();
    for (const flight of this.#flights) flight.giveUp();
    this.#dropAll(this.#waiting.take(this.#waiting.count), 'shutdown');
    while (this.#flights.size > 0) await this.#change();
    return clean;
  }

  /** Gives up the requests under way that have no answer in half of the time until `end`. */
  #hasten(end: number): (() => void)[] {
    if (this.#options.probe === undefined) return [];
    const now = this.#clock.now();
    const patience = Math.max(MIN_PATIENCE, (end - now) / 2);
    return [...this.#flights].map((flight) => {
      const { startedAt } = flight;
      const giveUp = () => {
        // The flight may have gone on to its next part.
        if (flight.startedAt === startedAt) flight.giveUp();
      };
      return this.#clock.after(Math.max(0, startedAt + patience - now), giveUp, false);
    });
  }

  #comesTooLate(end: number): boolean {
    return this.#flights.size === 0 && this.#probe === undefined && this.#pauseEnd() >= end;
  }

  #hold(item: Item<T>, ticket: Ticket): Held<T> {
    const { time } = item;
    const count = this.#options.divide === undefined ? 1 : (item.count ?? 1);
    const held = new Held(item, time, count, this.#sequence, ticket);
    this.#sequence += count;
    return held;
  }

  /** The parts take over the ticket of what they were. */
  #divided(item: Held<T>, first: number): [Held<T>, Held<T>] {
    const { value, time, count, sequence, ticket, unanswered } = item;
    const parts = this.#options.divide?.(value, first);
    if (parts === undefined) throw new Error(`an item of ${count} that can't be divided`);
    item.ticket = undefined;
    return [
      new Held(parts[0], time, first, sequence, ticket, unanswered),
      new Held(parts[1], time, count - first, sequence + first, ticket, unanswered),
    ];
  }

  #held(): number {
    return this.#waiting.count + this.#inFlightItems;
  }

  #heldBytes(): number {
    return this.#waiting.bytes + this.#inFlightBytes;
  }

  #idle(): boolean {
    return this.#waiting.count === 0 && this.#flights.size === 0;
  }

  #paused(): boolean {
    const left = this.#pauseEnd() - this.#clock.now();
    // Longer than any pause: the clock was set back.
    return left > 0 && left <= MAX_PAUSE;
  }

  /** Epoch milliseconds before which nothing is sent. */
  #pauseEnd(): number {
    return this.#isDoubtful ? Math.max(this.#notBefore, this.#nextProbe) : this.#notBefore;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.add(resolve));
  }

  #notify(): void {
    const watchers = this.#watchers;
    this.#watchers = new Set();
    for (const watcher of watchers) watcher();
  }

  #pump(): void {
    if (this.#closed) return;
    this.#expire();
    this.#settleDoubt();
    while (this.#waiting.count > 0 && !this.#paused() && !this.#isDoubtful && this.#hasRoom()) {
      void this.#deliver(this.#waiting.take(this.#nextSize()));
    }
    if (this.#paused() || this.#isDoubtful) for (const item of this.#waiting.items) settle(item, 'queued');
    this.#scheduleWake();
    this.#notify();
  }

  /** Whether another request may be under way. */
  #hasRoom(): boolean {
    const { concurrency = 2 } = this.#options;
    // After a failure one request goes ahead alone.
    const width = this.#failures > 0 ? 1 : concurrency;
    const prompt = [...this.#flights].filter(({ isOverdue }) => !isOverdue).length;
    return prompt < width && this.#flights.size < concurrency + MAX_OVERDUE;
  }

  #nextSize(): number {
    // While it is not known what the endpoint does with requests, one item at a time is risked.
    const kind = this.#trouble?.kind;
    if (kind === 'unanswered' || kind === 'split') return 1;
    const size = this.#guarded(() => this.#options.cut(this.#waiting.items)) ?? 1;
    return Math.min(this.#waiting.count, Math.max(1, Math.floor(size) || 1));
  }

  #scheduleWake(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    if (this.#waiting.count === 0 || this.#closed) return;
    if (this.#isDoubtful ? this.#probe !== undefined : !this.#hasRoom()) return;
    // The pause may have ended since it was last looked at: then there is nothing to wait for, but something to send.
    const delay = this.#paused() ? Math.max(1, this.#pauseEnd() - this.#clock.now()) : 1;
    this.#cancelWake = this.#clock.after(delay, () => this.#pump(), this.#flushEnds.size > 0);
  }

  /** In doubt, asks the endpoint whether it answers, as soon as there is something to send. */
  #settleDoubt(): void {
    if (!this.#isDoubtful || this.#probe !== undefined || this.#paused() || this.#waiting.count === 0) return;
    const { probe } = this.#options;
    if (probe === undefined) {
      this.#trust();
      return;
    }
    const controller = new AbortController();
    this.#probe = controller;
    const ask = () => context.with(suppressTracing(ROOT_CONTEXT), () => probe(controller.signal));
    void withDeadline(this.#clock, PROBE_TIMEOUT, controller, ask)
      .then(
        () => this.#trust(),
        () => this.#putOffProbe(),
      )
      .finally(() => {
        this.#probe = undefined;
        this.#pump();
      });
  }

  #putOffProbe(): void {
    this.#probeFailures += 1;
    const delay = Math.min(MAX_PROBE_DELAY, backoff('unanswered', this.#probeFailures, this.#random));
    this.#nextProbe = this.#clock.now() + delay;
  }

  /** The endpoint has answered something. */
  #trust(): void {
    this.#isDoubtful = false;
    this.#probeFailures = 0;
    this.#nextProbe = 0;
  }

  /** One batch to its end: accepted, dropped or put back, in as many requests as splitting it takes. */
  async #deliver(batch: Held<T>[]): Promise<void> {
    const flight = new Flight();
    const bytes = batch.reduce((sum, item) => sum + item.bytes, 0);
    const count = countOf(batch);
    this.#flights.add(flight);
    this.#inFlightItems += count;
    this.#inFlightBytes += bytes;
    const unsent = await this.#deliverParts(batch, flight).catch((error: unknown) => this.#abandon(batch, error));
    this.#flights.delete(flight);
    this.#inFlightItems -= count;
    this.#inFlightBytes -= bytes;
    if (this.#closed) this.#dropAll(unsent, 'shutdown');
    else this.#keep(unsent);
    this.#enforceLimits();
    this.#pump();
    this.#notify();
  }

  /** A defect in a callback must not reach the application as an exception out of a timer. */
  #guarded<R>(run: () => R): R | undefined {
    try {
      return run();
    } catch (error) {
      this.#notices.warn('internal', String(error));
      return undefined;
    }
  }

  /** Nor as an unhandled rejection. */
  #abandon(batch: readonly Held<T>[], error: unknown): Held<T>[] {
    this.#notices.warn('internal', `${String(error)} (${countOf(batch)} items dropped)`);
    this.#dropAll(batch, 'internal');
    return [];
  }

  /** Returns what is to be sent later. */
  async #deliverParts(batch: Held<T>[], flight: Flight): Promise<Held<T>[]> {
    const parts = [batch];
    let isolations = 0;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const failure = await this.#attempt(part, flight);
      if (failure === undefined) continue;
      if (this.#closed) return part.concat(...parts.reverse());
      if (failure.kind === 'permanent') {
        this.#warn(failure, `${countOf(part)} items dropped`);
        this.#dropAll(part, 'permanent');
      } else if (this.#mayNarrow(part, failure)) {
        isolations += 1;
        parts.push(...this.#narrow(part, failure, isolations).reverse());
      } else {
        const kept = failure.kind === 'unanswered' ? this.#worthRepeating(part, failure) : part;
        this.#pause(failure);
        return kept.concat(...parts.reverse());
      }
    }
    return [];
  }

  /** One request; the failure, or undefined when the batch was taken. */
  async #attempt(part: readonly Held<T>[], flight: Flight): Promise<Failure | undefined> {
    this.#requestCount += 1;
    if (this.#failures > 0 && this.#trouble !== undefined) this.#count('retries', this.#trouble.kind);
    const values = part.map((item) => item.value);
    const send = () => this.#options.send(values, flight.signal);
    flight.begin(this.#clock.now());
    noteAttempts(flight.signal, this.#failures);
    const cancel = this.#watch(part, flight);
    try {
      const refusals = await withDeadline(this.#clock, this.#timeout(), flight.controller, () =>
        context.with(suppressTracing(ROOT_CONTEXT), send),
      );
      this.#trust();
      this.#accept(part, refusals ?? []);
      return undefined;
    } catch (error) {
      const failure = this.#failureOf(error, flight);
      this.#count('failed', failure.kind);
      if (failure.status !== undefined) this.#trust();
      else if (failure.kind === 'unanswered') this.#isDoubtful = true;
      return failure;
    } finally {
      cancel();
    }
  }

  /** Milliseconds that a request which begins now may take: in a flush, half of what is left of it. */
  #timeout(): number {
    const { probe, requestTimeout = REQUEST_TIMEOUT } = this.#options;
    if (probe === undefined) return requestTimeout;
    const end = Math.min(...[...this.#flushEnds].map((flush) => flush.end));
    return Math.min(requestTimeout, Math.max(MIN_PATIENCE, (end - this.#clock.now()) / 2));
  }

  /** Lets others go ahead of an attempt that has no answer for long, if the endpoint answers them. */
  #watch(part: readonly Held<T>[], flight: Flight): () => void {
    if (this.#options.probe === undefined) return () => {};
    const note = () => {
      flight.isOverdue = true;
      this.#isDoubtful = true;
      for (const item of part) settle(item, 'queued');
      this.#pump();
    };
    return this.#clock.after(OVERDUE_AFTER, note, false);
  }

  #failureOf(error: unknown, { signal }: Flight): Failure {
    const failure = error instanceof DeadlinePassed ? error.failure : (this.#options.classify ?? classify)(error);
    // What was not given to a connection was not taken.
    return failure.kind === 'unanswered' && !mayBeTaken(signal) ? { ...failure, kind: 'retry' } : failure;
  }

  #accept(part: readonly Held<T>[], refusals: readonly Refusal[]): void {
    const refused = new Map(refusals.map((refusal) => [refusal.index, refusal]));
    const taken = part.flatMap((item, index) => this.#withoutRefused(item, refused.get(index)));
    for (const item of taken) {
      settle(item, 'accepted');
      this.#guarded(() => this.#options.onAccept?.(item.value));
    }
    this.#count('sent', '', countOf(taken));
    this.#failures = 0;
    this.#trouble = undefined;
  }

  /** What the service took of an item. */
  #withoutRefused(item: Held<T>, refusal: Refusal | undefined): Held<T>[] {
    if (refusal === undefined) return [item];
    const [refused, taken] = splitAt([item], refusal.count ?? item.count, this.#divide);
    this.#dropAll(refused, refusal.reason);
    return taken;
  }

  #pause(failure: Failure): void {
    this.#failures += 1;
    this.#trouble = failure;
    const delay = backoff(failure.kind, this.#failures, this.#random, failure.retryAfter);
    this.#notBefore = Math.max(this.#notBefore, this.#clock.now() + delay);
    if (failure.kind !== 'unanswered') this.#warn(failure, 'kept for a later attempt');
  }

  /** Whether the refusal is about something in the part, and there are requests left to find it. */
  #mayNarrow(part: readonly Held<T>[], failure: Failure): boolean {
    const { kind } = failure;
    if (kind !== 'split' && kind !== 'refused') return false;
    const [item] = part;
    if (kind === 'split' && part.length === 1 && item !== undefined && item.count === 1 && item.bytes < SMALL_ITEM)
      return false;
    const now = this.#clock.now();
    const { since, count } = this.#isolations;
    // Also when the clock was set back.
    if (now - since >= MINUTE || now < since) this.#isolations = { since: now, count: 1 };
    else if (count >= MAX_ISOLATION_REQUESTS_A_MINUTE) return false;
    else this.#isolations.count += 1;
    return true;
  }

  /** The parts of a batch to try next, now that it was refused or found too large as a whole. */
  #narrow(part: Held<T>[], failure: Failure, isolations: number): Held<T>[][] {
    const reason = failure.kind === 'split' ? 'too_large' : 'refused';
    const count = countOf(part);
    if (count === 1 || isolations > MAX_ISOLATION_REQUESTS) {
      this.#warn(failure, `${count} items dropped`);
      this.#dropAll(part, reason);
      return [];
    }
    const named = this.#named(part, failure);
    const bad = part.filter((_item, index) => named.includes(index));
    if (bad.length > 0) {
      this.#warn(failure, `${countOf(bad)} items dropped`);
      this.#dropAll(bad, reason);
      const rest = part.filter((_item, index) => !named.includes(index));
      return rest.length > 0 ? [rest] : [];
    }
    return splitAt(part, Math.ceil(count / 2), this.#divide);
  }

  #named(part: readonly Held<T>[], failure: Failure): readonly number[] {
    if (failure.kind !== 'refused' || this.#options.culprits === undefined) return [];
    const values = part.map((item) => item.value);
    return this.#options.culprits(failure, values);
  }

  /** The items that may be sent again although they may have been taken; the others are dropped. */
  #worthRepeating(part: Held<T>[], failure: Failure): Held<T>[] {
    for (const item of part) item.unanswered += 1;
    const limit = this.#options.unansweredRepeats ?? 1;
    const last = part.filter((item) => item.unanswered > limit);
    const kept = part.filter((item) => item.unanswered <= limit);
    const consequences = [
      ...(last.length > 0 ? [`${countOf(last)} items dropped, they may have been taken`] : []),
      ...(kept.length > 0
        ? [`${countOf(kept)} items may have been taken, they are sent again when the endpoint answers`]
        : []),
    ];
    this.#warn(failure, consequences.join('; '));
    this.#dropAll(last, 'unanswered');
    return kept;
  }

  #keep(items: readonly Held<T>[]): void {
    for (const item of items) settle(item, 'queued');
    this.#waiting.add(items);
  }

  #expire(): void {
    this.#dropAll(this.#waiting.takeOlder(this.#clock.now() - this.#options.limits.maxAge), 'expired');
  }

  #enforceLimits(): void {
    const newest = this.#options.overflow === 'newest';
    const excess = this.#excess(newest);
    if (excess === 0) return;
    if (!this.#options.counters.saysLosses)
      this.#notices.warn('overflow', `queue of ${this.#options.signal} is full, ${excess} items dropped`);
    this.#dropAll(newest ? this.#waiting.takeLast(excess) : this.#waiting.take(excess), 'overflow');
  }

  /** How many of what waits, from one end, must go for the rest to be within the limits. */
  #excess(newest: boolean): number {
    const { maxItems, maxBytes } = this.#options.limits;
    const { items } = this.#waiting;
    let excess = 0;
    let bytes = this.#heldBytes();
    for (let index = 0; index < items.length && bytes > maxBytes; index += 1) {
      const item = items.at(newest ? -1 - index : index);
      bytes -= item?.bytes ?? 0;
      excess += item?.count ?? 0;
    }
    // Limits may be fractions, or none at all.
    const over = Math.ceil(this.#held() - maxItems) || 0;
    return Math.min(this.#waiting.count, Math.max(excess, over));
  }

  #dropAll(items: readonly Held<T>[], reason: string): void {
    this.#count('dropped', reason, countOf(items));
    for (const item of items) {
      settle(item, 'dropped', reason);
      this.#guarded(() => this.#options.onDrop?.(item.value, reason));
    }
  }

  #count(name: CounterName, reason: string, count = 1): void {
    this.#options.counters.add(name, this.#options.signal, reason, count);
  }

  #warn(failure: Failure, consequence: string): void {
    const interval = failure.kind === 'denied' ? DENIED_NOTICE_INTERVAL : undefined;
    this.#notices.warn(failure.kind, `${failure.name}: ${failure.message} (${consequence})`, interval);
  }
}
