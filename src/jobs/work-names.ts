/** Each name of a job or queue is a series: more would be a bill, and say nothing. */
export const MAX_WORK_NAMES = 200;

/** Stands for every name beyond the limit (OpenTelemetry's word for what is not among the known values). */
export const OTHER_NAME = '_OTHER';

/** Lets the first {@link MAX_WORK_NAMES} distinct names through. */
export class WorkNames {
  readonly #names = new Set<string>();
  readonly #onExcess: (name: string) => void;
  #isFull = false;

  /** @param onExcess told of the first name that is one too many */
  constructor(onExcess: (name: string) => void) {
    this.#onExcess = onExcess;
  }

  /** The name, or {@link OTHER_NAME}. */
  bounded(name: string): string {
    if (this.#names.has(name)) return name;
    if (this.#names.size < MAX_WORK_NAMES) {
      this.#names.add(name);
      return name;
    }
    if (!this.#isFull) {
      this.#isFull = true;
      this.#onExcess(name);
    }
    return OTHER_NAME;
  }
}
