import { COULD_NOT_RUN, type ExitCode, FAILED, OK } from '../exit.js';
import { type Result, STATES, type State } from './check.js';

/** Of the JSON document; raised when a member changes its meaning or goes away. */
export const SCHEMA_VERSION = 1;

/** What was examined. */
export interface Subject {
  readonly service: string;
  readonly environment: string;
  readonly region?: string;
  /** Whose settings these are. */
  readonly source: string;
  /** Of the running process. */
  readonly pid?: number;
}

export interface Report {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly subject: Subject;
  /** Whether the exit code is 0. */
  readonly ok: boolean;
  readonly exitCode: ExitCode;
  readonly summary: Readonly<Record<State, number>>;
  readonly checks: readonly Result[];
}

export function summarise(results: readonly Result[]): Record<State, number> {
  const summary = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
  for (const { state } of results) summary[state] += 1;
  return summary;
}

/** 1: a check failed, or with `strict` warned; 2: none did, but one has no verdict; 0 otherwise. The same in every format. */
export function exitCodeOf(results: readonly Result[], strict: boolean): ExitCode {
  const { failed, warning, broken } = summarise(results);
  if (failed > 0 || (strict && warning > 0)) return FAILED;
  return broken > 0 ? COULD_NOT_RUN : OK;
}

/** `1 failed, 2 warnings, 12 passed, 9 skipped`. */
export function describeSummary(summary: Readonly<Record<State, number>>): string {
  const words: Record<State, string> = {
    failed: 'failed',
    broken: 'without verdict',
    warning: summary.warning === 1 ? 'warning' : 'warnings',
    pass: 'passed',
    info: 'for information',
    skipped: 'skipped',
  };
  const parts = STATES.filter((state) => summary[state] > 0).map((state) => `${summary[state]} ${words[state]}`);
  return parts.join(', ') || 'nothing was checked';
}
