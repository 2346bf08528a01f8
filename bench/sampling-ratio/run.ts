import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { APPS, type App } from '../overhead/apps.js';
import { choice, count } from '../overhead/options.js';
import { signed } from '../overhead/report.js';
import { Results } from '../overhead/results.js';
import { measureAll } from '../overhead/rounds.js';
import { SUBJECTS, type Subject } from '../overhead/subjects.js';
import { BASELINE, type LoadSummary, summarise } from '../overhead/summary.js';
import { type Row, table } from '../table.js';

interface Options {
  readonly node: number;
  readonly apps: readonly App[];
  readonly processes: number;
  readonly rounds: number;
}

const DEFAULT_APPS = APPS.filter(({ name }) => name === 'hello' || name === 'express4');

const { node, apps, processes, rounds } = new Command('sampling-ratio')
  .description('Whether a request that is not sampled costs more where others are.')
  .option('--node <major>', 'version of Node, fetched from npm when missing', count, 24)
  .addOption(choice('apps', 'what is put under load', APPS).default(DEFAULT_APPS, 'hello express4'))
  .option('--processes <n>', 'processes of each subject, one set after the other', count, 3)
  .option('--rounds <n>', 'turns under load of each process, alternating with those of the others', count, 24)
  .parse()
  .opts<Options>();

/** Fractions of requests that are sampled. */
const RATIOS = [0, 0.01, 0.05, 0.2];

const bare = subjectNamed(BASELINE);
const ours = subjectNamed('ours');

const sampledAt = (ratio: number): Subject => ({
  ...ours,
  name: `ours-${ratio}`,
  title: `${ours.title}, ${ratio * 100} % sampled`,
  env: (url) => ({
    ...ours.env(url),
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(ratio),
  }),
});
const some = RATIOS.map((ratio) => ({ ratio, subject: sampledAt(ratio) }));
const all = sampledAt(1);

const folder = mkdtempSync(join(tmpdir(), 'sampling-ratio-'));
const results = new Results(join(folder, 'results.jsonl'));
const subjects = [bare, ...some.map(({ subject }) => subject), all];
// Short turns meet more quiet moments of the machine; of the other threads, which work in bursts, they would not tell enough.
const load = { connections: 32, warmUp: 6, settle: 0.4, duration: 0.4 };
const measurement = { node: [node], subjects, apps, processes, rounds, starts: 0, ...load, append: false };
const failed = await measureAll(measurement, results);
const [summary] = summarise(results.read());
rmSync(folder, { recursive: true });
for (const { name, title } of apps) {
  const loads = summary?.loads.filter(({ app }) => app === name) ?? [];
  console.log(
    `\nNode ${summary?.versions}, ${title}\n\n${ratioTable(new Map(loads.map((load) => [load.subject, load])))}`,
  );
}
if (failed > 0) {
  console.error(`${failed} measurements failed`);
  process.exitCode = 1;
}

function subjectNamed(wanted: string): Subject {
  const subject = SUBJECTS.find(({ name }) => name === wanted);
  if (!subject) throw new Error(`no ${wanted}`);
  return subject;
}

/** Microseconds a request, of the application's own thread. */
function ratioTable(loads: ReadonlyMap<string, LoadSummary>): string {
  const cpuOf = ({ name }: Subject): number => loads.get(name)?.mainCpu ?? Number.NaN;
  const row = (subject: Subject, unsampled = ''): Row => {
    const cpu = cpuOf(subject);
    return [subject.title, cpu.toFixed(1), signed(cpu - cpuOf(bare), 1), unsampled];
  };
  return table(
    ['', 'CPU a request, µs', 'added', 'to one not sampled'],
    [
      row(bare),
      ...some.map(({ ratio, subject }) => {
        // What all take together, without what those take that are sampled.
        const unsampled = (cpuOf(subject) - ratio * cpuOf(all)) / (1 - ratio);
        return row(subject, signed(unsampled - cpuOf(bare), 1));
      }),
      row(all),
    ],
  );
}
