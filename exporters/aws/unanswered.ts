/**
 * Which requests may have been taken although nobody knows it: their bytes were given to a connection, and no answer has come.
 * The transport notes it by the signal that can abort the request; the queue asks.
 */
const unanswered = new WeakSet<AbortSignal>();

/** The transport gives the request's bytes to a connection now. */
export function noteWritten(signal: AbortSignal): void {
  unanswered.add(signal);
}

/** The whole answer has come: the outcome is known. */
export function noteAnswered(signal: AbortSignal): void {
  unanswered.delete(signal);
}

export function mayBeTaken(signal: AbortSignal): boolean {
  return unanswered.has(signal);
}
