/** Says something that may repeat at most once a minute. */

const MINUTE = 60_000;

/** @param now epoch milliseconds */
export function onceAMinute(now: () => number, say: (message: string) => void): (message: string) => void {
  let next = Number.NEGATIVE_INFINITY;
  return (message) => {
    if (now() < next) return;
    next = now() + MINUTE;
    say(message);
  };
}
