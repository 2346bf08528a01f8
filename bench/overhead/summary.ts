import type { Load, Result, Start } from './results.js';
import { median } from './statistics.js';

export const BASELINE = 'bare';

/** A subject in an application, as medians over all turns; what is added or kept is against the bare application's turn of the same round. */
export interface LoadSummary {
  readonly app: string;
  readonly subject: string;
  readonly turns: number;
  /** Microseconds of CPU a request, of the whole process. */
  readonly cpu: number;
  readonly cpuAdded: number;
  readonly cpuRatio: number;
  /** Of it, the part of the application's own thread. */
  readonly mainCpuAdded: number;
  /** Requests a second. */
  readonly throughput: number;
  readonly throughputKept: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p99Ratio: number;
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

const cpuOf = ({ mainCpu, otherCpu, requests }: Load): number => (mainCpu + otherCpu) / requests;
const mainCpuOf = ({ mainCpu, requests }: Load): number => mainCpu / requests;
const throughputOf = ({ requests, seconds }: Load): number => requests / seconds;

function summariseLoads(loads: readonly Load[]): LoadSummary[] {
  return pairs(
    loads,
    ({ app }) => app,
    ({ process, round }) => `${process} ${round}`,
  ).map(({ own, bare }) => {
    const of = (value: (load: Load) => number) => median(own.map(value));
    const against = (compare: (load: Load, bare: Load) => number) =>
      median(own.flatMap((load, index) => (bare[index] ? compare(load, bare[index]) : [])));
    const [{ app, subject } = { app: '', subject: '' }] = own;
    return {
      app,
      subject,
      turns: own.length,
      cpu: of(cpuOf),
      cpuAdded: against((load, base) => cpuOf(load) - cpuOf(base)),
      cpuRatio: against((load, base) => cpuOf(load) / cpuOf(base)),
      mainCpuAdded: against((load, base) => mainCpuOf(load) - mainCpuOf(base)),
      throughput: of(throughputOf),
      throughputKept: against((load, base) => throughputOf(load) / throughputOf(base)),
      p50: of(({ p50 }) => p50),
      p99: of(({ p99 }) => p99),
      p99Ratio: against((load, base) => load.p99 / base.p99),
      rss: of(({ rss }) => rss),
      rssAdded: against((load, base) => load.rss - base.rss),
      applicationShare: of(({ applicationShare }) => applicationShare),
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
