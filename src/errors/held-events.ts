/** Events that wait for the answer to their request, so that they tell its status. */

import type { FailedRequest } from './captured.js';
import type { ErrorEvent } from './event.js';

/** Milliseconds that an event waits: most answers follow within a few, and what is held is lost if the process is killed. */
export const MAX_WAIT = 500;
/** Events held at most; with one more they all go out. */
export const MAX_HELD = 100;

export interface HeldEventsOptions {
  emit(event: ErrorEvent): void;
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back after `ms` milliseconds, without keeping the process alive. */
  after(ms: number, callback: () => void): void;
}

interface Held {
  event: ErrorEvent;
  request: FailedRequest;
  /** Epoch milliseconds. */
  since: number;
}

export class HeldEvents {
  readonly #options: HeldEventsOptions;
  /** The oldest first. */
  #held: Held[] = [];
  #isWaiting = false;

  constructor(options: HeldEventsOptions) {
    this.#options = options;
  }

  /** Emits the event once its request is answered, after `MAX_WAIT` ms, or with all others. */
  hold(event: ErrorEvent, request: FailedRequest): void {
    if (this.#held.length >= MAX_HELD) this.releaseAll();
    this.#held.push({ event, request, since: this.#options.now() });
    this.#wait();
  }

  /** The request was answered, or never will be. */
  release(request: FailedRequest): void {
    this.#releaseIf((held) => held.request === request);
  }

  releaseAll(): void {
    this.#releaseIf(() => true);
  }

  #releaseIf(isDue: (held: Held) => boolean): void {
    const due = this.#held.filter(isDue);
    if (due.length === 0) return;
    this.#held = this.#held.filter((held) => !due.includes(held));
    for (const { event, request } of due) this.#options.emit(completed(event, request));
  }

  #wait(): void {
    const [oldest] = this.#held;
    if (this.#isWaiting || oldest === undefined) return;
    this.#isWaiting = true;
    const { now, after } = this.#options;
    // A clock that was set back must not hold them for longer.
    after(Math.min(MAX_WAIT, Math.max(0, oldest.since + MAX_WAIT - now())), () => {
      this.#isWaiting = false;
      this.#releaseIf(({ since }) => Math.abs(now() - since) >= MAX_WAIT);
      this.#wait();
    });
  }
}

/** With what has become known of the request since. */
function completed(event: ErrorEvent, { statusCode, route }: FailedRequest): ErrorEvent {
  if (event.request === undefined) return event;
  const known = { route: route ?? event.request.route, statusCode: statusCode ?? event.request.statusCode };
  return { ...event, request: { ...event.request, ...known } };
}
