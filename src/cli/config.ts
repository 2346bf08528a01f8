import { Command } from 'commander';
import { describeEstimate } from '../../exporters/cloudwatch-metrics/cost.js';
import type { Configuration, Problem } from '../config/configuration.js';
import { environment } from '../config/environment.js';
import { describeConfiguration, formatProblem, type SettingRow } from '../config/print.js';
import { traceBounds } from '../config/trace-budget.js';
import { describeTraceBound } from '../pricing/trace-flow.js';
import { containerLimits, describeLimits } from './container-limits.js';
import { type DestinationStatus, statusOf } from './doctor/destination-status.js';
import { CouldNotRun, FAILED, OK } from './exit.js';
import { describeExpectedCost, type ExpectedCost, expectedCost } from './expected-cost.js';
import { settingsOf } from './process-settings.js';
import type { RunningProcess } from './running.js';
import {
  addSubjectOptions,
  findSubject,
  findTarget,
  type Subject,
  type SubjectFlags,
  subjectOf,
  type Target,
} from './target.js';
import type { Terminal } from './terminal.js';
import { destinationOf, serviceOf } from './which-process.js';

/** `monitoring config`: the settings in force in this environment, where each comes from, and what is wrong with them. */
export function configCommand(terminal: Terminal): Command {
  return addSubjectOptions(new Command('config'))
    .description(
      'print the settings in force, secrets redacted, the names in CloudWatch, the limits of the container, and the expected cost',
    )
    .option('--all', 'also those that are at their default')
    .option('--json', 'as one JSON document')
    .addHelpText(
      'after',
      '\nOf the running process, if it is the one meant, else of this shell. Exits with 1 when a setting could not be taken as it was given.',
    )
    .action(async (flags: ConfigFlags) => {
      const { all, json } = flags;
      const subject = await findSubject(subjectOf(flags), environment());
      const { settings, problems, names, cost, traceBound } = await answerOf(subject);
      const rows = settings.filter(({ origin }) => all || json || origin !== 'default');
      const limits = containerLimits(environment());
      if (json) {
        const answer = { source: subject.source, settings: rows, names, limits, cost, traceBound, problems };
        terminal.answer(JSON.stringify(answer, undefined, 2));
      } else {
        terminal.answer(subject.source);
        terminal.answer(rows.length > 0 ? table(rows) : 'everything is at its default; --all shows it');
        terminal.answer(`${describeNames(names)} (${subject.whose})`);
        terminal.answer(`${describeLimits(limits)} (this shell)`);
        terminal.answer(`${describeCost(cost)} (${subject.whose})`);
        if (traceBound !== undefined) terminal.answer(`traces of a process: ${traceBound} (${subject.whose})`);
      }
      for (const problem of problems) terminal.problem(formatProblem(problem));
      process.exitCode = problems.length > 0 ? FAILED : OK;
    });
}

interface ConfigFlags extends SubjectFlags {
  all?: boolean;
  json?: boolean;
}

interface ConfigAnswer {
  /** What MONITORING_TRACE_BUDGET lets through and costs; absent: no traces go to X-Ray. */
  readonly traceBound: string | undefined;
  readonly settings: readonly SettingRow[];
  readonly problems: readonly Problem[];
  readonly names: NamesInCloudWatch;
  readonly cost: ExpectedCost & { readonly measured?: MeasuredCost };
}

type MeasuredCost = NonNullable<DestinationStatus['cost']>;

const traceBoundOf = ({ traces }: Configuration): string | undefined =>
  traces.exporters.includes('xray') ? describeTraceBound(traceBounds(traces.budget)?.own) : undefined;

/** What the process has counted goes before what its settings let expect. */
function costOf(running: RunningProcess, configuration: Configuration): ConfigAnswer['cost'] {
  const measured = statusOf(running, 'metrics').find(({ cost }) => cost !== undefined)?.cost;
  return { ...expectedCost(configuration), ...(measured && { measured }) };
}

const describeCost = ({ measured, ...expected }: ConfigAnswer['cost']): string =>
  measured === undefined ? describeExpectedCost(expected) : `cost: ${describeEstimate(measured)}`;

/** @throws CouldNotRun where the process does not tell its settings */
async function answerOf(subject: Subject): Promise<ConfigAnswer> {
  const { running, reading, env } = subject;
  const here = await findTarget({}, env);
  if (running === undefined) {
    const settings = describeConfiguration(reading);
    return {
      settings,
      problems: reading.problems,
      names: namesInCloudWatch(here),
      cost: expectedCost(reading.configuration),
      traceBound: traceBoundOf(reading.configuration),
    };
  }
  const { pid, snapshot } = running;
  const facts = snapshot.application;
  const own = settingsOf(running, here.identified);
  if (facts === undefined || own === undefined)
    throw new CouldNotRun(`process ${pid} does not tell its settings: its event loop is held`);
  const { namespace, logGroup } = { ...here, ...destinationOf(running, 'metrics'), ...destinationOf(running, 'logs') };
  const { region } = snapshot.delivery;
  const names: NamesInCloudWatch = {
    service: serviceOf(running) ?? here.service,
    environment: String(snapshot.resource['deployment.environment.name'] ?? here.environment),
    namespace,
    logGroup,
    region,
    regionFrom: region === undefined ? '' : 'process',
  };
  return {
    settings: facts.settings,
    problems: facts.problems,
    names,
    cost: costOf(running, own.configuration),
    traceBound: traceBoundOf(own.configuration),
  };
}

function table(rows: readonly SettingRow[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows.map(({ name, value, origin }) => `${name.padEnd(width)}  ${value}  (${origin})`).join('\n');
}

/** What the application is called in CloudWatch, and where it sends to. */
interface NamesInCloudWatch extends Pick<Target, 'service' | 'environment' | 'namespace' | 'logGroup'> {
  readonly region: string | undefined;
  readonly regionFrom: Target['regionFrom'] | 'process';
}

function namesInCloudWatch({
  service,
  environment,
  namespace,
  logGroup,
  region,
  regionFrom,
}: Target): NamesInCloudWatch {
  return { service, environment, namespace, logGroup, region: regionFrom === '' ? undefined : region, regionFrom };
}

function describeNames({ service, environment, namespace, logGroup, region }: NamesInCloudWatch): string {
  const where = region === undefined ? 'no region set' : `region ${region}`;
  return `in CloudWatch: service ${service}, environment ${environment}, namespace ${namespace}, errors in ${logGroup}, ${where}`;
}
