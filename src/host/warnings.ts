import { diag } from '@opentelemetry/api';

const REPEAT_AFTER = 60_000;

/** One-line warnings, each kind at most once a minute. */
export class Warnings {
  private readonly last = new Map<string, number>();

  /** `now` in milliseconds. */
  constructor(private readonly now: () => number) {}

  warn(kind: string, text: string): void {
    const now = this.now();
    if (now - (this.last.get(kind) ?? Number.NEGATIVE_INFINITY) < REPEAT_AFTER) return;
    this.last.set(kind, now);
    diag.warn(`host metrics: ${text}`);
  }
}

/** The first line of what was thrown. */
export function reasonOf(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
}
