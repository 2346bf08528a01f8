import { diag } from '@opentelemetry/api';

/** One line to the diagnostics logger, at most once per kind and interval: trouble that repeats must not flood a log. */
export class Notices {
  readonly #last = new Map<string, { time: number; suppressed: number }>();

  /**
   * @param prefix names the exporter
   * @param now epoch milliseconds
   * @param write receives the line; `diag.warn` unless a test listens
   */
  constructor(
    private readonly prefix: string,
    private readonly now: () => number,
    private readonly write: (line: string) => void = (line) => diag.warn(line),
  ) {}

  /** @param interval milliseconds before the same kind is said again */
  warn(kind: string, message: string, interval = 60_000): void {
    const last = this.#last.get(kind);
    const now = this.now();
    if (last !== undefined && now - last.time < interval) {
      last.suppressed += 1;
      return;
    }
    this.#last.set(kind, { time: now, suppressed: 0 });
    const more = last !== undefined && last.suppressed > 0 ? ` (and ${last.suppressed} more times since)` : '';
    this.write(`${this.prefix}: ${message.replace(/\s+/g, ' ')}${more}`);
  }
}
