import { writeSync } from 'node:fs';
import type { LogLevel } from './choices.js';

/** Lines to the operator on stderr: one line each, the same kind at most once a minute, below `level` not at all. */

type NoticeLevel = 'error' | 'warn' | 'info' | 'debug' | 'verbose';

const RANK: Record<LogLevel, number> = { none: 0, error: 1, warn: 2, info: 3, debug: 4, verbose: 5, all: 6 };
/** Milliseconds for which a notice that differs from an earlier one in numbers only is held back. */
const REPEAT_AFTER = 60_000;
/** Kinds remembered; a flood of new ones starts over rather than grow. */
const MAX_KINDS = 500;
const MAX_LENGTH = 1000;

export class Notices {
  private readonly last = new Map<string, { at: number; held: number }>();

  constructor(
    private readonly level: LogLevel,
    private readonly write: (line: string) => void = writeLine,
    private readonly now: () => number = Date.now,
    /** Takes secrets out of a line that is about to be printed: AWS and libraries repeat what they were sent. */
    private readonly redact: (line: string) => string = (line) => line,
  ) {}

  /** Prints `text` if its level is asked for and its kind was not printed within the last minute. Never throws. */
  say(level: NoticeLevel, text: string): void {
    if (RANK[level] > RANK[this.level]) return;
    const line = oneLine(text);
    const kind = line.replace(/[0-9a-f]{8,}|\d+/gi, '#');
    const now = this.now();
    const last = this.last.get(kind);
    if (last && now - last.at < REPEAT_AFTER) {
      last.held += 1;
      return;
    }
    if (this.last.size >= MAX_KINDS) this.last.clear();
    this.last.set(kind, { at: now, held: 0 });
    const told = this.redact(line);
    this.write(last && last.held > 0 ? `${told} (and ${last.held} more like it)` : told);
  }
}

/** Writes one line of ours to stderr, at once. */
export function writeLine(line: string): void {
  try {
    writeSync(2, `[monitoring] ${line}\n`);
  } catch {
    // stderr is closed or full: there is nobody to tell.
  }
}

function oneLine(text: string): string {
  const line = text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}
