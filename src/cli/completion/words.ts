import type { Command, Option } from 'commander';

/** What can be typed after the words that lead to a command. */
export interface Place {
  /** `['dashboards', 'deploy']`; empty for `monitoring` itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly Word[];
  readonly options: readonly OptionWord[];
  /** Values of the command's arguments that are known. */
  readonly values: readonly string[];
  /** Whether its arguments may be paths. */
  readonly takesFiles: boolean;
}

export interface Word {
  readonly word: string;
  readonly description: string;
}

export interface OptionWord extends Word {
  /** Whether a value follows. */
  readonly takesValue: boolean;
  /** The values there are; empty: any. */
  readonly choices: readonly string[];
  /** Whether the value is a path. */
  readonly isFile: boolean;
}

/** Every command of the tree; `values` tells what a command's arguments can be. */
export function places(
  program: Command,
  values: (path: readonly string[]) => readonly string[],
  path: readonly string[] = [],
): Place[] {
  const visible = program.createHelp().visibleCommands(program);
  const own = {
    path,
    description: program.description(),
    commands: visible.map((command) => ({ word: command.name(), description: command.description() })),
    options: program.createHelp().visibleOptions(program).flatMap(wordsOf),
    values: [...values(path), ...program.registeredArguments.flatMap(({ argChoices = [] }) => argChoices)],
    takesFiles: program.registeredArguments.some(({ description }) =>
      /\b(path|file|folder|command)\b/.test(description),
    ),
  };
  const real = visible.filter((command) => program.commands.includes(command));
  return [own, ...real.flatMap((command) => places(command, values, [...path, command.name()]))];
}

function wordsOf(option: Option): OptionWord[] {
  const { description, argChoices = [], flags } = option;
  const isFile = /<[^>]*(file|folder|path)/.test(flags);
  const takesValue = option.required || option.optional;
  return [option.long, option.short].flatMap((word) =>
    word ? [{ word, description, takesValue, isFile, choices: argChoices }] : [],
  );
}
