import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { backoff, MAX_DELAY } from './backoff.js';
import { REQUEST_TIMEOUT } from './client-options.js';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';
import { DeadlinePassed, withDeadline } from './deadline.js';
import type { Failure } from './errors.js';
import { classify, MAX_RETRY_AFTER } from './errors.js';
import type { Item, Part, Refusal } from './item.js';
import { Notices } from './notices.js';
import type { CounterName, SelfCounters, Signal } from './self-counters.js';
import type { Offered, Ticket } from './ticket.js';
import { close, openTicket, settle } from './ticket.js';
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
   * naming the items that it did not take, if any. Runs with tracing suppressed; must end soon after `signal` aborts.
   */
  send(batch: readonly T[], signal: AbortSignal): Promise<readonly Refusal[] | undefined>;
  /** Which items of a refused batch the error names, by position; none: they are found by halving. */
  culprits?(failure: Failure, batch: readonly T[]): readonly number[];
  /** Told of each item that the service took. */
  onAccept?(value: T): void;
  /** Told of each item lost, after it was counted. */
  onDrop?(value: T, reason: string): void;
  /** What goes first when the limits are reached. Default `oldest`. */
  readonly overflow?: 'oldest' | 'newest';
  /** Requests under way at the same time. Default 2. */
  readonly concurrency?: number;
  /** Milliseconds one request may take. Default 10 000. */
  readonly requestTimeout?: number;
  /** How often an item whose request got no answer is sent again: it may have been taken already. Default 1. */
  readonly timeoutRetries?: number;
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
    public timeouts = 0,
  ) {
    this.value = value;
    this.bytes = bytes;
  }
}

/**
 * A bounded queue between what is recorded and a service that may be slow, throttling, refusing or away.
 *
 * Sends as soon as something is offered, oldest first. A failure that may pass puts the batch back and pauses the queue with full
 * jitter; the first request after a pause goes alone. Delivery is at least once: after a request without an answer its items are
 * sent again {@link DeliveryQueueOptions.timeoutRetries} times. Everything lost is counted under `dropped` with one of the reasons
 * `overflow`, `expired`, `refused`, `too_large`, `timeout`, `permanent`, `shutdown`, `internal`, or the reason of a {@link Refusal}.
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
  readonly #requests = new Set<AbortController>();
  #requestCount = 0;
  #failures = 0;
  #trouble: Failure | undefined;
  #notBefore = 0;
  #cancelWake: (() => void) | undefined;
  #flushes = 0;
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
    while (crowded() && !this.#paused() && !this.#closed && !this.#idle()) await this.#change();
  }

  /**
   * Sends what is held, without waiting for a pause to end, until nothing is left (true), `deadline` milliseconds have passed, or
   * the next attempt would come after them (false). Never rejects.
   */
  async flush(deadline: number): Promise<boolean> {
    const end = this.#clock.now() + deadline;
    let late = false;
    this.#flushes += 1;
    const cancel = this.#clock.after(
      deadline,
      () => {
        late = true;
        this.#notify();
      },
      true,
    );
    this.#notBefore = 0;
    this.#pump();
    while (!this.#idle() && !late && !(this.#requests.size === 0 && this.#notBefore >= end)) await this.#change();
    cancel();
    this.#flushes -= 1;
    this.#scheduleWake();
    return this.#idle();
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
      inFlight: this.#requests.size,
      requests: this.#requestCount,
      failures: this.#failures,
      ...(Number.isFinite(oldest) ? { oldest } : {}),
      ...(this.#paused() ? { nextAttempt: this.#notBefore } : {}),
      ...(this.#trouble === undefined ? {} : { trouble: `${this.#trouble.name}: ${this.#trouble.message}` }),
    };
  }

  async #finish(deadline: number): Promise<boolean> {
    // The promise is stored before the first await ends, so offers during the flush are already refused.
    const clean = await this.flush(deadline);
    this.#closed = true;
    this.#cancelWake?.();
    for (const request of this.#requests) request.abort();
    this.#dropAll(this.#waiting.take(this.#waiting.count), 'shutdown');
    while (this.#requests.size > 0) await this.#change();
    return clean;
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
    const { value, time, count, sequence, ticket, timeouts } = item;
    const parts = this.#options.divide?.(value, first);
    if (parts === undefined) throw new Error(`an item of ${count} that can't be divided`);
    item.ticket = undefined;
    return [
      new Held(parts[0], time, first, sequence, ticket, timeouts),
      new Held(parts[1], time, count - first, sequence + first, ticket, timeouts),
    ];
  }

  #held(): number {
    return this.#waiting.count + this.#inFlightItems;
  }

  #heldBytes(): number {
    return this.#waiting.bytes + this.#inFlightBytes;
  }

  #idle(): boolean {
    return this.#waiting.count === 0 && this.#requests.size === 0;
  }

  #paused(): boolean {
    const left = this.#notBefore - this.#clock.now();
    // Longer than any pause: the clock was set back.
    return left > 0 && left <= MAX_PAUSE;
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
    while (this.#waiting.count > 0 && !this.#paused() && this.#requests.size < this.#width()) {
      void this.#deliver(this.#waiting.take(this.#nextSize()));
    }
    if (this.#paused()) for (const item of this.#waiting.items) settle(item, 'queued');
    this.#scheduleWake();
    this.#notify();
  }

  /** After a failure one request goes ahead alone. */
  #width(): number {
    return this.#failures > 0 ? 1 : (this.#options.concurrency ?? 2);
  }

  #nextSize(): number {
    // Each unanswered request uses up its items' one repetition: while the service hangs, risk one item at a time.
    if (this.#trouble?.kind === 'timeout') return 1;
    const size = this.#guarded(() => this.#options.cut(this.#waiting.items)) ?? 1;
    return Math.min(this.#waiting.count, Math.max(1, Math.floor(size) || 1));
  }

  #scheduleWake(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    if (this.#waiting.count === 0 || this.#closed || this.#requests.size >= this.#width()) return;
    // The pause may have ended since it was last looked at: then there is nothing to wait for, but something to send.
    const delay = this.#paused() ? Math.max(1, this.#notBefore - this.#clock.now()) : 1;
    this.#cancelWake = this.#clock.after(delay, () => this.#pump(), this.#flushes > 0);
  }

  /** One batch to its end: accepted, dropped or put back, in as many requests as splitting it takes. */
  async #deliver(batch: Held<T>[]): Promise<void> {
    const request = new AbortController();
    const bytes = batch.reduce((sum, item) => sum + item.bytes, 0);
    const count = countOf(batch);
    this.#requests.add(request);
    this.#inFlightItems += count;
    this.#inFlightBytes += bytes;
    const unsent = await this.#deliverParts(batch, request).catch((error: unknown) => this.#abandon(batch, error));
    this.#requests.delete(request);
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
  async #deliverParts(batch: Held<T>[], request: AbortController): Promise<Held<T>[]> {
    const parts = [batch];
    let isolations = 0;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const failure = await this.#attempt(part, request);
      if (failure === undefined) continue;
      if (this.#closed) return part.concat(...parts.reverse());
      if (failure.kind === 'split' || failure.kind === 'refused') {
        isolations += 1;
        parts.push(...this.#narrow(part, failure, isolations).reverse());
      } else if (failure.kind === 'permanent') {
        this.#warn(failure, `${countOf(part)} items dropped`);
        this.#dropAll(part, 'permanent');
      } else {
        const kept = failure.kind === 'timeout' ? this.#withoutTimedOut(part) : part;
        this.#pause(failure);
        return kept.concat(...parts.reverse());
      }
    }
    return [];
  }

  /** One request; the failure, or undefined when the batch was taken. */
  async #attempt(part: readonly Held<T>[], request: AbortController): Promise<Failure | undefined> {
    this.#requestCount += 1;
    if (this.#failures > 0 && this.#trouble !== undefined) this.#count('retries', this.#trouble.kind);
    const values = part.map((item) => item.value);
    const timeout = this.#options.requestTimeout ?? REQUEST_TIMEOUT;
    const send = () => this.#options.send(values, request.signal);
    try {
      const refusals = await withDeadline(this.#clock, timeout, request, () =>
        context.with(suppressTracing(ROOT_CONTEXT), send),
      );
      this.#accept(part, refusals ?? []);
      return undefined;
    } catch (error) {
      const failure = error instanceof DeadlinePassed ? error.failure : (this.#options.classify ?? classify)(error);
      this.#count('failed', failure.kind);
      return failure;
    }
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
    this.#warn(failure, 'kept for a later attempt');
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

  #withoutTimedOut(part: Held<T>[]): Held<T>[] {
    for (const item of part) item.timeouts += 1;
    const limit = this.#options.timeoutRetries ?? 1;
    this.#dropAll(
      part.filter((item) => item.timeouts > limit),
      'timeout',
    );
    return part.filter((item) => item.timeouts <= limit);
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
