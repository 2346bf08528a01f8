import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from './store/store.js';

/** Connections that may be open at once: a browser's tabs, not a load. */
const MAX_CLIENTS = 32;
/** Milliseconds between two looks at the store; nothing runs while nobody listens. */
const LOOK_EVERY = 250;
/** Bytes that may wait for a client that does not read; more, and it is let go: it comes back with its last id. */
const MAX_WAITING = 64 * 1024;
/** Milliseconds of silence after which a comment is sent, so that a dead connection is noticed. */
const HEARTBEAT = 15_000;

/**
 * Tells pages what kind of data has changed, by server-sent events. An event's id holds the store's counters, so that a page
 * that was away learns by `Last-Event-ID` what it missed, without a history being kept.
 */
export class Live {
  /** Tells this endpoint's ids from those of one that ran before on the same port. */
  readonly #instance = randomUUID().slice(0, 8);
  readonly #clients = new Set<Client>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly store: Store) {}

  /** False: too many are connected. */
  connect(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#clients.size >= MAX_CLIENTS) return false;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.write('retry: 1000\n\n');
    const last = request.headers['last-event-id'];
    const client = {
      response,
      seen: this.#countersOf(typeof last === 'string' ? last : ''),
      spoken: performance.now(),
    };
    this.#clients.add(client);
    response.on('close', () => this.#leave(client));
    this.#tell(client, true);
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY).unref();
    return true;
  }

  #leave(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const client of this.#clients) {
      if (client.response.writableLength > MAX_WAITING) client.response.destroy();
      else this.#tell(client, false);
    }
  }

  /** What has changed since the client was last told, if anything; `always` also when nothing has. */
  #tell(client: Client, always: boolean): void {
    const now = this.store.counters();
    const changed = Object.keys(now).filter((kind) => now[kind] !== client.seen?.[kind]);
    if (changed.length === 0 && !always) {
      if (performance.now() - client.spoken < HEARTBEAT) return;
      client.response.write(': still here\n\n');
    } else {
      const id = [this.#instance, ...Object.values(now)].join('.');
      const data = JSON.stringify({ changed, summary: this.store.summary() });
      client.response.write(`id: ${id}\nevent: change\ndata: ${data}\n\n`);
      client.seen = now;
    }
    client.spoken = performance.now();
  }

  /** Undefined: not an id of this endpoint; everything has changed then. */
  #countersOf(id: string): Readonly<Record<string, number>> | undefined {
    const [instance, ...counts] = id.split('.');
    const kinds = Object.keys(this.store.counters());
    if (instance !== this.#instance || counts.length !== kinds.length) return undefined;
    return Object.fromEntries(kinds.map((kind, index) => [kind, Number(counts[index])]));
  }
}

interface Client {
  readonly response: ServerResponse;
  seen: Readonly<Record<string, number>> | undefined;
  /** Milliseconds of the monotonic clock. */
  spoken: number;
}
