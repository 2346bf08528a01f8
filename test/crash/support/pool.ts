/** Runs jobs ahead of those who ask for their results: two at a time, in order. */
export class Pool<T> {
  private readonly started: (Promise<T> | undefined)[] = [];

  constructor(
    private readonly jobs: readonly (() => Promise<T>)[],
    private readonly width = 2,
  ) {}

  /** The result of a job; the next ones are started too. */
  result(index: number): Promise<T> {
    for (let ahead = index + 1; ahead < index + this.width; ahead++) this.start(ahead)?.catch(() => {});
    return this.start(index) ?? Promise.reject(new Error(`no job ${index}`));
  }

  private start(index: number): Promise<T> | undefined {
    const job = this.jobs[index];
    if (job !== undefined) this.started[index] ??= job();
    return this.started[index];
  }
}
