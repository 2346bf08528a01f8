import { Command } from 'commander';
import { environment } from '../config/environment.js';
import { describeConfiguration, formatProblem, type SettingRow } from '../config/print.js';
import { readConfiguration } from '../config/read.js';
import { containerLimits, describeLimits } from './container-limits.js';
import { FAILED, OK } from './exit.js';
import { describeExpectedCost, expectedCost } from './expected-cost.js';
import { findTarget, type Target } from './target.js';
import type { Terminal } from './terminal.js';

/** `monitoring config`: the settings in force in this environment, where each comes from, and what is wrong with them. */
export function configCommand(terminal: Terminal): Command {
  return new Command('config')
    .description(
      'print the settings in force, secrets redacted, the names in CloudWatch, the limits of the container, and the expected cost',
    )
    .option('--all', 'also those that are at their default')
    .option('--json', 'as one JSON document')
    .addHelpText('after', '\nExits with 1 when a setting could not be taken as it was given.')
    .action(({ all, json }: { all?: boolean; json?: boolean }) => {
      const limits = containerLimits(environment());
      const reading = readConfiguration(environment());
      const rows = describeConfiguration(reading).filter(({ origin }) => all || json || origin !== 'default');
      const cost = expectedCost(reading.configuration);
      const names = namesInCloudWatch(findTarget({}, environment()));
      if (json) {
        const answer = { settings: rows, names, limits, cost, problems: reading.problems };
        terminal.answer(JSON.stringify(answer, undefined, 2));
      } else {
        terminal.answer(rows.length > 0 ? table(rows) : 'everything is at its default; --all shows it');
        terminal.answer(describeNames(names));
        terminal.answer(describeLimits(limits));
        terminal.answer(describeExpectedCost(cost));
      }
      for (const problem of reading.problems) terminal.problem(formatProblem(problem));
      process.exitCode = reading.problems.length > 0 ? FAILED : OK;
    });
}

function table(rows: SettingRow[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows.map(({ name, value, origin }) => `${name.padEnd(width)}  ${value}  (${origin})`).join('\n');
}

/** What the application is called in CloudWatch, and where it sends to, from this working directory. */
function namesInCloudWatch({ service, environment, namespace, logGroup, region, regionFrom }: Target) {
  return { service, environment, namespace, logGroup, region: regionFrom === '' ? undefined : region, regionFrom };
}

function describeNames({
  service,
  environment,
  namespace,
  logGroup,
  region,
}: ReturnType<typeof namesInCloudWatch>): string {
  const where = region === undefined ? 'no region set here' : `region ${region}`;
  return `in CloudWatch: service ${service}, environment ${environment}, namespace ${namespace}, errors in ${logGroup}, ${where}`;
}
