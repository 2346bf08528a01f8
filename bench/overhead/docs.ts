import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from '../table.js';
import { overheadChart } from './chart.js';
import { inOrder, markdown, signed } from './report.js';
import type { Result, Run } from './results.js';
import type { LoadSummary, Summary } from './summary.js';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The version of Node that the README speaks of. */
const README_MAJOR = 24;
const BEGIN = '<!-- written by `npm run bench -- --docs` in bench/ -->';
const END = '<!-- end -->';

/** Writes docs/overhead.md, docs/overhead.svg and the table of the README. */
export async function writeDocs(results: readonly Result[], summaries: readonly Summary[]): Promise<void> {
  const shown = summaries.find(({ major }) => major === README_MAJOR);
  if (!shown) throw new Error(`the README's table is of Node ${README_MAJOR}, which was not measured`);
  writeFileSync(file('docs/overhead.svg'), await overheadChart(shown));
  writeFileSync(file('docs/overhead.md'), `${introduction(results)}\n\n${markdown(summaries)}\n`);
  const readme = readFileSync(file('README.md'), 'utf8');
  const [before, after] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`README.md has no place for the table: ${BEGIN} … ${END}`);
  const place = before + BEGIN.length;
  writeFileSync(file('README.md'), `${readme.slice(0, place)}\n\n${readmeTable(shown)}\n\n${readme.slice(after)}`);
}

function introduction(results: readonly Result[]): string {
  const runs = results.filter((result): result is Run => result.kind === 'run');
  const [run] = runs;
  if (!run) throw new Error('no run among the results');
  const versions = Object.entries(Object.assign({}, ...runs.map(({ versions }) => versions)) as Record<string, string>);
  return `# What monitoring costs a service

![What each adds to a bare application](overhead.svg)

Written by \`npm run bench -- --docs\` in \`bench/\` from bench/results/overhead.jsonl. Measured on ${run.cpu.trim()}, Linux ${run.kernel}: the
application with all its threads on one core; load (${run.connections} kept connections, each asking again when it has its answer) and the server that takes
the telemetry on another. Everybody runs at defaults, apart from where to send to. CPU is the kernel's account of all threads of the
process, worker threads and garbage collection included. All subjects of an application are alive together and have load in turns of
${run.duration / 1000} s, so that a busier minute of the machine is everybody's. What else the machine does only adds: CPU of the application's own thread is the lower decile
of a process's turns, of other threads, which work in bursts, the mean; latency, memory and start-up are medians. Throughput is what the core sustains at that.
What is added or kept is the difference from the bare application, or the ratio.
Latencies are those of a server under as much load as it can take. The load
never sleeps, for waking it would be counted as the application's work. Turns tell how often a row was measured. Starts may use both cores; a whole run is an
application of one line, from its spawning to its end, with delivery of what there is to deliver.

${table(
  ['', 'version'],
  versions.map(([name, version]) => [name, version]),
)}`;
}

function readmeTable({ loads, starts }: Summary): string {
  const hello = inOrder(loads.filter(({ app }) => app === 'hello'));
  const inApp = (app: string, subject: string): LoadSummary | undefined =>
    loads.find((load) => load.app === app && load.subject === subject);
  const cpu = (load?: LoadSummary): string => (load ? `${signed(load.cpuAdded, load.cpuAdded < 20 ? 1 : 0)} µs` : '–');
  const memory = (load?: LoadSummary): string => (load ? `${signed(load.rssAdded / 1e6, 0)} MB` : '–');
  const kept = (load?: LoadSummary): string => load?.throughputKept.toFixed(2) ?? '–';
  const head = [
    '',
    'start-up',
    'hello: CPU a request',
    'throughput kept',
    'Express 4: CPU a request',
    'throughput kept',
    'memory, hello',
    'Express 4',
  ];
  return table(
    head,
    hello
      .filter(({ item }) => item.subject !== 'bare')
      .map(({ title, item }) => {
        const express = inApp('express4', item.subject);
        const start = starts.find(({ subject }) => subject === item.subject);
        return [
          title,
          start ? `${signed(start.firstLineAdded, 0)} ms` : '–',
          cpu(item),
          kept(item),
          cpu(express),
          kept(express),
          memory(item),
          memory(express),
        ];
      }),
  );
}
