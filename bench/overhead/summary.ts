import type { Load, Result, Start } from './results.js';
import { mean, median, quiet } from './statistics.js';

export const BASELINE = 'bare';

/** A subject in an application, in its quiet turns; latency, memory and share are medians. What is added or kept is against the bare application's of the same rounds. */
export interface LoadSummary {
  readonly app: string;
  readonly subject: string;
  readonly turns: number;
  /** Microseconds of CPU a request, of the whole process. */
  readonly cpu: number;
  readonly cpuAdded: number;
  /** Of them, the part of the application's own thread. */
  readonly mainCpu: number;
  readonly mainCpuAdded: number;
  /** Requests a second that the core sustains. */
  readonly throughput: number;
  readonly throughputKept: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Bytes. */
  readonly rss: number;
  readonly rssAdded: number;
  /** Of its core, that the load process used. */
  readonly applicationShare: number;
}

export interface StartSummary {
  readonly subject: string;
  readonly starts: number;
  /** Milliseconds. */
  readonly firstLine: number;
  readonly firstLineAdded: number;
  readonly wholeRun: number;
  readonly wholeRunAdded: number;
}

/** Of one major version of Node. */
export interface Summary {
  readonly major: number;
  /** Versions of Node. */
  readonly versions: readonly string[];
  readonly loads: readonly LoadSummary[];
  readonly starts: readonly StartSummary[];
}

export function summarise(results: readonly Result[]): Summary[] {
  const measured = results.filter((result): result is Load | Start => result.kind !== 'run');
  const byMajor = groupBy(measured, ({ node }) => Number.parseInt(node, 10));
  return [...byMajor]
    .sort(([a], [b]) => a - b)
    .map(([major, all]) => ({
      major,
      versions: [...new Set(all.map(({ node }) => node))],
      loads: summariseLoads(all.filter((result): result is Load => result.kind === 'load')),
      starts: summariseStarts(all.filter((result): result is Start => result.kind === 'start')),
    }));
}

const mainCpuOf = ({ mainCpu, requests }: Load): number => mainCpu / requests;
const otherCpuOf = ({ otherCpu, requests }: Load): number => otherCpu / requests;

/**
 * Of the application's own thread the quiet turns. What other threads do comes in bursts that a turn meets or not, so the mean of all turns.
 * Processes differ: the mean of them.
 */
const mainCpu = (loads: readonly Load[]): number => mean(byProcess(loads).map((turns) => quiet(turns.map(mainCpuOf))));
const otherCpu = (loads: readonly Load[]): number => mean(loads.map(otherCpuOf));
const wholeCpu = (loads: readonly Load[]): number => mainCpu(loads) + otherCpu(loads);
const shareOf = (loads: readonly Load[]): number => median(loads.map(({ applicationShare }) => applicationShare));
/** Requests a second that the core sustains at that. */
const throughput = (loads: readonly Load[]): number => (1e6 * shareOf(loads)) / wholeCpu(loads);

function byProcess(loads: readonly Load[]): Load[][] {
  return [...groupBy(loads, ({ run, node, process }) => `${run} ${node} ${process}`).values()];
}

function summariseLoads(loads: readonly Load[]): LoadSummary[] {
  return pairs(
    loads,
    ({ app }) => app,
    ({ process, round }) => `${process} ${round}`,
  ).map(({ own, bare }) => {
    const base = bare.filter((load) => load !== undefined);
    const middle = (value: (load: Load) => number) => median(own.map(value));
    const rss = middle((load) => load.rss);
    const [{ app, subject } = { app: '', subject: '' }] = own;
    return {
      app,
      subject,
      turns: own.length,
      cpu: wholeCpu(own),
      cpuAdded: wholeCpu(own) - wholeCpu(base),
      mainCpu: mainCpu(own),
      mainCpuAdded: mainCpu(own) - mainCpu(base),
      throughput: throughput(own),
      throughputKept: throughput(own) / throughput(base),
      p50: middle(({ p50 }) => p50),
      p99: middle(({ p99 }) => p99),
      rss,
      rssAdded: rss - median(base.map((load) => load.rss)),
      applicationShare: shareOf(own),
    };
  });
}

function summariseStarts(starts: readonly Start[]): StartSummary[] {
  return pairs(
    starts,
    () => '',
    ({ round }) => `${round}`,
  ).map(({ own, bare }) => {
    const of = (value: (start: Start) => number) => median(own.map(value));
    const added = (value: (start: Start) => number) =>
      median(own.flatMap((start, index) => (bare[index] ? value(start) - value(bare[index]) : [])));
    return {
      subject: own[0]?.subject ?? '',
      starts: own.length,
      firstLine: of(({ firstLine }) => firstLine),
      firstLineAdded: added(({ firstLine }) => firstLine),
      wholeRun: of(({ wholeRun }) => wholeRun),
      wholeRunAdded: added(({ wholeRun }) => wholeRun),
    };
  });
}

interface Compared<T> {
  readonly own: readonly T[];
  /** In the same places as `own`; undefined where that round has no bare application. */
  readonly bare: readonly (T | undefined)[];
}

function pairs<T extends Load | Start>(
  results: readonly T[],
  section: (result: T) => string,
  round: (result: T) => string,
): Compared<T>[] {
  const roundOf = (result: T) => `${result.run} ${result.node} ${section(result)} ${round(result)}`;
  const baselines = new Map(results.filter(({ subject }) => subject === BASELINE).map((r) => [roundOf(r), r]));
  return [...groupBy(results, (result) => `${section(result)} ${result.subject}`).values()].map((own) => ({
    own,
    bare: own.map((result) => baselines.get(roundOf(result))),
  }));
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
