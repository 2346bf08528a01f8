import type { LogRecord } from '../otlp-model.js';
import { Fifo } from './fifo.js';
import type { Ledger, Owner } from './ledger.js';
import { weigh } from './weigh.js';

/** Log records that came to the plain OTLP receiver, in order of arrival. */
export class RecordStore implements Owner {
  #records = new Fifo<LogRecord>();

  constructor(readonly ledger: Ledger) {}

  get size(): number {
    return this.#records.length;
  }

  add(record: LogRecord): void {
    this.#records.push(record);
    this.ledger.add('records', weigh(record), this);
  }

  list(): LogRecord[] {
    return this.#records.toArray();
  }

  dropOldest(): void {
    this.#records.shift();
  }

  clear(): void {
    this.#records = new Fifo();
  }
}
