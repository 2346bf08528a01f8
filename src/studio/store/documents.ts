import type { Ledger } from './ledger.js';
import { weigh } from './weigh.js';

export interface Dashboard {
  readonly body: string;
  /** Epoch milliseconds. */
  readonly lastModified: number;
}

/** An alarm as it was put; it is kept and described, not evaluated. */
export interface MetricAlarm {
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly updated: number;
}

/** Named things that stay until they are deleted: dashboards, alarms. */
export class DocumentStore<T> {
  readonly #documents = new Map<string, T>();
  #changes = 0;

  constructor(readonly ledger: Ledger) {}

  /** Grows with each document that is put or deleted. */
  get changes(): number {
    return this.#changes;
  }

  /** False: no room for it. */
  put(name: string, document: T): boolean {
    const freed = this.#weight(name);
    const bytes = weigh(name) + weigh(document);
    if (!this.ledger.hasRoomToStand(bytes - freed)) return false;
    this.#documents.set(name, document);
    this.#changes += 1;
    this.ledger.stand(bytes - freed);
    return true;
  }

  get(name: string): T | undefined {
    return this.#documents.get(name);
  }

  delete(name: string): void {
    this.ledger.stand(-this.#weight(name));
    this.#documents.delete(name);
    this.#changes += 1;
  }

  /** By name. */
  list(): [string, T][] {
    return [...this.#documents].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  #weight(name: string): number {
    const held = this.#documents.get(name);
    return held === undefined ? 0 : weigh(name) + weigh(held);
  }
}
