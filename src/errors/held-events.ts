/** Errors that wait for the answer to their request, which decides what they are and gives their events its status. */

import type { FailedRequest } from './captured.js';

/** Milliseconds that an error waits: most answers follow within a few, and what is held is lost if the process is killed. */
export const MAX_WAIT = 500;
/** Errors held at most; with one more they all are told. */
export const MAX_HELD = 100;

export interface HeldEventsOptions {
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back after `ms` milliseconds, without keeping the process alive. */
  after(ms: number, callback: () => void): void;
}

/** An error that waits. */
export interface Waiting {
  readonly request: FailedRequest;
  tell(): void;
  /** Whether only the answer can make a failure of it: then it waits on, however long the answer takes. */
  needsAnswer(): boolean;
}

interface Held {
  readonly waiting: Waiting;
  /** Epoch milliseconds. */
  readonly since: number;
  /** It has waited its time, and waits on. */
  isOverdue: boolean;
}

export class HeldEvents {
  readonly #options: HeldEventsOptions;
  /** The oldest first. */
  #held: Held[] = [];
  #isWaiting = false;

  constructor(options: HeldEventsOptions) {
    this.#options = options;
  }

  /** Has it tell once its request is answered, after `MAX_WAIT` ms unless it needs the answer, or with all others. */
  hold(waiting: Waiting): void {
    if (this.#held.length >= MAX_HELD) this.releaseAll();
    this.#held.push({ waiting, since: this.#options.now(), isOverdue: false });
    this.#wait();
  }

  /** The request was answered, or never will be. */
  release(request: FailedRequest): void {
    this.#releaseIf(({ waiting }) => waiting.request === request);
  }

  releaseAll(): void {
    this.#releaseIf(() => true);
  }

  #releaseIf(isDue: (held: Held) => boolean): void {
    const due: Held[] = [];
    const others: Held[] = [];
    for (const held of this.#held) (isDue(held) ? due : others).push(held);
    if (due.length === 0) return;
    this.#held = others;
    for (const { waiting } of due) waiting.tell();
  }

  #wait(): void {
    const oldest = this.#held.find(({ isOverdue }) => !isOverdue);
    if (this.#isWaiting || oldest === undefined) return;
    this.#isWaiting = true;
    const { now, after } = this.#options;
    // A clock that was set back must not hold them for longer.
    after(Math.min(MAX_WAIT, Math.max(0, oldest.since + MAX_WAIT - now())), () => {
      this.#isWaiting = false;
      const overdue = this.#held.filter(({ since }) => Math.abs(now() - since) >= MAX_WAIT);
      for (const held of overdue) held.isOverdue = true;
      this.#releaseIf((held) => held.isOverdue && !held.waiting.needsAnswer());
      this.#wait();
    });
  }
}
