/**
 * The operator's own patterns. Any regular expression may be one, so each run of them is bounded in time; a text on
 * which they were too slow, and every text in the minute after, is taken out whole rather than let through unread.
 */

import { createContext, Script } from 'node:vm';

/** Wall-clock milliseconds for all patterns on one text; long enough not to be hit by a busy machine. */
const TIME_LIMIT = 100;
/** Milliseconds for which nothing is run after the limit was hit. */
const PAUSE = 60_000;
const LITERAL = /^\/(.+)\/([a-z]*)$/s;

export interface RefusedPattern {
  entry: string;
  reason: string;
}

/** Splits entries of the setting: `/pattern/flags` is an expression, anything else a key name. */
export function parseRedactEntries(entries: readonly string[]): {
  keys: string[];
  patterns: RegExp[];
  refused: RefusedPattern[];
} {
  const parsed: ReturnType<typeof parseRedactEntries> = { keys: [], patterns: [], refused: [] };
  for (const entry of entries) {
    const literal = LITERAL.exec(entry);
    if (literal === null) {
      parsed.keys.push(entry);
      continue;
    }
    try {
      parsed.patterns.push(new RegExp(literal[1] ?? '', withGlobal(literal[2] ?? '')));
    } catch (error) {
      parsed.refused.push({ entry, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return parsed;
}

function withGlobal(flags: string): string {
  const kept = flags.replace(/[gy]/g, '');
  return `${kept}g`;
}

export class UserPatterns {
  readonly #patterns: readonly RegExp[];
  readonly #now: () => number;
  #runner: ((text: string, replacement: string) => string) | undefined;
  #pausedUntil = 0;

  /** @param now epoch milliseconds */
  readonly #warn: (line: string) => void;

  constructor(patterns: readonly RegExp[], now: () => number, warn: (line: string) => void) {
    this.#warn = warn;
    this.#patterns = patterns;
    this.#now = now;
  }

  redact(text: string, replacement: string): string {
    if (this.#patterns.length === 0 || text === '') return text;
    const now = this.#now();
    if (now < this.#pausedUntil) return replacement;
    this.#runner ??= createRunner(this.#patterns);
    try {
      return this.#runner(text, replacement);
    } catch {
      this.#pausedUntil = now + PAUSE;
      this.#warn(`a pattern of MONITORING_REDACT took longer than ${TIME_LIMIT} ms; texts are left out for a minute`);
      return replacement;
    }
  }
}

/** V8 can interrupt an expression only through a script's time limit. */
function createRunner(patterns: readonly RegExp[]): (text: string, replacement: string) => string {
  let run = (): string => '';
  const context = createContext({ run: () => run() });
  const script = new Script('run()');
  return (text, replacement) => {
    run = () =>
      patterns.reduce(
        (redacted, pattern) => redacted.replace(pattern, (match) => (match === '' ? '' : replacement)),
        text,
      );
    return String(script.runInContext(context, { timeout: TIME_LIMIT }));
  };
}
