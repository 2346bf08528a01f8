import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { APPS, type App } from './apps.js';
import { SUBJECTS, type Subject } from './subjects.js';
import { BASELINE } from './summary.js';

export const RESULTS_FILE = fileURLToPath(new URL('../results/overhead.jsonl', import.meta.url));

/** What is measured, and how often. */
export interface Measurement {
  readonly node: readonly number[];
  readonly subjects: readonly Subject[];
  readonly apps: readonly App[];
  readonly processes: number;
  readonly rounds: number;
  readonly starts: number;
  readonly connections: number;
  /** Seconds. */
  readonly warmUp: number;
  readonly settle: number;
  readonly duration: number;
  /** Whether results that are there stay. */
  readonly append: boolean;
}

export interface Options extends Measurement {
  readonly results: string;
  readonly measure: boolean;
  readonly docs: boolean;
}

const names = (items: readonly { name: string }[]): string => items.map(({ name }) => name).join(' ');

/** Reads the command line; ends the process with a message when it can't be understood. */
export function readOptions(argv: readonly string[]): Options {
  const command = new Command('bench')
    .description('What monitoring costs a service: CPU, throughput, latency, memory and start-up, side by side.')
    .addOption(
      new Option('--node <majors...>', 'versions of Node, fetched from npm when missing')
        .argParser(collect(count))
        .default([24], '24'),
    )
    .addOption(choice('subjects', 'what is preloaded', SUBJECTS))
    .addOption(choice('apps', 'what is put under load', APPS))
    .option(
      '--processes <n>',
      'processes of each subject in each application, one set after the other; 0: none',
      count,
      2,
    )
    .option('--rounds <n>', 'turns under load of each process, alternating with those of the other subjects', count, 8)
    .option('--starts <n>', 'starts of each subject, alternating; 0: none', count, 15)
    .option('--connections <n>', 'kept connections that ask one request after the other', count, 32)
    .option('--warm-up <seconds>', 'of load before the first turn of a process', seconds, 8)
    .option('--settle <seconds>', 'of load at the beginning of each turn, not measured', seconds, 1.5)
    .option('--duration <seconds>', 'of load that are measured in each turn', seconds, 2)
    .addOption(
      new Option('--results <file>', 'where raw results go').default(RESULTS_FILE, 'bench/results/overhead.jsonl'),
    )
    .option('--append', 'add to the results that are there instead of beginning anew', false)
    .option('--no-measure', 'only show what the results say')
    .option('--docs', 'write docs/overhead.md, its charts, and the table of the README from all results', false)
    .addHelpText('after', HELP)
    .parse(argv as string[]);
  const options = command.opts<Options>();
  if (options.subjects.some(({ name }) => name === BASELINE)) return options;
  return { ...options, subjects: [...SUBJECTS.filter(({ name }) => name === BASELINE), ...options.subjects] };
}

const HELP = `
Linux only, with two cores or more: the application is kept on one, load and telemetry server on another. Ratios compare
with the bare application, which is always measured: all subjects of an application are alive together, and who has no turn is
idle, so that a busier minute of the machine is everybody's. What else the machine does only adds, so that the CPU of the application's own
thread is that of the quietest tenth of the turns; of other threads it is the mean; latency, memory and start-up are medians. For example:

  npm run bench -- --apps hello --subjects ours upstream --rounds 5
  npm run bench -- --node 20 22 26 --append --docs`;

export function count(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is expected');
  return Number(text);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number of seconds is expected');
  return value;
}

/** Collects into a list that replaces the default. */
function collect<T>(read: (text: string) => T): (text: string, previous: readonly T[]) => readonly T[] {
  let given: readonly T[] | undefined;
  return (text) => {
    given = [...(given ?? []), read(text)];
    return given;
  };
}

/** Any of these, by name. */
export function choice<T extends { name: string }>(flag: string, what: string, items: readonly T[]): Option {
  const find = (text: string): T => {
    const found = items.find(({ name }) => name === text);
    if (!found) throw new InvalidArgumentError(`there are ${names(items)}`);
    return found;
  };
  return new Option(`--${flag} <names...>`, `${what}: ${names(items)}`).argParser(collect(find)).default(items, 'all');
}
