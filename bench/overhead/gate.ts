// Fails when monitoring has become dearer: `npm run bench:gate`. Compares ratios, which hardly depend on the machine and on what else it does.
import type { Surroundings } from './application.js';
import { APPS, type App } from './apps.js';
import { installExpress4 } from './express4.js';
import { type Helpers, startHelpers } from './helpers.js';
import type { LoadResult } from './load/order.js';
import { type LoadSettings, measureStart, startWarm, type WarmApplication } from './measure.js';
import { type Pinning, pinning } from './pinning.js';
import { median, quiet } from './statistics.js';
import { SUBJECTS, type Subject } from './subjects.js';

interface Limit {
  readonly name: string;
  readonly limit: number;
  readonly measure: (around: Surroundings, helpers: Helpers) => Promise<Pair[]>;
  /** Of all pairs. Default: of the quiet ones. */
  readonly figure?: (values: readonly number[]) => number;
}

/** Measured one right after the other. */
interface Pair {
  readonly bare: number;
  readonly ours: number;
}

/** A file that is read for each request exceeds these; what else a machine does raises them less (docs/decisions/0029-ratio-gate.md). */
const LIMITS: readonly Limit[] = [
  { name: 'CPU a request, hello, to bare', limit: 2.2, measure: loadPairs('hello', 'ours', ownCpu) },
  { name: 'CPU a request, express4, to bare', limit: 1.6, measure: loadPairs('express4', 'ours', ownCpu) },
  { name: 'CPU a sampled request, hello, to bare', limit: 3.5, measure: loadPairs('hello', 'ours-all', wholeCpu) },
  {
    name: 'memory under load, hello, to bare',
    limit: 2.4,
    measure: late(loadPairs('hello', 'ours', memory)),
    figure: median,
  },
  { name: 'time to the first line, to bare', limit: 6, measure: startPairs },
];

const LOAD: LoadSettings = { connections: 32, warmUp: 2000, settle: 100, duration: 300 };
const TURNS = 24;
const STARTS = 15;

/** Microseconds a request, of the application's own thread: what others do comes in bursts that a short window meets or not. */
function ownCpu({ mainCpu, requests }: LoadResult): number {
  return mainCpu / requests;
}

/** Microseconds a request, of all threads: where every request is sampled, the worker has no rest. */
function wholeCpu({ mainCpu, otherCpu, requests }: LoadResult): number {
  return (mainCpu + otherCpu) / requests;
}

/** MB. */
function memory({ rss }: LoadResult): number {
  return rss / 1e6;
}

function loadPairs(name: string, subject: string, read: (result: LoadResult) => number): Limit['measure'] {
  return async (around, helpers) => {
    const app = find(APPS, name);
    const started: WarmApplication[] = [];
    try {
      for (const name of ['bare', subject])
        started.push(await startWarm(app, find(SUBJECTS, name), around, helpers, LOAD));
      const turn = async ({ measure }: WarmApplication) => read(await measure());
      const [bare, ours] = started as [WarmApplication, WarmApplication];
      const pairs: Pair[] = [];
      for (let round = 0; round < TURNS; round += 1) pairs.push({ bare: await turn(bare), ours: await turn(ours) });
      return pairs;
    } finally {
      await Promise.all(started.map(({ kill }) => kill()));
    }
  };
}

/** Of the last quarter: memory grows under load. */
function late(measure: Limit['measure']): Limit['measure'] {
  return async (around, helpers) => (await measure(around, helpers)).slice(-TURNS / 4);
}

async function startPairs({ node, ports }: Surroundings): Promise<Pair[]> {
  const around = { node, ports, pin: () => [] };
  const firstLine = async (name: string) => (await measureStart(find(SUBJECTS, name), around)).firstLine;
  const pairs: Pair[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    pairs.push({ bare: await firstLine('bare'), ours: await firstLine('ours') });
  }
  return pairs;
}

/** And how the pairs spread. */
function compare(pairs: readonly Pair[], figure = quiet): { ratio: number; description: string } {
  const bare = figure(pairs.map((pair) => pair.bare));
  const ours = figure(pairs.map((pair) => pair.ours));
  const middle = median(pairs.map((pair) => pair.ours / pair.bare));
  const description = `${ours.toFixed(1)} to ${bare.toFixed(1)}, median of ${pairs.length} pairs ${middle.toFixed(2)}`;
  return { ratio: ours / bare, description };
}

function find<T extends App | Subject>(items: readonly T[], name: string): T {
  const found = items.find((item) => item.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

async function main(): Promise<{ passed: number; failed: number; skipped: number }> {
  let pin: Pinning;
  try {
    pin = pinning();
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}`);
    return { passed: 0, failed: 0, skipped: LIMITS.length };
  }
  installExpress4();
  const helpers = await startHelpers(pin);
  const around: Surroundings = { node: process.execPath, pin, ports: helpers.ports };
  let failed = 0;
  for (const { name, limit, measure, figure } of LIMITS) {
    const { ratio, description } = compare(await measure(around, helpers), figure);
    if (ratio > limit) failed += 1;
    console.log(
      `${ratio > limit ? 'FAILED' : 'passed'}: ${name}: ${ratio.toFixed(2)}, at most ${limit} (${description})`,
    );
  }
  helpers.stop();
  return { passed: LIMITS.length - failed, failed, skipped: 0 };
}

const { passed, failed, skipped } = await main();
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
