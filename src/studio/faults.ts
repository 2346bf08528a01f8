import type { Service } from './store/journal.js';

export const FAULT_KINDS = [
  'throttle',
  'error5xx',
  'unavailable',
  'reject',
  'denied',
  'expired-token',
  'invalid-credentials',
  'clock-skew',
  'delay',
  'hang',
  'reset',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Misbehaviour on demand. All given conditions must hold; none given: every call of every service. */
export interface FaultRule {
  readonly kind: FaultKind;
  readonly service?: Service;
  /** `/v1/traces`, … exactly. */
  readonly path?: string;
  /** `PutMetricData`, `v1/traces`, … exactly. */
  readonly action?: string;
  /** Calls that it strikes before it is spent; absent: until it is removed. */
  readonly times?: number;
  /** Fraction, 0..1, of the matching calls; 1 when absent. */
  readonly probability?: number;
  /** Milliseconds; of `delay` (default 1000), and before the answer of any other kind when given. */
  readonly delayMs?: number;
  /** HTTP status of `error5xx`; 500 when absent. */
  readonly status?: number;
  /** Seconds in a `Retry-After` header of `throttle` and the 5xx kinds; absent: no header. */
  readonly retryAfter?: number;
  /**
   * Milliseconds by which the service's clock is ahead in `clock-skew`; one hour when absent. Without `times`: a client
   * that corrects itself by the Date header must find the same clock at its second try.
   */
  readonly offsetMs?: number;
}

export interface Fault extends FaultRule {
  readonly id: string;
  /** Calls struck. */
  readonly hits: number;
}

export interface Target {
  readonly service: Service;
  readonly path: string;
  readonly action: string;
}

export class Faults {
  readonly #rules = new Map<string, { rule: FaultRule; hits: number }>();
  #nextId = 1;

  /** @param random a number in [0, 1), for `probability` */
  constructor(private readonly random: () => number = Math.random) {}

  /** @returns its id, for `remove` */
  add(rule: FaultRule): string {
    const id = `fault-${this.#nextId}`;
    this.#nextId += 1;
    this.#rules.set(id, { rule, hits: 0 });
    return id;
  }

  remove(id: string): boolean {
    return this.#rules.delete(id);
  }

  clear(): void {
    this.#rules.clear();
  }

  list(): Fault[] {
    return [...this.#rules].map(([id, { rule, hits }]) => ({ ...rule, id, hits }));
  }

  /** The first rule that strikes this call, counted as a hit. */
  strike(target: Target): Fault | undefined {
    for (const [id, entry] of this.#rules) {
      const { rule } = entry;
      if (entry.hits >= (rule.times ?? Number.POSITIVE_INFINITY) || !matches(rule, target)) continue;
      if (rule.probability !== undefined && this.random() >= rule.probability) continue;
      entry.hits += 1;
      return { ...rule, id, hits: entry.hits };
    }
    return undefined;
  }
}

const matches = (rule: FaultRule, target: Target): boolean =>
  (rule.service === undefined || rule.service === target.service) &&
  (rule.path === undefined || rule.path === target.path) &&
  (rule.action === undefined || rule.action === target.action);
