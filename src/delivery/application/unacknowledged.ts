import type { PlainLogRecord } from '../../wire/messages.js';

/** Log records kept by the application's thread; and UTF-16 units in their longest texts. */
const MAX_RECORDS = 1000;
const MAX_LENGTH = 4_000_000;
/** A record that was there each time that a worker died is likely to be why. */
export const MAX_POSTS = 3;

export interface Numbered {
  readonly sequence: number;
  readonly records: PlainLogRecord[];
  readonly length: number;
  /** How often they were posted to a worker. */
  posts: number;
}

/** The errors on their way: what a dying process writes to disk, and what a new worker is given after the old one died. */
export class Unacknowledged {
  private readonly kept: Numbered[] = [];
  private count = 0;
  private length = 0;
  private lastSequence = 0;

  /** The number of the newest record of all. */
  get newest(): number {
    return this.lastSequence;
  }

  /** Records kept. */
  get size(): number {
    return this.count;
  }

  get isEmpty(): boolean {
    return this.kept.length === 0;
  }

  /** Takes records over and numbers them. The oldest are forgotten for them: the worker has those, if it lives. */
  add(records: PlainLogRecord[]): Numbered {
    this.lastSequence += 1;
    const added = { sequence: this.lastSequence, records, length: lengthOf(records), posts: 0 };
    this.kept.push(added);
    this.count += records.length;
    this.length += added.length;
    while (this.kept.length > 1 && (this.count > MAX_RECORDS || this.length > MAX_LENGTH)) this.shift();
    return added;
  }

  /** Forgets all up to that number. */
  acknowledge(sequence: number): void {
    while (this.kept[0] !== undefined && this.kept[0].sequence <= sequence) this.shift();
  }

  /** Oldest first. */
  all(): readonly Numbered[] {
    return this.kept;
  }

  /** Forgets those that were posted too often; how many records they were. */
  giveUp(): number {
    const before = this.count;
    for (const numbered of this.kept.filter(({ posts }) => posts >= MAX_POSTS)) this.remove(numbered);
    return before - this.count;
  }

  remove(numbered: Numbered): void {
    const index = this.kept.indexOf(numbered);
    if (index >= 0) this.forget(this.kept.splice(index, 1)[0]);
  }

  private shift(): void {
    this.forget(this.kept.shift());
  }

  private forget(numbered: Numbered | undefined): void {
    this.count -= numbered?.records.length ?? 0;
    this.length -= numbered?.length ?? 0;
  }
}

/** Good enough for a bound: the texts of an error are its stack and its message. */
function lengthOf(records: readonly PlainLogRecord[]): number {
  let length = 0;
  for (const { body, attributes } of records) {
    if (typeof body === 'string') length += body.length;
    for (const value of Object.values(attributes)) if (typeof value === 'string') length += value.length;
  }
  return length;
}
