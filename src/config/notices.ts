import { writeSync } from 'node:fs';
import { OnceAMinute } from '../limits/once-a-minute.js';
import type { LogLevel } from './choices.js';
import { isPrinted, type NoticeLevel } from './log-level.js';

/** Lines to the operator on stderr: one line each, the same kind at most once a minute, below `level` not at all. */

const MAX_LENGTH = 1000;

export class Notices {
  private readonly pace: OnceAMinute;

  constructor(
    private readonly level: LogLevel,
    private readonly write: (line: string) => void = writeLine,
    now: () => number = Date.now,
    /** Takes secrets out of a line that is about to be printed: AWS and libraries repeat what they were sent. */
    private readonly redact: (line: string) => string = (line) => line,
  ) {
    this.pace = new OnceAMinute(now);
  }

  /** Prints `text` if its level is asked for and its kind was not printed within the last minute. Never throws. */
  say(level: NoticeLevel, text: string): void {
    if (!isPrinted(level, this.level)) return;
    const line = oneLine(text);
    // Lines that differ in numbers only are of one kind.
    const held = this.pace.admit(line.replace(/[0-9a-f]{8,}|\d+/gi, '#'));
    if (held === undefined) return;
    const told = this.redact(line);
    this.write(held > 0 ? `${told} (and ${held} more like it)` : told);
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
