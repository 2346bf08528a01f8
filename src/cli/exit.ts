/** How a command ends, the same for every command and every format of its answer. */

/** Done, and what was asked about is in order. */
export const OK = 0;
/** Done, and something asked about is not in order. */
export const FAILED = 1;
/** Not done: bad usage, or what the command needs was not to be had. */
export const COULD_NOT_RUN = 2;

export type ExitCode = typeof OK | typeof FAILED | typeof COULD_NOT_RUN;

/** Ends the command with one line and {@link COULD_NOT_RUN}. The message says what, and what to do about it. */
export class CouldNotRun extends Error {
  override readonly name = 'CouldNotRun';
}
