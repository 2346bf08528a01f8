import type { SamplingRule } from '../sampling-rule.js';

/** What clients reported of a rule, summed up. */
export interface RuleReport {
  readonly ruleName: string;
  readonly requestCount: number;
  readonly sampledCount: number;
  readonly borrowCount: number;
  /** Clients that ever reported it. */
  readonly clients: number;
}

export interface SamplingSettings {
  readonly rules: readonly SamplingRule[];
  /** Rules on one page of GetSamplingRules; absent: all on one. */
  readonly pageSize?: number;
  /** Rules whose statistics are refused, and the error code that says why. */
  readonly unprocessed: Readonly<Record<string, string>>;
}

/** Clients that were silent for longer no longer share in a reservoir. Milliseconds. */
const CLIENT_LIFETIME = 30_000;
/** Rule names come from clients. */
const MAX_NAMES = 1000;
const MAX_CLIENTS = 1000;

type Counts = Omit<RuleReport, 'ruleName' | 'clients'>;

/** X-Ray's sampling rules and what was reported of them. */
export class SamplingStore {
  settings: SamplingSettings = { rules: [], unprocessed: {} };
  /** When the rules were last set, epoch milliseconds. */
  changed = 0;
  readonly #reports = new Map<string, { counts: Counts; seen: Map<string, number> }>();

  set(settings: SamplingSettings, now: number): void {
    this.settings = settings;
    this.changed = now;
  }

  /** Takes note of one client's counts. */
  report(ruleName: string, client: string, counts: Counts, now: number): void {
    const known = this.#reports.get(ruleName);
    if (known === undefined && this.#reports.size >= MAX_NAMES) return;
    const { counts: before, seen } = known ?? { counts: NOTHING, seen: new Map<string, number>() };
    if (seen.has(client) || seen.size < MAX_CLIENTS) seen.set(client, now);
    const sum = {
      requestCount: before.requestCount + counts.requestCount,
      sampledCount: before.sampledCount + counts.sampledCount,
      borrowCount: before.borrowCount + counts.borrowCount,
    };
    this.#reports.set(ruleName, { counts: sum, seen });
  }

  /** A client's share of a reservoir: whole requests, the first to come get what is left over. */
  quota(rule: SamplingRule, client: string, now: number): number {
    const seen = this.#reports.get(rule.RuleName)?.seen ?? new Map<string, number>();
    const active = [...seen].filter(([, at]) => at >= now - CLIENT_LIFETIME).map(([id]) => id);
    const sharing = Math.max(1, active.length);
    const share = Math.floor(rule.ReservoirSize / sharing);
    return share + (active.indexOf(client) < rule.ReservoirSize % sharing ? 1 : 0);
  }

  reports(): RuleReport[] {
    return [...this.#reports].map(([ruleName, { counts, seen }]) => ({ ruleName, ...counts, clients: seen.size }));
  }

  /** Forgets what was reported; the rules stay. */
  clear(): void {
    this.#reports.clear();
  }
}

const NOTHING: Counts = { requestCount: 0, sampledCount: 0, borrowCount: 0 };
