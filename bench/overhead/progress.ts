/** Where a long measurement is, on stderr: one line that changes on a terminal, a line a step elsewhere. Failures stay. */
export class Progress {
  private done = 0;
  private failed = 0;
  private readonly start = performance.now();

  constructor(private readonly total: number) {}

  /** @param step returns what was found; when it throws, the others go on */
  async watch(what: string, step: () => Promise<string>): Promise<void> {
    const found = await step().catch((error: Error) => {
      this.failed += 1;
      this.write(`${what}: FAILED: ${error.message}\n`);
      return 'failed';
    });
    this.done += 1;
    const left = ((performance.now() - this.start) / this.done) * (this.total - this.done);
    const text = `${this.done}/${this.total}, ${Math.ceil(left / 1000)} s left: ${what}: ${found}`;
    this.write(process.stderr.isTTY ? text : `${text}\n`);
  }

  /** Returns how many steps have failed. */
  end(): number {
    this.write('');
    return this.failed;
  }

  private write(text: string): void {
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : text);
  }
}
