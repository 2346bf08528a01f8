import type { Result } from '../check.js';
import { describeSummary, type Report } from '../report.js';
import { describeSubject } from './pretty.js';

/** For an issue or a chat: a table of all, and what is not in order in full. */
export function markdown(report: Report): string {
  const rows = report.checks.map(
    ({ id, state, title, says, judged = '' }) =>
      `| ${id} | ${state} | ${cell(title)} | ${cell(says)} | ${cell(judged)} |`,
  );
  return [
    `## monitoring doctor: ${describeSummary(report.summary)}`,
    '',
    `${text(describeSubject(report.subject))} · @org/monitoring ${report.version} · ${report.startedAt}`,
    '',
    '| check | state | what | found | of |',
    '|---|---|---|---|---|',
    ...rows,
    ...report.checks.filter(({ state }) => ['failed', 'broken', 'warning'].includes(state)).flatMap(details),
  ].join('\n');
}

function details({ id, says, cause, evidence = [], remedy }: Result): string[] {
  return [
    '',
    `### ${id}: ${text(says)}`,
    ...(cause ? ['', `**Cause:** ${text(cause)}`] : []),
    // A fence longer than any run of backticks in it.
    ...(evidence.length > 0
      ? ['', '`````', ...evidence.map((line) => line.replaceAll('`````', "'''''")), '`````']
      : []),
    ...(remedy ? ['', `**Remedy:** ${text(remedy)}`] : []),
  ];
}

function text(value: string): string {
  return value.replace(/[\r\n]+/g, ' ').replace(/[\\`*_<>[\]]/g, '\\$&');
}

function cell(value: string): string {
  return text(value).replaceAll('|', '\\|');
}
