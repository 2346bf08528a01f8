import { Argument, Command } from 'commander';
import { builtInTemplates } from '../templates/template-files.js';
import type { Terminal } from '../terminal.js';
import { SCRIPTS, SHELLS, type Shell } from './shells.js';
import { places } from './words.js';

/** `monitoring completion <shell>`: a script that follows from the commands themselves. */
export function completionCommand(terminal: Terminal): Command {
  return new Command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', AFTER_HELP)
    .action((shell: Shell, _: object, command: Command) => {
      const program = command.parent ?? command;
      terminal.answer(SCRIPTS[shell](places(program, valuesAt)));
    });
}

const AFTER_HELP = `
  $ monitoring completion bash > ~/.local/share/bash-completion/completions/monitoring
  $ monitoring completion zsh > "\${fpath[1]}/_monitoring"
  $ monitoring completion fish > ~/.config/fish/completions/monitoring.fish`;

function valuesAt([command, verb]: readonly string[]): readonly string[] {
  const isTemplates = command === 'dashboards' || command === 'alarms';
  return isTemplates && verb !== undefined ? builtInTemplates(command).map(({ stem }) => stem) : [];
}
