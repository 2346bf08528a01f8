/** What the exporters did with what they were given: cumulative counts, by signal and reason. */

export type Signal = 'metrics' | 'traces' | 'logs';

/**
 * - `sent`: items (datums, spans, events) that the service accepted.
 * - `failed`: requests that were answered with an error or not at all; the reason is the kind of failure.
 * - `retries`: requests made again after a failure; the reason is the kind of that failure.
 * - `dropped`: items lost for good; the reason says why.
 */
export type CounterName = 'sent' | 'failed' | 'dropped' | 'retries';

/** One count; plain data, so it crosses threads. */
export interface CounterReading {
  readonly name: CounterName;
  readonly signal: Signal;
  /** Lower case, few distinct values; empty for `sent`. */
  readonly reason: string;
  readonly value: number;
}

export class SelfCounters {
  /** Whether somebody else says what is dropped, in numbers. */
  readonly saysLosses: boolean = false;
  readonly #counts = new Map<string, CounterReading>();

  /** Adds `count` (zero and less are ignored). */
  add(name: CounterName, signal: Signal, reason: string, count = 1): void {
    if (!(count > 0)) return;
    const key = `${name}|${signal}|${reason}`;
    const value = (this.#counts.get(key)?.value ?? 0) + count;
    this.#counts.set(key, { name, signal, reason, value });
  }

  /** The total of `name`, over the signals and reasons that are not given. */
  total(name: CounterName, signal?: Signal, reason?: string): number {
    let total = 0;
    for (const count of this.#counts.values()) {
      const asked =
        count.name === name && (signal ?? count.signal) === count.signal && (reason ?? count.reason) === count.reason;
      if (asked) total += count.value;
    }
    return total;
  }

  /** Every count that is not zero, since the start. */
  readings(): CounterReading[] {
    return [...this.#counts.values()];
  }

  /** Told of what an exporter publishes as metrics: the changes of {@link readings}. */
  published(_changes: readonly CounterReading[]): void {}
}

/** What `now` has over `before`: only what changed. */
export function counterChanges(before: readonly CounterReading[], now: readonly CounterReading[]): CounterReading[] {
  const earlier = new Map(before.map((count) => [`${count.name}|${count.signal}|${count.reason}`, count.value]));
  return now
    .map((count) => ({
      ...count,
      value: count.value - (earlier.get(`${count.name}|${count.signal}|${count.reason}`) ?? 0),
    }))
    .filter((count) => count.value > 0);
}
