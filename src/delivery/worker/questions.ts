/** Milliseconds for which the application's thread is waited for: longer, and its event loop is held. */
export const ANSWER_LIMIT = 1000;

/** The worker's questions of one kind to the application's thread, each with the answer that belongs to it. */
export class Questions<Answer, Subject = void> {
  private readonly waiting = new Map<number, (answer?: Answer) => void>();
  private lastId = 0;

  constructor(private readonly put: (id: number, subject: Subject) => void) {}

  /** Undefined when there is no answer in time. */
  ask(subject: Subject): Promise<Answer | undefined> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve) => {
      const settle = (answer?: Answer) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(settle, ANSWER_LIMIT);
      this.waiting.set(id, settle);
      this.put(id, subject);
    });
  }

  answer(id: number, answer: Answer): void {
    this.waiting.get(id)?.(answer);
  }
}
