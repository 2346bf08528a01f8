type Stop = () => unknown;

/** What was started and how each part is stopped: the last part first, as later parts use earlier ones. */
export class Started {
  readonly #stops: Stop[] = [];

  /** Returns `part`; `stop` is called once, when everything is stopped. */
  add<Part>(part: Part, stop: (part: Part) => unknown): Part {
    this.#stops.push(() => stop(part));
    return part;
  }

  /** Stops all parts. A part that fails to stop does not keep the others running; the first failure is rejected with at the end. */
  async stop(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#stops.splice(0).reverse().map(attempt));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

/** Runs `stop` at once; what it throws is a rejection. */
async function attempt(stop: Stop): Promise<void> {
  await stop();
}
