/** A request under way; the parts of a batch that is split follow each other in one. */
export class Flight {
  readonly controller = new AbortController();
  /** Whether the attempt under way has had no answer for so long that it must not hold up others. */
  isOverdue = false;
  /** Epoch milliseconds at which the attempt under way began. */
  startedAt = 0;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  begin(now: number): void {
    this.startedAt = now;
    this.isOverdue = false;
  }

  giveUp(): void {
    this.controller.abort();
  }
}
