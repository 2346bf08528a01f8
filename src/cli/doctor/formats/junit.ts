import type { Result } from '../check.js';
import { areaOf } from '../checks.js';
import type { Report } from '../report.js';

/** For continuous integration: one test case for each check. With --strict a warning is a failure here too. */
export function junit(report: Report, strict: boolean): string {
  const { summary, checks, duration, startedAt } = report;
  const failures = summary.failed + (strict ? summary.warning : 0);
  const counts = `tests="${checks.length}" failures="${failures}" errors="${summary.broken}" skipped="${summary.skipped}"`;
  const time = (duration / 1000).toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="monitoring doctor" ${counts} time="${time}">`,
    `  <testsuite name="${escaped(report.subject.service)}" ${counts} time="${time}" timestamp="${startedAt}">`,
    ...checks.map((result) => testCase(result, strict)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

function testCase(result: Result, strict: boolean): string {
  const { id, title, state, says, cause, evidence = [], remedy, judged, duration } = result;
  const open = `    <testcase classname="${escaped(areaOf(id))}" name="${escaped(`${id} ${title}`)}" time="${(duration / 1000).toFixed(3)}"`;
  const text = escaped(
    [cause, ...evidence, remedy && `remedy: ${remedy}`, judged && `of: ${judged}`].filter(Boolean).join('\n'),
  );
  const element = (name: string) => `${open}><${name} message="${escaped(says)}">${text}</${name}></testcase>`;
  if (state === 'failed' || (state === 'warning' && strict)) return element('failure');
  if (state === 'broken') return element('error');
  if (state === 'skipped') return `${open}><skipped message="${escaped(says)}"/></testcase>`;
  return `${open}><system-out>${escaped(`${state}: ${says}`)}${text ? `\n${text}` : ''}</system-out></testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
/** Characters that XML 1.0 has no way to write. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function escaped(text: string): string {
  // A lone surrogate is no character, and becomes U+FFFD.
  return Buffer.from(text)
    .toString()
    .replace(FORBIDDEN, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
