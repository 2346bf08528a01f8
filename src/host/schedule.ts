/** Calls `callback` every `interval` milliseconds until the returned function is called. */
export type Schedule = (callback: () => void, interval: number) => () => void;

/** Timers that don't keep the process alive. */
export const unreferenced: Schedule = (callback, interval) => {
  const timer = setInterval(callback, interval).unref();
  return () => clearInterval(timer);
};
