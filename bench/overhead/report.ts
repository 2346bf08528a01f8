import { type Row, table } from '../table.js';
import { APPS } from './apps.js';
import { SUBJECTS } from './subjects.js';
import type { LoadSummary, StartSummary, Summary } from './summary.js';

export const signed = (value: number, digits: number): string =>
  Number.isNaN(value) ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
const megabytes = (bytes: number): string => signed(bytes / 1e6, 0);
const microseconds = (value: number): string => signed(value, Math.abs(value) < 20 ? 1 : 0);

/** Every figure, by version of Node and by application. */
export function markdown(summaries: readonly Summary[]): string {
  return summaries
    .flatMap((summary) => [
      `## Node ${summary.versions.join(', ')}`,
      ...(summary.starts.length > 0 ? [`### Start-up\n\n${startTable(summary.starts)}`] : []),
      ...APPS.filter(({ name }) => summary.loads.some(({ app }) => app === name)).map(
        ({ name, title }) => `### ${title}\n\n${loadTable(summary.loads.filter(({ app }) => app === name))}`,
      ),
    ])
    .join('\n\n');
}

/** Subjects in their order, with their titles. */
export function inOrder<T extends { readonly subject: string }>(items: readonly T[]): { title: string; item: T }[] {
  return SUBJECTS.flatMap(({ name, title }) =>
    items.filter(({ subject }) => subject === name).map((item) => ({ title, item })),
  );
}

function startTable(starts: readonly StartSummary[]): string {
  const head = ['', 'first line, ms', 'added', 'whole run, ms', 'added', 'starts'];
  return table(
    head,
    inOrder(starts).map(
      ({ title, item }): Row => [
        title,
        item.firstLine.toFixed(0),
        signed(item.firstLineAdded, 0),
        item.wholeRun.toFixed(0),
        signed(item.wholeRunAdded, 0),
        item.starts,
      ],
    ),
  );
}

function loadTable(loads: readonly LoadSummary[]): string {
  const head = [
    '',
    'CPU a request, µs',
    'added',
    "of it, the application's thread",
    'requests/s',
    'kept',
    'p50, ms',
    'p99, ms',
    'memory, MB',
    'added',
    'core in use',
    'turns',
  ];
  return table(
    head,
    inOrder(loads).map(
      ({ title, item }): Row => [
        title,
        item.cpu.toFixed(1),
        microseconds(item.cpuAdded),
        microseconds(item.mainCpuAdded),
        item.throughput.toFixed(0),
        item.throughputKept.toFixed(2),
        item.p50.toFixed(2),
        item.p99.toFixed(2),
        (item.rss / 1e6).toFixed(0),
        megabytes(item.rssAdded),
        `${(item.applicationShare * 100).toFixed(0)} %`,
        item.turns,
      ],
    ),
  );
}
