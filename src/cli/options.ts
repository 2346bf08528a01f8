import { InvalidArgumentError, Option } from 'commander';

/** A day: nobody waits longer. Seconds. */
const MAX_SECONDS = 86_400;

/** Seconds on the command line, as milliseconds. @throws InvalidArgumentError */
export function milliseconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= MAX_SECONDS)) {
    throw new InvalidArgumentError(`Expected seconds from 0 to ${MAX_SECONDS}.`);
  }
  return Math.round(seconds * 1000);
}

/** An option in seconds with a default. The help shows the default in seconds too. */
export function secondsOption(flags: string, description: string, seconds: number): Option {
  return new Option(flags, description).argParser(milliseconds).default(seconds * 1000, `${seconds}`);
}
