import { Fifo } from './fifo.js';

/** What is held and can be evicted: CloudWatch datums, OTLP metric points, spans, log events, OTLP log records. */
export type Kind = 'datums' | 'points' | 'spans' | 'events' | 'records';

export interface Owner {
  /** Removes the item that it has held longest. */
  dropOldest(): void;
}

interface Entry {
  readonly kind: Kind;
  readonly bytes: number;
  readonly owner: Owner;
}

export type Tally = Record<Kind, number>;

const nothing = (): Tally => ({ datums: 0, points: 0, spans: 0, events: 0, records: 0 });

/** Bodies that are being read may take this part of the budget together. */
const SHARE_IN_FLIGHT = 0.5;

/** The bytes of one body while it is read, unpacked and answered. */
export interface Hold {
  /** False: the bodies in flight take too much together. A body that is alone may be as long as the services allow. */
  grow(bytes: number): boolean;
  release(): void;
}

/**
 * The bytes that the store may hold. Items are entered in order of arrival, over all kinds; past the budget the oldest
 * leaves first, whatever its kind, and is counted. An owner must enter its items in the order in which it drops them.
 */
export class Ledger {
  #entries = new Fifo<Entry>();
  #itemBytes = 0;
  #standing = 0;
  #inFlight = 0;
  #held = nothing();
  #evicted = nothing();
  #added = nothing();

  constructor(readonly maxBytes: number) {}

  get bytes(): number {
    return this.#itemBytes + this.#standing + this.#inFlight;
  }

  /** Bytes of bodies that are being read. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Counts a body against the budget; the caller must release it. */
  hold(): Hold {
    let own = 0;
    return {
      grow: (bytes) => {
        const others = this.#inFlight - own;
        if (others > 0 && this.#inFlight + bytes > this.maxBytes * SHARE_IN_FLIGHT) return false;
        own += bytes;
        this.#inFlight += bytes;
        this.#fit();
        return true;
      },
      release: () => {
        this.#inFlight -= own;
        own = 0;
      },
    };
  }

  get held(): Readonly<Tally> {
    return this.#held;
  }

  get evicted(): Readonly<Tally> {
    return this.#evicted;
  }

  /** Ever entered; goes on counting when everything is forgotten. */
  get added(): Readonly<Tally> {
    return this.#added;
  }

  /** Enters an item that its owner already holds; may evict older ones, and this one too if it alone exceeds the budget. */
  add(kind: Kind, bytes: number, owner: Owner): void {
    this.#entries.push({ kind, bytes, owner });
    this.#itemBytes += bytes;
    this.#held[kind] += 1;
    this.#added[kind] += 1;
    this.#fit();
  }

  /** Counts what lives as long as its owner: a series' identity, a log group. Negative: it is gone. */
  stand(bytes: number): void {
    this.#standing += bytes;
    this.#fit();
  }

  /** Whether `bytes` more of things that are never evicted (log groups, dashboards) leave most of the budget to data. */
  hasRoomToStand(bytes: number): boolean {
    return this.#standing + bytes <= this.maxBytes / 4;
  }

  /** The owner is gone with all it held; not an eviction. */
  forget(owner: Owner): void {
    const kept = new Fifo<Entry>();
    for (const entry of this.#entries) {
      if (entry.owner !== owner) kept.push(entry);
      else this.#discount(entry);
    }
    this.#entries = kept;
  }

  /** Everything that could be evicted has been removed by its owners. */
  reset(): void {
    this.#entries = new Fifo();
    this.#itemBytes = 0;
    this.#held = nothing();
    this.#evicted = nothing();
  }

  #fit(): void {
    while (this.bytes > this.maxBytes) {
      const oldest = this.#entries.shift();
      if (oldest === undefined) return;
      this.#discount(oldest);
      this.#evicted[oldest.kind] += 1;
      oldest.owner.dropOldest();
    }
  }

  #discount(entry: Entry): void {
    this.#itemBytes -= entry.bytes;
    this.#held[entry.kind] -= 1;
  }
}
