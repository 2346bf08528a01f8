import { diag } from '@opentelemetry/api';
import { OnceAMinute } from '../limits/once-a-minute.js';

/** One-line warnings, each kind at most once a minute. */
export class Warnings {
  private readonly pace: OnceAMinute;

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.pace = new OnceAMinute(now);
  }

  warn(kind: string, text: string): void {
    if (this.pace.admit(kind) !== undefined) diag.warn(`host metrics: ${text}`);
  }
}

/** The first line of what was thrown. */
export function reasonOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
}
