import { execFileSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { nodeBinary } from '../../scripts/node-binaries.mjs';
import type { Surroundings } from './application.js';
import { installExpress4 } from './express4.js';
import { startHelpers } from './helpers.js';
import type { LoadResult } from './load/order.js';
import { DISTURBED, measureStart, startWarm, type WarmApplication } from './measure.js';
import type { Measurement } from './options.js';
import { pinning } from './pinning.js';
import { Progress } from './progress.js';
import type { Results } from './results.js';
import type { Subject } from './subjects.js';
import { installedVersions } from './versions.js';

/** Measures all that `options` ask for into `results`; resolves to the number of measurements that failed. */
export async function measureAll(options: Measurement, results: Results): Promise<number> {
  const { subjects, apps, processes, rounds, starts, connections, warmUp, settle, duration } = options;
  const pin = pinning();
  const binaries = options.node.map((major) => fetched(nodeBinary(major)));
  const run = new Date().toISOString();
  const settings = { connections, warmUp: warmUp * 1000, settle: settle * 1000, duration: duration * 1000 };
  if (!options.append) results.clear();
  const [cpu] = cpus();
  const versions = installedVersions(subjects);
  results.add({ kind: 'run', run, cpu: cpu?.model.trim() ?? '', kernel: release(), versions, ...settings });
  installExpress4();
  const helpers = await startHelpers(pin);
  const sets = rounds > 0 ? processes : 0;
  const loads = apps.length * sets * (1 + rounds);
  const progress = new Progress(binaries.length * subjects.length * (starts + loads));
  for (const node of binaries) {
    const around: Surroundings = { node, pin, ports: helpers.ports };
    const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
    const place = { run, node: version };
    await eachRound(starts, subjects, (subject, round) =>
      progress.watch(`Node ${version}, start ${round}/${starts}, ${subject.name}`, async () => {
        const measured = await measureStart(subject, { ...around, pin: () => [] });
        results.add({ kind: 'start', ...place, round, subject: subject.name, ...measured });
        return `${measured.wholeRun.toFixed(0)} ms`;
      }),
    );
    for (const app of apps) {
      for (let process = 1; process <= sets; process += 1) {
        const what = `Node ${version}, ${app.name}, process ${process}/${sets}`;
        const warm = await startAll(subjects, what, progress, (subject) =>
          startWarm(app, subject, around, helpers, settings),
        );
        await eachRound(rounds, [...warm.keys()], (subject, round) =>
          progress.watch(`${what}, turn ${round}/${rounds}, ${subject.name}`, async () => {
            const measured = await (warm.get(subject) as WarmApplication).measure();
            results.add({ kind: 'load', ...place, process, round, app: app.name, subject: subject.name, ...measured });
            return describe(measured);
          }),
        );
        await Promise.all([...warm.values()].map((application) => application.kill()));
      }
    }
  }
  helpers.stop();
  return progress.end();
}

function fetched(binary: string | Error): string {
  if (binary instanceof Error) throw binary;
  return binary;
}

/** All that start; of one that does not, no turns are measured. */
async function startAll(
  subjects: readonly Subject[],
  what: string,
  progress: Progress,
  start: (subject: Subject) => Promise<WarmApplication>,
): Promise<Map<Subject, WarmApplication>> {
  const warm = new Map<Subject, WarmApplication>();
  for (const subject of subjects) {
    await progress.watch(`${what}, ${subject.name}`, async () => {
      warm.set(subject, await start(subject));
      return 'warm';
    });
  }
  return warm;
}

/** Another subject first in each round, and in every other round from last to first, so that none always follows the same one. */
async function eachRound(
  rounds: number,
  subjects: readonly Subject[],
  measure: (subject: Subject, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    const first = round % subjects.length;
    const order = [...subjects.slice(first), ...subjects.slice(0, first)];
    for (const subject of round % 2 === 0 ? order.reverse() : order) await measure(subject, round);
  }
}

function describe({ mainCpu, otherCpu, requests, disturbed }: LoadResult): string {
  const hint = disturbed > DISTURBED ? `, disturbed ${(disturbed * 100).toFixed(0)} % of the time` : '';
  return `${((mainCpu + otherCpu) / requests).toFixed(1)} µs a request${hint}`;
}
