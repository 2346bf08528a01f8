import type { Signal } from '../../exporters/aws/self-counters.js';
import type { LedgerEntry, Telemetry } from './messages.js';

/** Who writes: each thread has rows of its own, so that neither needs a lock. */
export type Writer = 'application' | 'worker';

export const SIGNALS: readonly Signal[] = ['traces', 'metrics', 'logs'];

const WRITERS: readonly Writer[] = ['application', 'worker'];
/** Rows of one writer. There are about 30 reasons; what finds no row of its own is added to the reason `other`. */
const ROWS = 64;
const ROWS_OF_OTHERS = SIGNALS.length;
/** Bytes of a row's name, such as `lost traces overflow`. */
const NAME_BYTES = 48;
const COUNT_BYTES = BigInt64Array.BYTES_PER_ELEMENT;
const NAMES_AT = WRITERS.length * (1 + ROWS) * COUNT_BYTES;

export const LEDGER_BYTES = NAMES_AT + WRITERS.length * ROWS * NAME_BYTES;

type Column = 'made' | 'delivered' | 'lost' | 'told';

/** How much of a signal is lost for a reason. */
export interface Loss {
  readonly signal: Signal;
  readonly reason: string;
  readonly count: number;
}

/**
 * The one book of losses of the process. It lies in memory that both threads share, so that either can read it after the other has
 * ended. `made = delivered + waiting + lost` holds for each signal: what a worker took with it is what it was given and has not
 * accounted for (docs/decisions/0038-one-ledger.md).
 */
export class Ledger {
  /** For each writer: how many rows it uses, then the count of each row. */
  readonly #counts: BigInt64Array;
  readonly #names: Buffer;
  readonly #writer: number;
  readonly #rows = new Map<string, number>();

  constructor(
    writer: Writer,
    readonly buffer = new SharedArrayBuffer(LEDGER_BYTES),
  ) {
    this.#counts = new BigInt64Array(buffer, 0, WRITERS.length * (1 + ROWS));
    this.#names = Buffer.from(buffer, NAMES_AT);
    this.#writer = WRITERS.indexOf(writer);
    // Those of the worker before this one.
    for (const { row, name } of this.#rowsOf(this.#writer)) this.#rows.set(name, row);
  }

  made(signal: Signal, count: number): void {
    this.#add('made', signal, count);
  }

  delivered(signal: Signal, count: number): void {
    this.#add('delivered', signal, count);
  }

  /** @param reason lower case, few distinct values */
  lost(signal: Signal, reason: string, count = 1): void {
    this.#add('lost', signal, count, reason);
  }

  /** What is lost was told as a metric: the worker after this one does not tell it again. */
  told({ signal, reason, count }: Loss): void {
    this.#add('told', signal, count, reason);
  }

  /** What is lost of all signals, in both threads, and in the worker threads before this one. */
  losses(): Loss[] {
    return SIGNALS.flatMap((signal) =>
      Object.entries(this.entry(signal).lost).map(([reason, count]) => ({ signal, reason, count })),
    );
  }

  /** How much of a loss was told as a metric. */
  toldOf(signal: Signal, reason: string): number {
    const rows = WRITERS.flatMap((_, writer) => this.#rowsOf(writer));
    const told = rows.filter(({ name }) => name === `told ${signal} ${reason}`);
    return told.reduce((sum, { count }) => sum + count, 0);
  }

  /** `count` became `into`: an exporter makes other values of the points that it is given. */
  converted(signal: Signal, count: number, into: number): void {
    this.#add('made', signal, into - count);
  }

  entry(signal: Signal): LedgerEntry {
    const entry: LedgerEntry = { signal, made: 0, delivered: 0, waiting: 0, lost: {} };
    let lost = 0;
    for (const { name, count } of WRITERS.flatMap((_, writer) => this.#rowsOf(writer))) {
      const [column, of, reason = ''] = name.split(' ');
      if (of !== signal || count === 0 || column === 'told') continue;
      if (column === 'lost') {
        entry.lost[reason] = (entry.lost[reason] ?? 0) + count;
        lost += count;
      } else entry[column as 'made' | 'delivered'] += count;
    }
    // The other thread may write while this one reads.
    entry.waiting = Math.max(0, entry.made - entry.delivered - lost);
    return entry;
  }

  /** One entry for each signal. */
  entries(): LedgerEntry[] {
    return SIGNALS.map((signal) => this.entry(signal));
  }

  #add(column: Column, signal: Signal, count: number, reason?: string): void {
    if (count === 0) return;
    const name = reason === undefined ? `${column} ${signal}` : `${column} ${signal} ${reason}`;
    const row = this.#rows.get(name) ?? this.#open(name, `${column} ${signal} other`);
    Atomics.add(this.#counts, this.#countAt(this.#writer, row), BigInt(count));
  }

  #open(name: string, other: string): number {
    const used = this.#rows.size;
    const isRoom = used < ROWS - ROWS_OF_OTHERS || (name === other && used < ROWS);
    if (!isRoom) return this.#rows.get(other) ?? this.#open(other, other);
    this.#names.fill(0, this.#nameAt(this.#writer, used), this.#nameAt(this.#writer, used + 1));
    this.#names.write(name.slice(0, NAME_BYTES), this.#nameAt(this.#writer, used), 'latin1');
    this.#rows.set(name, used);
    Atomics.store(this.#counts, this.#usedAt(this.#writer), BigInt(used + 1));
    return used;
  }

  #rowsOf(writer: number): { row: number; name: string; count: number }[] {
    const used = Number(Atomics.load(this.#counts, this.#usedAt(writer)));
    return Array.from({ length: used }, (_, row) => {
      const name = this.#names.toString('latin1', this.#nameAt(writer, row), this.#nameAt(writer, row + 1));
      const count = Number(Atomics.load(this.#counts, this.#countAt(writer, row)));
      return { row, name: name.replace(/\0+$/, ''), count };
    });
  }

  #usedAt(writer: number): number {
    return writer * (1 + ROWS);
  }

  #countAt(writer: number, row: number): number {
    return this.#usedAt(writer) + 1 + row;
  }

  #nameAt(writer: number, row: number): number {
    return (writer * ROWS + row) * NAME_BYTES;
  }
}

/** How much of its signal a message holds, as the ledger counts it: spans, points of metrics, errors. */
export function amountOf(telemetry: Telemetry): { signal: Signal; count: number } {
  if (telemetry.kind === 'spans') return { signal: 'traces', count: telemetry.count };
  if (telemetry.kind === 'logs') return { signal: 'logs', count: telemetry.records.length };
  const points = telemetry.scopeMetrics.flatMap(({ metrics }) => metrics.map(({ dataPoints }) => dataPoints.length));
  return { signal: 'metrics', count: points.reduce((sum, count) => sum + count, 0) };
}

const UNITS: Readonly<Record<Signal, readonly [one: string, several: string]>> = {
  traces: ['span', 'spans'],
  metrics: ['metric value', 'metric values'],
  logs: ['error', 'errors'],
};

/** `1 span`, `12 metric values`. */
export function amount(signal: Signal, count: number): string {
  return `${count} ${UNITS[signal][count === 1 ? 0 : 1]}`;
}

export function lostOf({ lost }: Pick<LedgerEntry, 'lost'>): number {
  return Object.values(lost).reduce((sum, count) => sum + count, 0);
}

/** `lost since the start: 17233 of 50000 spans (17200 overflow, 33 shutdown)`; undefined when nothing is lost. */
export function describeLosses(entries: readonly LedgerEntry[]): string | undefined {
  const losses = entries.filter((entry) => lostOf(entry) > 0);
  if (losses.length === 0) return undefined;
  const parts = losses.map((entry) => {
    const reasons = Object.entries(entry.lost).map(([reason, count]) => `${count} ${reason}`);
    return `${lostOf(entry)} of ${amount(entry.signal, entry.made)} (${reasons.join(', ')})`;
  });
  return `lost since the start: ${parts.join('; ')}`;
}
