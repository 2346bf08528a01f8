/** Time as the exporters see it; injected so that tests do not sleep. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /**
   * Runs `run` once after `delay` milliseconds unless the returned function is called first.
   * @param hold whether the timer keeps the process alive
   */
  after(delay: number, run: () => void, hold: boolean): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, run, hold) {
    const timer = setTimeout(run, delay);
    if (!hold) timer.unref();
    return () => clearTimeout(timer);
  },
};
