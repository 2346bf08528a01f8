import type { CheckContext } from './context.js';
import type { Signal } from './destination-status.js';

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
  /** Whose environment was judged, where it is not what the check says of itself. */
  readonly judged?: string;
  /** Of information: who knows better. What needs the check is skipped without a failure. */
  readonly overruledBy?: string;
}

/** A problem as the documentation tells it. */
export interface Trouble {
  readonly cause: string;
  readonly remedy: string;
}

/** What a check asks for when it runs. `offline`: nothing but files and this process. */
export type Reaches = 'offline' | 'network' | 'aws';

/**
 * - `settings`: those of the running process, or what the entry or this shell would make of them.
 * - `files`: the application's.
 * - `shell`: the environment, the network and the credentials of this shell.
 */
export type Judged = 'settings' | 'files' | 'shell';

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
  /** Whose state is looked at; default: the settings of the subject with `offline`, else this shell, which asks for itself. */
  readonly judges?: Judged;
  /** The telemetry that a process delivers only where this is so; `any`: any telemetry. */
  readonly provenBy?: Signal | 'any';
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
  /** Whose environment was judged: `process 4711`, `app.js`, `this shell`. Absent with a check that did not run. */
  readonly judged?: string;
  /** Who knows better than the verdict, which is information then. */
  readonly overruledBy?: string;
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
