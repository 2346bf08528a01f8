import { Command } from 'commander';
import { configCommand } from './config.js';

declare const __VERSION__: string;

const program = new Command('monitoring')
  .description('Tools around @org/monitoring, the OpenTelemetry distro for Node.js on AWS')
  .version(__VERSION__)
  .showSuggestionAfterError()
  .addCommand(configCommand());

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
});
