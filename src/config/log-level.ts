import type { LogLevel } from './choices.js';

export type NoticeLevel = 'error' | 'warn' | 'info' | 'debug' | 'verbose';

const RANK: Record<LogLevel, number> = { none: 0, error: 1, warn: 2, info: 3, debug: 4, verbose: 5, all: 6 };

/** Whether a process whose log level is `level` prints a line of the level `of`. */
export function isPrinted(of: NoticeLevel, level: LogLevel): boolean {
  return RANK[of] <= RANK[level];
}

/** The log level that `text` names, in any case; `info` where it names none. */
export function toLogLevel(text: string): LogLevel {
  const lower = text.toLowerCase();
  return Object.keys(RANK).includes(lower) ? (lower as LogLevel) : 'info';
}
