import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Summary } from '../store/store.js';
import { clock } from './format.js';

/** What has arrived, told by the endpoint; and what the views make of it. */

export interface LiveState {
  readonly connected: boolean;
  readonly summary: Summary | undefined;
  /** Grows whenever data of a kind changes. */
  readonly versions: Readonly<Record<string, number>>;
  /** Epoch milliseconds; undefined: not paused. */
  readonly pausedAt: number | undefined;
  /** Milliseconds to look back; undefined: everything, or `from` and `to`. */
  readonly lookBack: number | undefined;
  /** Epoch milliseconds of a part that was chosen. */
  readonly from: number | undefined;
  readonly to: number | undefined;
}

export const LiveContext = createContext<LiveState>({
  connected: false,
  summary: undefined,
  versions: {},
  pausedAt: undefined,
  lookBack: undefined,
  from: undefined,
  to: undefined,
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
  const { versions, connected, pausedAt, lookBack, from, to } = useContext(LiveContext);
  const [loaded, setLoaded] = useState<Loaded<T> & { path?: string }>(NOTHING);
  const version = kinds.concat('cleared').reduce((sum, kind) => sum + (versions[kind] ?? 0), 0);
  const again = useRef(() => {});

  useEffect(() => {
    again.current = () => {};
    if (path === undefined) return;
    const reader = new Reader(async (signal) => {
      const answer = await read<T>(withRange(path, { lookBack, pausedAt, from, to }), signal);
      if (answer === undefined) return;
      if (answer.data !== undefined) keep(path, answer.data);
      setLoaded(answer.status === 0 ? { ...answer, ...keptOf<T>(path), path } : { ...answer, path });
    });
    reader.read();
    if (pausedAt === undefined) again.current = () => reader.soon();
    const moves = pausedAt === undefined && to === undefined;
    const moving = moves ? setInterval(() => reader.soon(), MOVES_EVERY) : undefined;
    return () => {
      clearInterval(moving);
      reader.stop();
    };
  }, [path, lookBack, pausedAt, from, to]);
  useEffect(() => again.current(), [version, connected]);
  return loaded.path === path ? loaded : NOTHING;
}

const NOTHING = { data: undefined, problem: undefined, status: 0 };

/** Answers that are shown while the endpoint does not answer. */
const KEPT = 60;
const kept = new Map<string, { readonly data: unknown; readonly at: number }>();

function keep(path: string, data: unknown): void {
  kept.delete(path);
  kept.set(path, { data, at: Date.now() });
  for (const oldest of kept.keys()) if (kept.size > KEPT) kept.delete(oldest);
}

const GONE = 'The endpoint does not answer: the command that serves this page has ended, or is starting again.';

/** What a view showed last, and since when. */
function keptOf<T>(path: string): Pick<Loaded<T>, 'data' | 'problem'> {
  const last = kept.get(path);
  if (last === undefined) {
    return { data: undefined, problem: `${GONE} The page has nothing of this view; it comes back by itself.` };
  }
  return {
    data: last.data as T,
    problem: `${GONE} This view is as of ${clock(last.at)}; it comes back by itself.`,
  };
}

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

function withRange(
  path: string,
  { lookBack, pausedAt, from, to }: Pick<LiveState, 'lookBack' | 'pausedAt' | 'from' | 'to'>,
): string {
  const end = pausedAt ?? Date.now();
  const query = new URLSearchParams();
  if (from !== undefined && to !== undefined) {
    query.set('start', String(from));
    query.set('end', String(to));
  } else {
    if (lookBack !== undefined) query.set('start', String(end - lookBack));
    if (pausedAt !== undefined) query.set('end', String(end));
  }
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
  } catch {
    return signal.aborted ? undefined : { data: undefined, problem: GONE, status: 0 };
  }
}
