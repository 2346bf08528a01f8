import { MAX_STATISTICS, type SamplingSource, type SamplingStatistics } from '../wire/sampling-rules.js';
import { REPORT_INTERVAL } from './rule-state.js';
import type { XRaySampler } from './xray-sampler.js';

/** Milliseconds between two readings of the rules, unless the settings say otherwise. */
export const RULES_INTERVAL = 300_000;
/** Milliseconds between two looks at whether something is to be reported, at least and at most. */
const MIN_REPORT_CHECK = 1000;
const MAX_REPORT_CHECK = REPORT_INTERVAL;
/** Rules that could not be read are asked for again after this many milliseconds, then after twice as many … */
const FIRST_RETRY = 10_000;
/** Fraction of an interval by which processes that started together drift apart. */
const JITTER = 0.1;

export interface PollerOptions {
  sampler: XRaySampler;
  source: SamplingSource;
  /** Milliseconds; default {@link RULES_INTERVAL}. */
  rulesInterval?: number | undefined;
  onNotice(level: 'warn' | 'info', text: string): void;
  /** Uniform in [0, 1). */
  random?: () => number;
  /** Runs `run` after `delay` ms without keeping the process alive; returns what takes it back. */
  after?: (delay: number, run: () => void) => () => void;
}

/** Brings the account's rules and targets to the sampler, and its counts to the service. Nothing waits for it; it never throws. */
export class SamplingPoller {
  readonly #options: PollerOptions;
  readonly #after: (delay: number, run: () => void) => () => void;
  #cancelRules: () => void = () => {};
  #cancelReport: () => void = () => {};
  #rulesReadAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #reading = false;
  #stopped = false;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#after = options.after ?? unrefTimeout;
  }

  start(): void {
    void this.#readRules();
    this.#scheduleReport();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRules();
    this.#cancelReport();
  }

  async #readRules(): Promise<void> {
    if (this.#reading || this.#stopped) return;
    this.#reading = true;
    this.#cancelRules();
    const { sampler, source, rulesInterval = RULES_INTERVAL } = this.#options;
    let delay = rulesInterval;
    try {
      const read = await source.rules();
      sampler.useRules(read);
      this.#rulesReadAt = read.readAt;
      if (this.#failures > 0) this.#say('info', `sampling by the ${read.rules.length} rules of the account again`);
      this.#failures = 0;
    } catch (error) {
      delay = Math.min(rulesInterval, FIRST_RETRY * 2 ** this.#failures);
      this.#failures += 1;
      this.#say('warn', `the sampling rules can't be read, ${this.#meanwhile()}: ${messageOf(error)}`);
    }
    this.#reading = false;
    if (!this.#stopped) this.#cancelRules = this.#after(this.#jittered(delay), () => void this.#readRules());
  }

  #meanwhile(): string {
    return this.#options.sampler.hasRules ? 'those read before hold on' : 'sampling goes on by the reservoir';
  }

  async #report(): Promise<void> {
    const { sampler } = this.#options;
    const due = sampler.dueStatistics();
    for (let at = 0; at < due.length && !this.#stopped; at += MAX_STATISTICS) {
      await this.#reportSome(due.slice(at, at + MAX_STATISTICS));
    }
    if (!this.#stopped) this.#scheduleReport();
  }

  async #reportSome(statistics: SamplingStatistics[]): Promise<void> {
    const { sampler, source } = this.#options;
    try {
      const answer = await source.targets(statistics);
      sampler.useTargets(statistics, answer);
      for (const { ruleName, errorCode, message } of answer.unprocessed) {
        this.#say(
          'warn',
          `X-Ray did not take the statistics of the sampling rule "${ruleName}": ${errorCode} ${message}`,
        );
      }
      if ((answer.lastModification ?? Number.NEGATIVE_INFINITY) >= this.#rulesReadAt) void this.#readRules();
    } catch (error) {
      sampler.keep(statistics);
      this.#say('warn', `sampling statistics can't be reported, they are kept: ${messageOf(error)}`);
    }
  }

  #scheduleReport(): void {
    const delay = Math.min(Math.max(this.#options.sampler.untilReport(), MIN_REPORT_CHECK), MAX_REPORT_CHECK);
    this.#cancelReport = this.#after(this.#jittered(delay), () => void this.#report());
  }

  #jittered(delay: number): number {
    return delay * (1 + JITTER * (this.#options.random ?? Math.random)());
  }

  #say(level: 'warn' | 'info', text: string): void {
    this.#options.onNotice(level, `OTEL_TRACES_SAMPLER=xray: ${text}`);
  }
}

function unrefTimeout(delay: number, run: () => void): () => void {
  const timer = setTimeout(run, delay).unref();
  return () => clearTimeout(timer);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
