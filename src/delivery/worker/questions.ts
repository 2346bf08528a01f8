import type { ProcessFacts } from '../../wire/messages.js';

/** Milliseconds for which the application's thread is waited for: longer, and its event loop is held. */
export const ANSWER_LIMIT = 1000;

/** The worker's questions to the application's thread, each with the answer that belongs to it. */
export class Questions {
  private readonly waiting = new Map<number, (facts?: ProcessFacts) => void>();
  private lastId = 0;

  constructor(private readonly put: (id: number) => void) {}

  /** Undefined when there is no answer in time. */
  ask(): Promise<ProcessFacts | undefined> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve) => {
      const settle = (facts?: ProcessFacts) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(facts);
      };
      const timer = setTimeout(settle, ANSWER_LIMIT);
      this.waiting.set(id, settle);
      this.put(id);
    });
  }

  answer(id: number, facts: ProcessFacts): void {
    this.waiting.get(id)?.(facts);
  }
}
