const MINUTE = 60_000;
/** Kinds remembered; a flood of new ones starts over rather than grow. */
const MAX_KINDS = 500;

interface Told {
  readonly at: number;
  held: number;
}

/** Lets a line of each kind through at most once a minute. */
export class OnceAMinute {
  readonly #now: () => number;
  readonly #kinds = new Map<string, Told>();

  /** @param now milliseconds, by any clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns how many lines of the kind were held back since the last one; undefined: hold this one back as well */
  admit(kind: string): number | undefined {
    const now = this.#now();
    const last = this.#kinds.get(kind);
    if (last !== undefined && now - last.at < MINUTE) {
      last.held += 1;
      return undefined;
    }
    if (this.#kinds.size >= MAX_KINDS) this.#kinds.clear();
    this.#kinds.set(kind, { at: now, held: 0 });
    return last?.held ?? 0;
  }
}
