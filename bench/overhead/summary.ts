import type { Load, Result, Start } from './results.js';
import { median, quiet } from './statistics.js';

export const BASELINE = 'bare';

/** A subject in an application, in its quiet turns; latency, memory and share are medians. What is added or kept is against the bare application's of the same rounds. */
export interface LoadSummary {
  readonly app: string;
  readonly subject: string;
  readonly turns: number;
  /** Microseconds of CPU a request, of the whole process. */
  readonly cpu: number;
  readonly cpuAdded: number;
  /** Of it, the part of the application's own thread. */
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

/** With its share of what was put off to after the turn. */
const cpuOf = ({ mainCpu, otherCpu, laterCpu, requests, allRequests }: Load): number =>
  (mainCpu + otherCpu) / requests + laterCpu / allRequests;
const mainCpuOf = ({ mainCpu, requests }: Load): number => mainCpu / requests;
/** Microseconds between two requests that the core sustains: what was put off takes from it as well. */
const intervalOf = (load: Load): number => cpuOf(load) / load.applicationShare;

/** Of the quiet turns of each process, the mean of all processes: they differ. */
function quietOf(loads: readonly Load[], value: (load: Load) => number): number {
  const processes = groupBy(loads, ({ run, node, process }) => `${run} ${node} ${process}`);
  const each = [...processes.values()].map((turns) => quiet(turns.map(value)));
  return each.reduce((sum, figure) => sum + figure, 0) / each.length;
}

function summariseLoads(loads: readonly Load[]): LoadSummary[] {
  return pairs(
    loads,
    ({ app }) => app,
    ({ process, round }) => `${process} ${round}`,
  ).map(({ own, bare }) => {
    const base = bare.filter((load) => load !== undefined);
    const added = (value: (load: Load) => number) => quietOf(own, value) - quietOf(base, value);
    const middle = (value: (load: Load) => number) => median(own.map(value));
    const interval = quietOf(own, intervalOf);
    const rss = middle((load) => load.rss);
    const [{ app, subject } = { app: '', subject: '' }] = own;
    return {
      app,
      subject,
      turns: own.length,
      cpu: quietOf(own, cpuOf),
      cpuAdded: added(cpuOf),
      mainCpuAdded: added(mainCpuOf),
      throughput: 1e6 / interval,
      throughputKept: quietOf(base, intervalOf) / interval,
      p50: middle(({ p50 }) => p50),
      p99: middle(({ p99 }) => p99),
      rss,
      rssAdded: rss - median(base.map((load) => load.rss)),
      applicationShare: middle(({ applicationShare }) => applicationShare),
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
