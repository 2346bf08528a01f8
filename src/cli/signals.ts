import { constants } from 'node:os';

/** Signals that reach `monitoring dev` and are meant for the command as well. Names that a system does not have are never emitted. */
export const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGBREAK'] as const;
/** What ends a command that waits for nothing else. SIGBREAK is Ctrl-Break of Windows. */
export const STOPPED_BY = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const;

/** How a command has ended. */
export interface Ended {
  /** As a shell tells it: 128 and the signal's number after a signal. */
  readonly code: number;
  /** The signal of which this process is to end, too; absent on Windows, where no process ends of a signal. */
  readonly signal: NodeJS.Signals | undefined;
}

/**
 * Whether a signal must be sent on to the command. The console of Windows tells every process in it, and `kill` there ends a process
 * without asking, or throws (ENOSYS for SIGHUP). A terminal's Ctrl-C has reached the command already.
 */
export function forwards(
  signal: NodeJS.Signals,
  platform: NodeJS.Platform = process.platform,
  hasTerminal: boolean = process.stdin.isTTY === true,
): boolean {
  return platform !== 'win32' && (signal !== 'SIGINT' || !hasTerminal);
}

/** @param code, signal as Node's `exit` event of a child process gives them */
export function endedBy(
  code: number | null,
  signal: NodeJS.Signals | null,
  platform: NodeJS.Platform = process.platform,
): Ended {
  if (signal === null) return { code: code ?? 0, signal: undefined };
  const number = constants.signals[signal] ?? 0;
  return { code: 128 + number, signal: platform === 'win32' ? undefined : signal };
}
