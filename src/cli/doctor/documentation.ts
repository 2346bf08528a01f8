import type { Check } from './check.js';
import { DROPS } from './checks/delivery.js';
import { AREAS, areaOf } from './checks.js';
import { SYMPTOMS, TOOLS } from './symptoms.js';

/** docs/troubleshooting.md, from the tables of symptoms and checks. `npm run docs` writes it. */
export function renderTroubleshooting(checks: readonly Check[]): string {
  return [
    '<!-- Written by `npm run docs` from src/cli/doctor/. -->',
    '# Troubleshooting',
    INTRODUCTION,
    '## By symptom',
    ...SYMPTOMS.map(({ seen, causes }) =>
      [
        `### ${seen}`,
        '',
        '| cause | remedy | found by |',
        '|---|---|---|',
        ...causes.map(
          ({ cause, remedy, foundBy }) => `| ${cell(cause)} | ${cell(remedy)} | ${foundBy.map(reference).join(', ')} |`,
        ),
      ].join('\n'),
    ),
    '## Tools',
    ['| for | command |', '|---|---|', ...TOOLS.map(({ tool, command }) => `| ${tool} | \`${command}\` |`)].join('\n'),
    '## What was dropped',
    DROPPED,
    [
      '| reason | meaning |',
      '|---|---|',
      ...Object.entries(DROPS).map(([reason, meaning]) => `| \`${reason}\` | ${cell(meaning)} |`),
    ].join('\n'),
    ...Object.values(AREAS).flatMap((area) => {
      const own = checks.filter(({ id }) => areaOf(id) === area);
      return own.length > 0 ? [`## ${area}`, ...own.map(section)] : [];
    }),
    '',
  ].join('\n\n');
}

const INTRODUCTION = `Start with

    npx monitoring doctor

where the application runs, as its user. It asks the running process first, else reads the settings as the application would, and says which. Each check
has a permanent id; where one fails, what depends on it is skipped, so that one cause is one failure. \`monitoring explain <id>\` prints the sections below
without a network.

- \`--app <entry>\` also looks at the application's packages and at how it is started; \`--offline\` asks nobody.
- Nothing is written to AWS without \`--write-probe\`, which writes one metric, one error and one trace and reads them back.
- \`--format json|md|junit\`; the JSON document's schema is \`docs/doctor-report.schema.json\`. Exit codes in every format: 0 in order, 1 a check failed
  (with \`--strict\`: or warned), 2 it could not run, or a check has no verdict.
- No format shows a secret.`;

const DROPPED =
  'What is lost for good, by its reason in the ledger of the process (`monitoring doctor`, the last line on stderr). `monitoring.exporter.dropped` in CloudWatch has the same, but for what is lost after the last export:';

/** One check, as `monitoring explain` and the documentation tell it. */
export function section({ id, title, about, troubles, needs, calls, writes }: Check): string {
  return [
    `### ${id}`,
    `**${title}.** ${about}`,
    [
      '| cause | remedy |',
      '|---|---|',
      ...troubles.map(({ cause, remedy }) => `| ${cell(cause)} | ${cell(remedy)} |`),
    ].join('\n'),
    [
      ...(needs.length > 0 ? [`Skipped when one of these fails: ${needs.map(reference).join(', ')}.`] : []),
      ...(calls ? [`Calls ${calls.map((call) => `\`${call}\``).join(', ')}.`] : []),
      ...(writes ? ['Writes to the account, with `--write-probe` only.'] : []),
    ].join(' '),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function reference(name: string): string {
  return name.startsWith('MON-') ? `[${name}](#${name.toLowerCase()})` : `\`${name}\``;
}

function cell(text: string): string {
  const escaped = text.replaceAll('|', '\\|').split('`');
  // What stands between backticks is shown as it is.
  return escaped.map((part, index) => (index % 2 === 0 ? part.replace(/<(?=\w)/g, '&lt;') : part)).join('`');
}
