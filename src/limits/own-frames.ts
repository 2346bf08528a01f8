/** Of an observer: its own frame, that of {@link withOwnFrames} and that of the function that it is given. */
const OBSERVERS_FRAMES = 3;

/**
 * Calls the application's code with room for `frames` more frames in the stacks of its errors, for ours: `Error.stackTraceLimit` counts
 * those of the application. What the application sets the limit to meanwhile stays.
 */
export function withOwnFrames<T>(call: () => T, frames = OBSERVERS_FRAMES): T {
  const limit: unknown = Error.stackTraceLimit;
  if (typeof limit !== 'number' || !(limit > 0) || !Number.isFinite(limit)) return call();
  const raised = limit + frames;
  if (!Reflect.set(Error, 'stackTraceLimit', raised)) return call();
  try {
    return call();
  } finally {
    if (Error.stackTraceLimit === raised) Error.stackTraceLimit = limit;
  }
}
