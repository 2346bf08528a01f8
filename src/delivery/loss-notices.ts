import { type Clock, systemClock } from '../../exporters/aws/clock.js';
import type { Signal } from '../../exporters/aws/self-counters.js';
import { amount, type Ledger } from '../wire/ledger.js';

/** Milliseconds from the first loss for a reason to its line: more of the same follows within moments. */
export const FIRST_AFTER = 1000;
/** Milliseconds between two lines of one reason. */
export const REPEAT_AFTER = 60_000;

interface Told {
  total: number;
  /** By the clock. */
  at: number;
  isDue: boolean;
}

/**
 * Says what is lost: for each signal and reason one line a minute at most, with the total of the ledger. It has a timer only while there
 * is something to say; the last line of the process has the totals in any case.
 */
export class LossNotices {
  private readonly told = new Map<string, Told>();

  constructor(
    readonly ledger: Ledger,
    private readonly write: (line: string) => void,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Enters the loss, and says it soon. */
  lose(signal: Signal, reason: string, count = 1): void {
    if (count <= 0) return;
    this.ledger.lost(signal, reason, count);
    const key = `${signal} ${reason}`;
    const told = this.told.get(key) ?? { total: 0, at: Number.NEGATIVE_INFINITY, isDue: false };
    this.told.set(key, told);
    if (told.isDue) return;
    told.isDue = true;
    // A clock that was set back must not hold the line for longer.
    const pause = Math.min(REPEAT_AFTER, Math.max(FIRST_AFTER, told.at + REPEAT_AFTER - this.clock.now()));
    this.clock.after(pause, () => this.say(signal, reason, told), false);
  }

  private say(signal: Signal, reason: string, told: Told): void {
    told.isDue = false;
    told.at = this.clock.now();
    const total = this.ledger.entry(signal).lost[reason] ?? 0;
    if (total > told.total) this.write(`lost since the start: ${amount(signal, total)} (${reason})`);
    told.total = total;
  }
}
