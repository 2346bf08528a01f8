import { LOG_EVENT_OVERHEAD } from '../../pricing/monthly-cost.js';
import { Fifo } from './fifo.js';
import type { Ledger, Owner } from './ledger.js';
import { weigh } from './weigh.js';

export interface LogEvent {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

const RESOURCE_BYTES = 600;

export class LogStream implements Owner {
  #events = new Fifo<LogEvent>();
  lastIngestionTime: number | undefined;
  /** Bytes as CloudWatch Logs counts them: UTF-8 and 26 per event, evicted ones too. */
  storedBytes = 0;

  constructor(
    readonly name: string,
    readonly creationTime: number,
  ) {}

  /** By timestamp, then by arrival. */
  events(): LogEvent[] {
    return this.#events.toArray().sort((a, b) => a.timestamp - b.timestamp);
  }

  get size(): number {
    return this.#events.length;
  }

  push(event: LogEvent): void {
    this.#events.push(event);
    this.lastIngestionTime = event.ingestionTime;
  }

  dropOldest(): void {
    this.#events.shift();
  }

  clear(): void {
    this.#events = new Fifo();
  }
}

export class LogGroup {
  readonly streams = new Map<string, LogStream>();
  retentionInDays: number | undefined;

  constructor(
    readonly name: string,
    readonly creationTime: number,
    readonly logGroupClass: string,
    readonly tags: Readonly<Record<string, string>>,
  ) {}
}

export class LogStore {
  readonly groups = new Map<string, LogGroup>();
  #nextId = 0;

  constructor(readonly ledger: Ledger) {}

  /** False: no room for another group. */
  createGroup(group: LogGroup): boolean {
    if (!this.#stand(weigh(group.name) + weigh(group.tags))) return false;
    this.groups.set(group.name, group);
    return true;
  }

  /** False: no room for another stream. */
  createStream(group: LogGroup, stream: LogStream): boolean {
    if (!this.#stand(weigh(stream.name))) return false;
    group.streams.set(stream.name, stream);
    return true;
  }

  deleteGroup(group: LogGroup): void {
    for (const stream of [...group.streams.values()]) this.deleteStream(group, stream);
    this.groups.delete(group.name);
    this.ledger.stand(-(weigh(group.name) + weigh(group.tags) + RESOURCE_BYTES));
  }

  deleteStream(group: LogGroup, stream: LogStream): void {
    group.streams.delete(stream.name);
    this.ledger.forget(stream);
    this.ledger.stand(-(weigh(stream.name) + RESOURCE_BYTES));
  }

  append(stream: LogStream, timestamp: number, message: string, now: number): void {
    const event = { id: String(this.#nextId).padStart(20, '0'), timestamp, ingestionTime: now, message };
    this.#nextId += 1;
    stream.storedBytes += Buffer.byteLength(message) + LOG_EVENT_OVERHEAD;
    stream.push(event);
    this.ledger.add('events', weigh(event), stream);
  }

  /** Forgets the events; groups and streams stay. */
  clear(): void {
    for (const group of this.groups.values()) for (const stream of group.streams.values()) stream.clear();
  }

  #stand(bytes: number): boolean {
    if (!this.ledger.hasRoomToStand(bytes + RESOURCE_BYTES)) return false;
    this.ledger.stand(bytes + RESOURCE_BYTES);
    return true;
  }
}
