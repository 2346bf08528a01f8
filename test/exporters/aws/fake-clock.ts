import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../exporters/aws/clock.js';

/** Time that passes when told to. */
export class FakeClock implements Clock {
  #now: number;
  #timers: { at: number; run: () => void; hold: boolean }[] = [];

  constructor(start = Date.UTC(2026, 10, 22, 12)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(delay: number, run: () => void, hold: boolean): () => void {
    const timer = { at: this.#now + delay, run, hold };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that would keep a process alive. */
  get holding(): number {
    return this.#timers.filter((timer) => timer.hold).length;
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** Lets everything run that is due now. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) await setImmediate();
  }

  /** Passes `milliseconds`, stopping at each timer on the way. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await this.settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = Math.max(this.#now, next.at);
      this.#timers = this.#timers.filter((timer) => timer !== next);
      next.run();
      await this.settle();
    }
    this.#now = end;
  }

  #next(end: number) {
    return this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}
