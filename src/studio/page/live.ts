import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Summary } from '../store/store.js';

/** What has arrived, told by the endpoint; and what the views make of it. */

export interface LiveState {
  readonly connected: boolean;
  readonly summary: Summary | undefined;
  /** Grows whenever data of a kind changes. */
  readonly versions: Readonly<Record<string, number>>;
  /** Epoch milliseconds; undefined: not paused. */
  readonly pausedAt: number | undefined;
  /** Milliseconds to look back; undefined: everything. */
  readonly lookBack: number | undefined;
}

export const LiveContext = createContext<LiveState>({
  connected: false,
  summary: undefined,
  versions: {},
  pausedAt: undefined,
  lookBack: undefined,
});

interface Change {
  readonly changed: readonly string[];
  readonly summary: Summary;
}

/** Listens to `/api/live`; the browser comes back by itself and says which event it saw last. */
export function useLiveEvents(): Pick<LiveState, 'connected' | 'summary' | 'versions'> {
  const [state, setState] = useState<Pick<LiveState, 'connected' | 'summary' | 'versions'>>({
    connected: false,
    summary: undefined,
    versions: {},
  });
  useEffect(() => {
    const source = new EventSource('/api/live');
    source.addEventListener('change', (event: MessageEvent<string>) => {
      const { changed, summary } = JSON.parse(event.data) as Change;
      setState(({ versions }) => ({ connected: true, summary, versions: raised(versions, changed) }));
    });
    source.addEventListener('error', () => setState((state) => ({ ...state, connected: false })));
    return () => source.close();
  }, []);
  return state;
}

function raised(versions: LiveState['versions'], kinds: readonly string[]): LiveState['versions'] {
  const next = { ...versions };
  for (const kind of kinds) next[kind] = (next[kind] ?? 0) + 1;
  return next;
}

export interface Loaded<T> {
  readonly data: T | undefined;
  /** Why there is none; what was there before stays. */
  readonly problem: string | undefined;
  readonly status: number;
}

/** Milliseconds between two readings of the same view: a page is for people. */
const LEAST_PAUSE = 1000;
/** A range that ends now moves on, also when nothing arrives. */
const MOVES_EVERY = 10_000;

/**
 * Reads a view now, and again when data of its kinds has changed. While paused, only what is newly looked at is read, as of the pause.
 *
 * @param path undefined: nothing is read
 */
export function useView<T>(path: string | undefined, kinds: readonly string[]): Loaded<T> {
  const { versions, pausedAt, lookBack } = useContext(LiveContext);
  const [loaded, setLoaded] = useState<Loaded<T> & { path?: string }>(NOTHING);
  const version = kinds.concat('cleared').reduce((sum, kind) => sum + (versions[kind] ?? 0), 0);
  const again = useRef(() => {});

  useEffect(() => {
    again.current = () => {};
    if (path === undefined) return;
    const reader = new Reader(async (signal) => {
      const answer = await read<T>(withRange(path, lookBack, pausedAt), signal);
      if (answer !== undefined)
        setLoaded((before) => ({ ...answer, path, data: answer.data ?? keptData(before, path, answer) }));
    });
    reader.read();
    if (pausedAt === undefined) again.current = () => reader.soon();
    const moving = pausedAt === undefined ? setInterval(() => reader.soon(), MOVES_EVERY) : undefined;
    return () => {
      clearInterval(moving);
      reader.stop();
    };
  }, [path, lookBack, pausedAt]);
  useEffect(() => again.current(), [version]);
  return loaded.path === path ? loaded : NOTHING;
}

const NOTHING = { data: undefined, problem: undefined, status: 0 };

/** What was there stays while the endpoint cannot be reached. */
const keptData = <T>(before: Loaded<T> & { path?: string }, path: string, answer: Loaded<T>): T | undefined =>
  before.path === path && answer.status === 0 ? before.data : undefined;

/** One reading at a time, and no sooner after it than the pause. */
class Reader {
  readonly #abort = new AbortController();
  #timer: number | undefined;
  #busy = false;
  #wanted = false;

  constructor(private readonly perform: (signal: AbortSignal) => Promise<void>) {}

  async read(): Promise<void> {
    this.#busy = true;
    this.#wanted = false;
    await this.perform(this.#abort.signal);
    this.#busy = false;
    if (this.#wanted) this.soon();
  }

  soon(): void {
    this.#wanted = true;
    if (this.#busy || this.#timer !== undefined || this.#abort.signal.aborted) return;
    this.#timer = window.setTimeout(() => {
      this.#timer = undefined;
      void this.read();
    }, LEAST_PAUSE);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }
}

function withRange(path: string, lookBack: number | undefined, pausedAt: number | undefined): string {
  const end = pausedAt ?? Date.now();
  const query = new URLSearchParams();
  if (lookBack !== undefined) query.set('start', String(end - lookBack));
  if (pausedAt !== undefined) query.set('end', String(end));
  if (query.size === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

/** Undefined: it was given up. */
async function read<T>(address: string, signal: AbortSignal): Promise<Loaded<T> | undefined> {
  try {
    const response = await fetch(address, { signal });
    const body = await response.json();
    if (response.ok) return { data: body as T, problem: undefined, status: response.status };
    return { data: undefined, problem: String(body.error ?? response.statusText), status: response.status };
  } catch (error) {
    if (signal.aborted) return undefined;
    return { data: undefined, problem: `The endpoint does not answer (${String(error)}).`, status: 0 };
  }
}
