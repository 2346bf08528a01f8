import type { CheckContext } from './context.js';

/**
 * - `pass`: looked at and in order. What was not looked at, or only in part, is never a pass.
 * - `warning`: telemetry goes its way, but not as it probably should.
 * - `failed`: something that was asked for does not arrive.
 * - `broken`: the check itself has no verdict; it ran out of time or failed.
 * - `skipped`: not looked at, with the reason.
 * - `info`: worth knowing; neither good nor bad.
 */
export type State = 'pass' | 'warning' | 'failed' | 'broken' | 'skipped' | 'info';

export const STATES: readonly State[] = ['failed', 'broken', 'warning', 'pass', 'info', 'skipped'];

export interface Verdict {
  readonly state: Exclude<State, 'broken' | 'skipped'>;
  /** One sentence: what was found. */
  readonly says: string;
  /** Why it is so; with every warning and failure. */
  readonly cause?: string;
  /** What was seen, a line each, as it was seen. */
  readonly evidence?: readonly string[];
  /** What to do, with the user's own values; with every warning and failure. */
  readonly remedy?: string;
}

/** A problem as the documentation tells it. */
export interface Trouble {
  readonly cause: string;
  readonly remedy: string;
}

/** What a check asks for when it runs. `offline`: nothing but files and this process. */
export type Reaches = 'offline' | 'network' | 'aws';

export interface Check {
  /** Permanent: `MON-CRED-001`. An id that is given up is not used again. */
  readonly id: string;
  /** What is so when the check passes. */
  readonly title: string;
  /** What was looked at, and how; for documentation and `explain`. */
  readonly about: string;
  readonly troubles: readonly Trouble[];
  /** Checks that must not have failed: where one has, its failure is this one's cause too, and this one is skipped. */
  readonly needs: readonly string[];
  readonly reaches: Reaches;
  /** AWS actions that it calls. */
  readonly calls?: readonly string[];
  /** Whether it writes to the account; such a check runs with `--write-probe` only. */
  readonly writes?: true;
  /** Milliseconds after which it has no verdict. */
  readonly timeout?: number;
  /** Why there is nothing to look at here; undefined: there is. */
  unless?(context: CheckContext): string | undefined;
  run(context: CheckContext, signal: AbortSignal): Promise<Verdict> | Verdict;
}

/** What a check came to. */
export interface Result {
  readonly id: string;
  readonly title: string;
  readonly state: State;
  readonly says: string;
  readonly cause?: string;
  readonly evidence?: readonly string[];
  readonly remedy?: string;
  /** Of a skipped check: the check whose failure is the cause. */
  readonly because?: string;
  /** Of a broken check: it ran out of time. */
  readonly timedOut?: true;
  /** Milliseconds. */
  readonly duration: number;
}

type More = Omit<Verdict, 'state' | 'says'>;
type Remedied = More & Required<Pick<Verdict, 'cause' | 'remedy'>>;

export const pass = (says: string, more: More = {}): Verdict => ({ state: 'pass', says, ...more });
export const info = (says: string, more: More = {}): Verdict => ({ state: 'info', says, ...more });
export const warning = (says: string, more: Remedied): Verdict => ({ state: 'warning', says, ...more });
export const failed = (says: string, more: Remedied): Verdict => ({ state: 'failed', says, ...more });
