import { Command } from 'commander';
import { alarmKind } from './alarms/alarm-kind.js';
import { completionCommand } from './completion/command.js';
import { configCommand } from './config.js';
import { dashboardKind } from './dashboards/dashboard-kind.js';
import { devCommand } from './dev.js';
import { doctorCommand } from './doctor/command.js';
import { explainCommand } from './explain.js';
import { iamPolicyCommand } from './iam/command.js';
import { templateCommand } from './templates/template-command.js';
import type { Terminal } from './terminal.js';
import { testCommand } from './test-command.js';
import { whyCommand } from './why-command.js';

/** Exported so that completion and documentation follow from the commands themselves. */
export function createProgram(version: string, terminal: Terminal): Command {
  const program = new Command('monitoring')
    .description('Tools around @org/monitoring, the OpenTelemetry distro for Node.js on AWS')
    .version(version)
    .helpCommand('help [command]', 'what a command does, with examples')
    .enablePositionalOptions()
    .commandsGroup('Development:')
    .addCommand(devCommand(terminal))
    .commandsGroup('Find out:')
    .addCommand(doctorCommand(terminal))
    .addCommand(whyCommand(terminal))
    .addCommand(testCommand(terminal))
    .addCommand(explainCommand(terminal))
    .commandsGroup('Settings:')
    .addCommand(configCommand(terminal))
    .addCommand(iamPolicyCommand(terminal))
    .addCommand(completionCommand(terminal))
    .commandsGroup('CloudWatch:')
    .addCommand(templateCommand(dashboardKind, terminal))
    .addCommand(templateCommand(alarmKind, terminal))
    .addHelpText('after', AFTER_HELP)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeErr: (text) => terminal.problem(text.trimEnd()),
      outputError: (text, write) => write(`${text.trimEnd()}\n`),
    });
  inherit(program);
  return program;
}

/** Commands that are made on their own don't take over what their parent says of errors, exits and output. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    command.showHelpAfterError(`(monitoring ${pathOf(command)} --help says more)`);
    inherit(command);
  }
}

/** The words after `monitoring` that lead to the command. */
function pathOf(command: Command): string {
  const parent = command.parent;
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}

const AFTER_HELP = `
Answers go to stdout, everything else to stderr. NO_COLOR is respected.
Exit codes: 0 in order, 1 something is not, 2 the command could not run (bad usage included).

  $ monitoring doctor
  $ monitoring config --all
  $ monitoring iam-policy
  $ monitoring dashboards deploy --dry-run
  $ monitoring help config`;
